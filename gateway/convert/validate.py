"""A rule's validation files: XSD by lxml, Schematron by XSLT; errors with lines."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote

from lxml import etree
from typing_extensions import override

from gateway.convert.schematron import Element, compile_schematron, line_of, parsed
from gateway.convert.source.xml import Flaw, check, decode, undeclared
from gateway.convert.unfit import Unfit, invalid
from gateway.convert.xslt import XsltError
from gateway.core.errors import N_
from gateway.core.rules import Validation

_SHOWN = 5
_SCHEME = "rule:/"
_DEPTH = 1000

_XSD = "{http://www.w3.org/2001/XMLSchema}"
_INCLUDES = tuple(f"{_XSD}{kind}" for kind in ("include", "import", "redefine"))

RunXslt = Callable[[str, bytes], str]
"""Runs a stylesheet on a document and returns the result; raises XsltError."""


def validate(
    document: bytes, validations: Sequence[Validation], run: RunXslt, what: str
) -> None:
    """Hold `document` against every file; Unfit tells what the first one says.

    `what` names the document in messages. A schema that others include is used only
    through them.
    """
    if not validations:
        return
    try:
        text = undeclared(decode(document))
        check(text, _DEPTH)
    except Flaw as flaw:
        raise invalid(
            "validation-xsd",
            f"{what} cannot be validated, it is not XML: {flaw.message}"
            f" (line {flaw.line}).",
            flaw.line,
            N_("Let the rule make XML, or take the validation files out."),
        ) from flaw
    schemas = {v.name: v for v in validations if v.name.lower().endswith(".xsd")}
    included = _included(schemas)
    for each in validations:
        if each.name in schemas:
            if each.name not in included:
                _xsd(text, each, schemas, what)
        elif each.name.lower().endswith(".sch"):
            _schematron(text, each, run, what)
        else:
            raise invalid(
                "validation-file",
                f"The validation file {each.name} is neither .xsd nor .sch.",
                None,
                N_("Name it .xsd or .sch, or take it out of the rule."),
            )


class _OwnFiles(etree.Resolver):
    """Gives a schema the other files of its rule, and nothing else."""

    def __init__(self, files: Mapping[str, Validation]) -> None:
        self._files = files

    @override
    def resolve(
        self, system_url: str, public_id: str, context: object = None
    ) -> object:
        """Return the file; an empty one, which is no schema, if there is none."""
        del public_id
        found = self._files.get(_bare(system_url))
        text = undeclared(found.content) if found else ""
        return self.resolve_string(text, context, base_url=system_url)


def _bare(url: str) -> str:
    """Return the file name at the end of a path or address."""
    return unquote(PurePosixPath(url.replace("\\", "/")).name)


def _parser(files: Mapping[str, Validation]) -> etree.XMLParser:
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True
    )
    parser.resolvers.add(_OwnFiles(files))
    return parser


def _included(schemas: Mapping[str, Validation]) -> set[str]:
    """Return the names of schemas that another one includes or imports."""
    found: set[str] = set()
    for each in schemas.values():
        for element in _read(each, "validation-xsd").iter(*_INCLUDES):
            place = element.get("schemaLocation")
            if place is None:
                continue
            name = _bare(str(place))
            if name not in schemas:
                raise _bad_file(
                    "validation-xsd",
                    each.name,
                    f"it includes {place}, and {name} is not among the rule's"
                    " validation files",
                    line_of(element),
                )
            if name != each.name:
                found.add(name)
    return found


def _read(file: Validation, code: str) -> Element:
    try:
        return parsed(file.content)
    except Flaw as flaw:
        raise _bad_file(code, file.name, flaw.message, flaw.line) from flaw


def _bad_file(code: str, name: str, message: str, line: int | None) -> Unfit:
    where = f", line {line}" if line else ""
    return invalid(
        code,
        f"The validation file {name}{where} cannot be used: {message}.",
        line,
        N_("Correct the file and save the rule again."),
    )


def _xsd(
    text: str, file: Validation, files: Mapping[str, Validation], what: str
) -> None:
    parser = _parser(files)
    try:
        root = etree.fromstring(
            undeclared(file.content), parser, base_url=_SCHEME + file.name
        )
        schema = etree.XMLSchema(root)
    except (etree.LxmlError, OSError) as error:
        line = getattr(getattr(error, "error_log", None), "last_error", None)
        raise _bad_file(
            "validation-xsd", file.name, str(error), line.line if line else None
        ) from error
    document = etree.fromstring(text, _parser({}))
    if schema.validate(document):
        return
    log: Any = schema.error_log  # iterable, whatever the stubs say
    entries = list(log)
    shown = "; ".join(f"line {e.line}: {e.message}" for e in entries[:_SHOWN])
    more = f" (and {len(entries) - _SHOWN} more)" if len(entries) > _SHOWN else ""
    raise invalid(
        "validation-xsd",
        f"{what} does not satisfy {file.name}: {shown}{more}",
        entries[0].line if entries else None,
        N_("Change the stylesheet or the source so that the document fits the schema."),
    )


def _schematron(text: str, file: Validation, run: RunXslt, what: str) -> None:
    try:
        stylesheet = compile_schematron(file.content)
    except Flaw as flaw:
        raise _bad_file(
            "validation-schematron", file.name, flaw.message, flaw.line
        ) from flaw
    try:
        failures = etree.fromstring(run(stylesheet, text.encode()).encode())
    except XsltError as error:
        code = f"{error.code}: " if error.code else ""
        message = f"{code}{error.message.rstrip('.')}"
        raise _bad_file("validation-schematron", file.name, message, None) from error
    found = [each for each in failures if not _harmless(each)]
    if not found:
        return
    document = etree.fromstring(text, _parser({}))
    lines = [_line(document, each.get("path") or "") for each in found]
    shown = "; ".join(
        (f"line {line}: " if line else "") + _said(each)
        for line, each in zip(lines[:_SHOWN], found, strict=False)
    )
    more = f" (and {len(found) - _SHOWN} more)" if len(found) > _SHOWN else ""
    raise invalid(
        "validation-schematron",
        f"{what} does not satisfy {file.name}: {shown}{more}",
        lines[0],
        N_("Change the stylesheet or the source so that the assertion holds."),
    )


def _harmless(failure: Element) -> bool:
    """Whether the schema itself calls it a warning or mere information."""
    role = (failure.get("role") or failure.get("flag") or "").lower()
    return role in {"warning", "warn", "info", "information"}


def _said(failure: Element) -> str:
    text = " ".join("".join(str(part) for part in failure.itertext()).split())
    name = failure.get("id")
    return f"[{name}] {text}" if name else text


def _line(document: Element, path: str) -> int | None:
    """Return the line of the node at an XPath 3.0 path() such as /Q{}a[1]/@b."""
    names: dict[str, str] = {}
    if not path.startswith("/Q{"):
        return None
    converted = _clark(path, names)
    try:
        found = document.getroottree().xpath(converted, namespaces=names or None)
    except etree.XPathError:
        return None
    node = found[0] if isinstance(found, list) and found else None
    if isinstance(node, etree._Element):  # noqa: SLF001  lxml's element type
        return line_of(node)
    return None


def _clark(path: str, names: dict[str, str]) -> str:
    """Return the path in XPath 1.0; `names` gets the prefixes it uses."""
    out = []
    rest = path
    while rest:
        before, mark, after = rest.partition("Q{")
        out.append(before)
        if not mark:
            break
        uri, _, rest = after.partition("}")
        if uri:
            prefix = next((p for p, u in names.items() if u == uri), f"n{len(names)}")
            names[prefix] = uri
            out.append(f"{prefix}:")
    return "".join(out).split("/@")[0]
