"""A rule's validation files, XSD and Schematron, held against one document."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from lxml import etree

from gateway.convert import xsd
from gateway.convert.findings import Finding, refuse, warnings_of
from gateway.convert.rule_files import bad_file, included, roots
from gateway.convert.schematron import compile_schematron
from gateway.convert.schematron_parts import SCH, Element, line_of
from gateway.convert.source.xml import Flaw, check, decode, undeclared
from gateway.convert.unfit import invalid
from gateway.convert.xslt import XsltError
from gateway.core.errors import N_
from gateway.core.rules import Validation

_DEPTH = 1000
_CODE = "validation-schematron"
_INCLUDES = (f"{SCH}include", f"{SCH}extends")
_OF_ELEMENT = re.compile(r"/(?:@|text\(|comment\(|processing-instruction\()")
_HARMLESS = {"warning", "warn", "info", "information", "hint"}

RunXslt = Callable[[str, bytes], str]
"""Runs a stylesheet on a document and returns the result; raises XsltError."""


@dataclass(frozen=True, slots=True)
class Checks:
    """The files of one rule, ready for any number of documents.

    One XSD or more must know the root of a document; those that do not are for other
    documents, or hold only what other schemas use.
    """

    schemas: Sequence[xsd.Schema]
    stylesheets: Mapping[str, str]
    run: RunXslt

    @classmethod
    def of(cls, validations: Sequence[Validation], run: RunXslt) -> "Checks":
        """Read the files; Unfit names the one that cannot be used, and its line."""
        for each in validations:
            if not each.name.lower().endswith((".xsd", ".sch")):
                raise invalid(
                    "validation-file",
                    f"The validation file {each.name} is neither .xsd nor .sch.",
                    None,
                    N_("Name it .xsd or .sch, or take it out of the rule."),
                )
        return cls(xsd.schemas(validations), _stylesheets(validations), run)

    def validate(self, document: bytes, what: str) -> Sequence[str]:
        """Return what the files call a warning; Unfit tells what all of them say.

        `what` names the document in messages. Of several envelopes (`<envelopes>`)
        each is a document.
        """
        if not self.schemas and not self.stylesheets:
            return []
        root = _read(document, what)
        found: list[Finding] = []
        for part, element in _parts(root):
            knowing = [each for each in self.schemas if each.knows(element)]
            for schema in knowing or self.schemas:
                found += schema.findings(element, part)
            for name, stylesheet in self.stylesheets.items():
                found += self._asserted(name, stylesheet, element, part)
        refused = refuse(found, what)
        if refused is not None:
            raise refused
        return warnings_of(found)

    def _asserted(
        self, name: str, stylesheet: str, element: Element, part: str
    ) -> list[Finding]:
        text = etree.tostring(element, encoding="unicode", with_tail=False)
        try:
            failures = etree.fromstring(self.run(stylesheet, text.encode()).encode())
        except XsltError as error:
            code = f"{error.code}: " if error.code else ""
            message = f"{code}{error.message.rstrip('.')}"
            raise bad_file(_CODE, name, message, None) from error
        return [
            Finding(
                name,
                _said(each),
                _line(element, each.get("path") or ""),
                part,
                harmless=_harmless(each),
            )
            for each in failures
        ]


def _stylesheets(validations: Sequence[Validation]) -> dict[str, str]:
    files = {v.name: v for v in validations if v.name.lower().endswith(".sch")}
    texts = {name: one.content for name, one in files.items()}
    made = {}
    for name in roots(included(files, _INCLUDES, "href", _CODE)):
        try:
            made[name] = compile_schematron(texts[name], texts)
        except Flaw as flaw:
            raise bad_file(_CODE, name, flaw.message, flaw.line) from flaw
    return made


def _read(document: bytes, what: str) -> Element:
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
    return etree.fromstring(text, xsd.parser({}))


def _parts(root: Element) -> Iterator[tuple[str, Element]]:
    """Yield the documents in a document, each with what it is called."""
    if root.tag != "envelopes":
        yield "", root
        return
    for number, each in enumerate(root.findall("envelope"), 1):
        yield f"envelope {number}", each


def _harmless(failure: Element) -> bool:
    """Whether the schema itself calls it a warning or mere information."""
    role = (failure.get("role") or failure.get("flag") or "").lower()
    return role in _HARMLESS


def _said(failure: Element) -> str:
    text = " ".join("".join(str(part) for part in failure.itertext()).split())
    name = failure.get("id")
    return f"[{name}] {text}" if name else text


def _line(root: Element, path: str) -> int | None:
    """Return the line of the node at an XPath 3.0 path() such as /Q{}a[1]/@b.

    The path begins at `root`, wherever that stands.
    """
    names: dict[str, str] = {}
    if not path.startswith("/Q{"):
        return None
    _, _, inner = _clark(path, names).removeprefix("/").partition("/")
    try:
        found = root.xpath(inner or ".", namespaces=names or None)
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
    return _OF_ELEMENT.split("".join(out))[0]
