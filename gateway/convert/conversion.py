"""One conversion from beginning to end, inside a worker."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from gateway.convert import wd_extensions
from gateway.convert.acknowledgement import survey
from gateway.convert.habit import Habits
from gateway.convert.output import encoded
from gateway.convert.source import Described, Source, choose, read_source
from gateway.convert.source.detect import HEAD_BYTES
from gateway.convert.source.other import read_other
from gateway.convert.source.xml import read_xml
from gateway.convert.tables import read_table
from gateway.convert.task import Converted, Limits, Task
from gateway.convert.transformation import Transformation
from gateway.convert.unfit import Unfit, unconvertible, unreadable
from gateway.convert.validate import Checks
from gateway.convert.watch import Watch
from gateway.convert.wire import Ask
from gateway.convert.write import Wanted, write
from gateway.convert.xslt import Saxon, XsltError
from gateway.core.desk import sentences
from gateway.core.errors import N_
from gateway.core.model import AttachmentId, EnvelopeId, Problem
from gateway.core.rules import XPATH, Validation

_MESSAGES = 100
_MESSAGE_LENGTH = 1000
_VALUE_LENGTH = 10_000
_CHECKS = 20  # of as many rules the schemas are kept compiled


class Conversions:
    """Does tasks one after the other with one Saxon."""

    def __init__(self, limits: Limits, saxon: Saxon) -> None:
        self._limits = limits
        self._saxon = saxon
        self._habits = Habits()
        self._checks: OrderedDict[tuple[Validation, ...], Checks] = OrderedDict()

    def convert(self, task: Task, ask: Ask) -> Converted | Problem:
        """Return the result or what is wrong with file, stylesheet or result."""
        try:
            if task.printable is not None:
                return self._print(task, task.printable)
            return self._convert(task, ask)
        except Unfit as unfit:
            return unfit.problem

    def _print(self, task: Task, wanted: Mapping[str, Any]) -> Converted | Problem:
        # only here: the library that writes PDF takes a tenth of a second to load
        from gateway.convert.printable import printable  # noqa: PLC0415

        printed = printable(task.source, wanted)
        if isinstance(printed, Problem):
            return printed
        self._bounded(printed)
        return Converted(output=printed)

    def _convert(self, task: Task, ask: Ask) -> Converted:
        if task.source_kind == "TABLE":
            table, warnings = read_table(self._bytes(task), task.file_name)
            return Converted(output=table, warnings=warnings)
        if task.source_kind == "SURVEY":
            return Converted(output=b"", survey=survey(self._bytes(task)))
        watch = Watch()
        source = self._read(task)
        watch.lap("read")
        of_source: Sequence[str] = ()
        of_result: Sequence[str] = ()
        if task.validate_on in {"SOURCE", "BOTH"}:
            of_source = self._validate(task, source.xml, "The source")
            watch.lap("validate")
        task = self._worked_out(task, source)
        encoding = "UTF-8"
        if task.stylesheet.strip():
            result, encoding = self._transform(task, source, ask)
        else:
            result = Converted(output=source.xml, warnings=source.warnings)
        self._bounded(result.output)
        watch.lap("convert")
        if task.validate_on in {"RESULT", "BOTH"}:
            of_result = self._validate(task, result.output, "The result")
            watch.lap("validate")
        wanted = Wanted(attributes=task.attributes, encoding=encoding, ask=ask)
        output = write(task.output_format, result.output, wanted)
        self._bounded(output)
        watch.lap("write")
        return Converted(
            output=output,
            source_xml=source.xml if task.want_source else b"",
            warnings=[*result.warnings, *of_source, *of_result],
            attachments=result.attachments,
            chain=result.chain,
            steps=watch.steps,
            survey=survey(output) if task.source_kind == "XML" else None,
        )

    def _read(self, task: Task) -> Source:
        file = Described(
            name=task.file_name or "The file",
            size=task.size,
            sha256=task.sha256,
            content_type=task.content_type,
            depth=self._limits.depth,
            attributes=task.attributes,
            directories=task.directories,
        )
        if task.source_kind == "XML":
            return read_xml(self._bytes(task), file)
        with task.source.open("rb") as opened:
            head = opened.read(HEAD_BYTES)
        if choose(head, file) == "other":
            return read_other(head, file)  # of any size: only its name is needed
        return read_source(self._bytes(task), file)

    def _bytes(self, task: Task) -> bytes:
        """Return the file's content; Unfit if it is larger than is allowed."""
        with task.source.open("rb") as opened:
            data = opened.read(self._limits.source_bytes + 1)
        if len(data) > self._limits.source_bytes:
            raise unreadable(
                "source-too-large",
                f"{task.file_name or 'The file'} has {task.source.stat().st_size}"
                f" bytes; at most {self._limits.source_bytes} can be converted.",
                None,
                N_(
                    "Send it in parts. If the rule only passes it on, give the rule the"
                    " attribute SOURCE_FORMAT with the value FILE."
                ),
            )
        return data

    def _worked_out(self, task: Task, source: Source) -> Task:
        """Put the values of the attributes that are XPath in their places."""
        paths = {
            name: value.removeprefix(XPATH)
            for name, value in task.attributes.items()
            if value.startswith(XPATH)
        }
        if not paths:
            return task
        document, parameters = self._parse(source), dict(task.parameters)
        for name, path in paths.items():
            try:
                value = self._saxon.evaluate(path, document)
            except XsltError as error:
                raise _wrong_path(name, error.message) from error
            if len(value) > _VALUE_LENGTH:
                raise _wrong_path(name, f"its value has {len(value)} characters")
            if (
                parameters.get(name) == task.attributes[name]
            ):  # else it is the gateway's
                parameters[name] = value
        return replace(task, parameters=parameters)

    def _transform(self, task: Task, source: Source, ask: Ask) -> tuple[Converted, str]:
        """Return the stylesheet's result and the encoding it declares."""
        document = self._parse(source)
        transformation = Transformation(
            self._saxon, self._habits, self._limits, task, document, ask
        )
        try:
            run = transformation.settle()
        except XsltError as error:
            raise _failed(error, transformation.compiled) from error
        sheet = transformation.sheet.stylesheet
        dice = transformation.dice
        warnings = [*source.warnings, *transformation.warnings, *_notes(run.messages)]
        asked = transformation.requests(run)
        chain = wd_extensions.chained(asked, transformation.answers)
        made = Converted(
            output=encoded(run.text, sheet.encoding, sheet.method),
            warnings=warnings,
            attachments=[AttachmentId(each) for each in dice.attachments(run.text)],
            chain=EnvelopeId(chain) if chain else None,
        )
        return made, sheet.encoding

    def _parse(self, source: Source) -> Any:
        try:
            return self._saxon.parse(source.xml)
        except XsltError as error:
            raise unreadable(
                "xml-syntax",
                f"The XML cannot be read: {error.message}.",
                error.line,
                N_("Let the sending program write well-formed XML."),
            ) from error

    def _validate(self, task: Task, document: bytes, what: str) -> Sequence[str]:
        files = tuple(task.validations)
        checks = self._checks.pop(files, None) or Checks.of(files, self._run)
        self._checks[files] = checks
        if len(self._checks) > _CHECKS:
            self._checks.popitem(last=False)
        return checks.validate(document, what)

    def _run(self, stylesheet: str, document: bytes) -> str:
        run = self._saxon.run(
            self._saxon.compile(stylesheet), self._saxon.parse(document), {}, {}
        )
        if run.error is not None:
            raise run.error
        return run.text

    def _bounded(self, output: bytes) -> None:
        if len(output) > self._limits.output_bytes:
            raise unconvertible(
                "conversion-output",
                f"The result has {len(output)} bytes; at most"
                f" {self._limits.output_bytes} are allowed.",
                None,
                N_(
                    "Let the stylesheet write less, or raise"
                    " limits.conversion_output_bytes."
                ),
            )


