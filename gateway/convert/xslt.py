"""Saxon, kept from files, networks and foreign code; its errors with their lines.

Used only inside a worker process: Saxon holds the interpreter for a whole call.
"""

import hashlib
import os
import re
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import saxonche

from gateway.convert.source.xml import Flaw
from gateway.convert.stylesheet import Stylesheet, prepare
from gateway.convert.wd_extensions import GW

_PARSER = "http://saxon.sf.net/feature/parserProperty?uri=jdk.xml."
_FEATURES = {
    # documents may not declare entities, and each &amp; counts: 100,000 were allowed
    f"{_PARSER}maxGeneralEntitySizeLimit": "0",
    f"{_PARSER}totalEntitySizeLimit": "0",
    "http://saxon.sf.net/feature/allowedProtocols": "",
    "http://saxon.sf.net/feature/allow-external-functions": "off",
    "http://saxon.sf.net/feature/disableXslEvaluate": "true",
}
_OPTIMIZATION = "http://saxon.sf.net/feature/optimizationLevel"
_FULL = "10"
_NO_LOOP_LIFTING = "-l"
_SHEETS = 200
_LOG_BYTES = 64 << 10
_NAME = re.compile(r"[^\W\d][\w.-]*")
_LINE = re.compile(r"\b(?:on|at) line (\d+)")
_PLACE = re.compile(r"\s*(?:of|in) file:\S*")
_CODE = re.compile(r"^\s*([A-Z]{4}\d{4})\s+")
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")


class XsltError(Exception):
    """A stylesheet that does not compile or that failed.

    *code* is the W3C's (XPTY0004 ...) or empty, *line* counts in the stylesheet.
    """

    def __init__(self, message: str, code: str, line: int | None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.line = line


@dataclass(frozen=True, slots=True)
class Sheet:
    """A compiled stylesheet; *digest* is the SHA-256 of its author's text."""

    executable: Any
    stylesheet: Stylesheet
    digest: bytes


@dataclass(frozen=True, slots=True)
class Run:
    """What one run gave: text, the xsl:messages in order, the error if it failed."""

    text: str
    messages: Sequence[str]
    error: XsltError | None = None


class Saxon:
    """One processor and the stylesheets it compiled lately.

    `log` is the descriptor of a regular file to which standard error goes: Saxon says
    only there in which line a run failed.
    """

    def __init__(self, log: int = 2) -> None:
        self._processor = saxonche.PySaxonProcessor(license=False)
        for name, value in _FEATURES.items():
            self._processor.set_configuration_property(name, value)
        self._sheets: OrderedDict[tuple[str, str], Sheet] = OrderedDict()
        self._log = log

    def parse(self, xml: bytes) -> Any:
        """Return the document's node; XsltError if Saxon cannot read it."""
        try:
            return self._processor.parse_xml(xml_text=xml.decode())
        except saxonche.PySaxonApiError as error:
            raise _explain(str(error)) from error

    def evaluate(self, expression: str, document: Any) -> str:
        """Return the text of an XPath's items, a space between two; XsltError."""
        try:
            processor = self._processor.new_xpath_processor()
            processor.set_context(xdm_item=document)
            found = processor.evaluate(expression)
            if found is None:
                return ""
            # a map, an array or a function has none
            return " ".join(found.item_at(n).string_value for n in range(found.size))
        except saxonche.PySaxonApiError as error:
            raise _explain(str(error)) from error

    def compile(self, text: str, *, version: str = "") -> Sheet:
        """Return the stylesheet, compiled as `version` or as it declares.

        Raises XsltError.
        """
        known = self._sheets.get((text, version))
        if known is not None:
            self._sheets.move_to_end((text, version))
            return known
        try:
            stylesheet = prepare(text, version=version)
        except Flaw as flaw:
            raise XsltError(flaw.message, "", flaw.line) from flaw
        self._forget()
        # lifted out of a loop, a function that gives something new would give it once
        level = _NO_LOOP_LIFTING if stylesheet.random else _FULL
        self._processor.set_configuration_property(_OPTIMIZATION, level)
        try:
            compiler = self._processor.new_xslt30_processor()
            compiler.set_jit_compilation(False)
            executable = compiler.compile_stylesheet(
                stylesheet_text=stylesheet.text, encoding="UTF-8"
            )
        except saxonche.PySaxonApiError as error:
            raise _explain(str(error)) from error
        digest = hashlib.sha256(text.encode()).digest()
        sheet = Sheet(executable, stylesheet, digest)
        self._sheets[text, version] = sheet
        if len(self._sheets) > _SHEETS:
            self._sheets.popitem(last=False)
        return sheet

    def run(
        self,
        sheet: Sheet,
        document: Any,
        parameters: Mapping[str, str],
        own: Mapping[str, str],
    ) -> Run:
        """Transform `document`; `own` are parameters of the extension functions."""
        # a clone: setting parameters on a used executable brings Saxon down
        executable = sheet.executable.clone()
        executable.set_save_xsl_message(True)
        executable.set_property("!encoding", "UTF-8")
        for name, value in parameters.items():
            if _NAME.fullmatch(name):
                executable.set_parameter(name, self._untyped(value))
        for name, value in own.items():
            text = self._processor.make_string_value(value)
            executable.set_parameter(f"{{{GW}}}{name}", text)
        self._forget()
        try:
            text = executable.transform_to_string(xdm_node=document) or ""
        except saxonche.PySaxonApiError as error:
            messages = _messages(executable)
            return Run("", messages, self._failure(str(error), messages))
        return Run(text, _messages(executable))

    def _untyped(self, value: str) -> Any:
        """Return a value that fits a parameter of any declared type."""
        clean = _NOT_XML.sub("\ufffd", value)
        return self._processor.make_atomic_value("untypedAtomic", clean)

    def _forget(self) -> None:
        os.ftruncate(self._log, 0)
        os.lseek(self._log, 0, os.SEEK_SET)

    def _failure(self, said: str, messages: Sequence[str]) -> XsltError:
        """Return the error of a run, with the line that only the log tells."""
        log = os.pread(self._log, _LOG_BYTES, 0).decode("utf-8", "replace")
        error = _explain(log if "rror" in log else said)
        if "terminated by xsl:message" in said:
            text = messages[-1].strip() if messages else ""
            message = f"The stylesheet stopped with the message: {text[:1000]}"
            return XsltError(message, "XTMM9000", error.line)
        plain = _explain(said)
        return XsltError(plain.message, error.code or plain.code, error.line)


def _messages(executable: Any) -> Sequence[str]:
    saved = executable.get_xsl_messages()
    if saved is None:
        return []
    return [saved.item_at(n).string_value for n in range(saved.size)]


def _explain(said: str) -> XsltError:
    """Return the first error of what Saxon says: a line of where, a line of what."""
    first, *rest = [line for line in said.strip().splitlines() if line.strip()] or [""]
    where = _LINE.search(first)
    if where is None and "rror" not in first:
        rest = [first, *rest]
    what: list[str] = []
    for line in rest:
        if what and not line.startswith(" "):
            break
        if line.lstrip().startswith(("In template rule", "In function", "at ")):
            break
        what.append(line.strip())
    message = " ".join(what) or first
    code = _CODE.match(message)
    if code is not None:
        message = message[code.end() :]
    return XsltError(
        _PLACE.sub("", message).strip()[:2000],
        code[1] if code else "",
        int(where[1]) if where else None,
    )