def _notes(messages: Sequence[str]) -> list[str]:
    """Return the customer's own xsl:messages."""
    asks = {each for each in set(messages) if wd_extensions.request(each)}
    own = [each for each in messages if each not in asks]
    shown = [f"Message: {each.strip()[:_MESSAGE_LENGTH]}" for each in own[:_MESSAGES]]
    if len(own) > _MESSAGES:
        shown.append(f"{len(own) - _MESSAGES} more messages")
    return shown


def _wrong_path(name: str, why: str) -> Unfit:
    return unconvertible(
        "attribute-xpath",
        sentences.ATTRIBUTE(name=name, why=why.rstrip(".")),
        None,
        N_(
            "Correct the XPath of the attribute: it is worked out on the document that "
            "the stylesheet sees, and gives 10000 characters at most. Elements in a "
            "namespace are named as *:Name."
        ),
    )


def _failed(error: XsltError, compiled: bool) -> Unfit:  # noqa: FBT001  two kinds
    said = sentences.STYLESHEET_LINE if error.line else sentences.STYLESHEET
    code = f"{error.code}: " if error.code else ""
    return unconvertible(
        "xslt-runtime" if compiled else "xslt-compile",
        said(line=error.line, why=f"{code}{error.message.rstrip('.')}."),
        error.line,
        _remedy(error),
    )


def _remedy(error: XsltError) -> str:
    if "prohibited" in error.message or "disallowed" in error.message:
        return N_(
            "A stylesheet may not read files or addresses. Put the data in a dictionary"
            " and use getValueFromDictionary."
        )
    if "xternal function calls have been disabled" in error.message:
        return N_("Use the functions of WdExtensions or of XPath instead.")
    if error.code == "XTMM9000":
        return N_("The rule's author wrote this message; act on what it says.")
    return N_("Correct the stylesheet in this line and press Execute again.")
