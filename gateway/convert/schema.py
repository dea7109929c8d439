"""The gateway's own schemas at work: what is wrong, in plain words, with its line."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from lxml import etree

from gateway.convert.safe_xml import XmlFault, line_of, reader, shown
from gateway.convert.schemas import envelope_xsd, template_xsd

_XS = "{http://www.w3.org/2001/XMLSchema}"
_ERROR = re.compile(
    r"Element '(?P<tag>[^']*)'(?:, attribute '(?P<attribute>.*?)')?: (?P<rest>.*)",
    re.DOTALL,
)
_MISSING = re.compile(r"The attribute '([^']+)' is required")
_UNKNOWN_ATTRIBUTE = {"SCHEMAV_CVC_COMPLEX_TYPE_3_2_1", "SCHEMAV_CVC_TYPE_3_1_1"}
_HOLDS = {
    "SCHEMAV_CVC_COMPLEX_TYPE_2_3": "may hold elements only, and holds text",
    "SCHEMAV_CVC_TYPE_3_1_2": "may hold text only, and holds an element",
}


@dataclass(frozen=True, slots=True)
class _Error:
    """What libxml2 says: *kind* is its name for the rule that is broken."""

    kind: str
    tag: str
    attribute: str
    rest: str


@dataclass(frozen=True)
class Schema:
    """One schema; `load` returns its text."""

    load: Callable[[], bytes]

    def fault(self, data: bytes, root: etree._Element) -> XmlFault | None:
        """Return the first thing that breaks the schema, and how many more do.

        `root` is what `data` was read to. The bytes are validated as they are read:
        held against a tree, libxml2 takes quadratic time for many errors. It gives no
        lines that way, so that the element is looked for afterwards.
        """
        parser = reader(self._compiled)
        try:
            etree.fromstring(data, parser)
        except etree.XMLSyntaxError:
            # the stubs do not know that a log is a sequence
            log: Any = parser.error_log
        else:
            return None
        errors: Sequence[etree._LogEntry] = list(log)
        message, element = self._plain(root, errors[0])
        more = len(errors) - 1
        if more:
            message += f" (More faults: {more}.)"
        return XmlFault(message, line_of(element))

    def _plain(
        self, root: etree._Element, entry: etree._LogEntry
    ) -> tuple[str, etree._Element]:
        """Return the error in plain words and the first element it is true of."""
        found = _ERROR.match(entry.message)
        tag, attribute, rest = found.groups("") if found else ("", "", entry.message)
        error = _Error(entry.type_name, tag, attribute, rest)
        suspects = root.iter(tag) if tag else iter((root,))
        element = next((e for e in suspects if self._is_it(e, error)), root)
        return self._words(element, error), element

    def _words(self, element: etree._Element, error: _Error) -> str:
        name, attribute = f"<{shown(error.tag)}>", error.attribute
        match error.kind:
            case kind if kind in _UNKNOWN_ATTRIBUTE:
                allowed = self._allowed(element, "attributes")
                text = f"{name} has an unknown attribute {shown(attribute)}; {allowed}."
            case "SCHEMAV_CVC_COMPLEX_TYPE_4":
                text = f"{name} must have the attribute {_missing(error)}."
            case "SCHEMAV_ELEMENT_CONTENT" if error.rest.startswith("Missing"):
                text = f"{name} is incomplete; {_expected(error.rest)}."
            case "SCHEMAV_ELEMENT_CONTENT":
                allowed = _expected(error.rest) or self._allowed(
                    element.getparent(), "children"
                )
                text = f"{name} does not belong here; {allowed}."
            case kind if kind in _HOLDS:
                text = f"{name} {_HOLDS[kind]}."
            case "SCHEMAV_CVC_ELT_1":
                roots = " or ".join(f"<{root}>" for root in self._roots)
                text = f"The root element is {shown(error.tag)}; it must be {roots}."
            case _ if attribute in self._shape(element, "attributes"):
                allowed = self._types[self._shape(element, "attributes")[attribute]]
                value = _short(element.get(attribute, ""))
                text = f"{name} has {attribute}={value}; allowed is {allowed}."
            case _:  # what only xsi:type and xsi:nil can bring about
                text = f"{name} is wrong: {error.rest}"
        return text

    def _is_it(self, element: etree._Element, error: _Error) -> bool:
        """Tell whether the error, about an element of this name, is of this one."""
        match error.kind:
            case kind if kind in _UNKNOWN_ATTRIBUTE:
                found = error.attribute in element.attrib
            case "SCHEMAV_CVC_COMPLEX_TYPE_4":
                found = _missing(error) not in element.attrib
            case "SCHEMAV_ELEMENT_CONTENT" if error.rest.startswith("Missing"):
                found = not len(element)
            case "SCHEMAV_ELEMENT_CONTENT":
                found = self._misplaced(element)
            case "SCHEMAV_CVC_COMPLEX_TYPE_2_3":
                texts = (element.text, *(child.tail for child in element))
                found = any(text and text.strip() for text in texts)
            case "SCHEMAV_CVC_TYPE_3_1_2":
                found = len(element) > 0
            case _ if error.attribute:
                value = element.get(error.attribute)
                # the set of what is allowed comes after the value that is not
                said, _, _ = error.rest.partition(" of the set {")
                found = value is not None and f"'{value}'" in said
            case _:
                found = True
        return found

    def _misplaced(self, element: etree._Element) -> bool:
        """Tell whether an element is of another parent, a second one, or too late."""
        parent = element.getparent()
        known = [] if parent is None else list(self._shape(parent, "children"))
        if element.tag not in known:
            return True
        if element.tag in self._repeated:
            return False
        later = known[known.index(element.tag) :]
        return any(e.tag in later for e in element.itersiblings(preceding=True))

    def _allowed(self, element: etree._Element | None, what: str) -> str:
        names = {} if element is None else self._shape(element, what)
        return f"allowed here: {', '.join(names)}" if names else "nothing may be here"

    def _shape(self, element: etree._Element, what: str) -> Mapping[str, str]:
        return self._shapes.get(element.tag, {}).get(what, {})

    @cached_property
    def _repeated(self) -> frozenset[str]:
        """The elements that may stand several times in a row."""
        return frozenset(
            name
            for holder in self._document.iter(f"{_XS}element", f"{_XS}choice")
            if holder.get("maxOccurs") == "unbounded"
            for name in _named(holder, "element")
        )

    @cached_property
    def _document(self) -> etree._Element:
        return etree.fromstring(self.load())

    @cached_property
    def _compiled(self) -> etree.XMLSchema:
        return etree.XMLSchema(self._document)

    @cached_property
    def _roots(self) -> Sequence[str]:
        return [e.get("name", "") for e in self._document.findall(f"{_XS}element")]

    @cached_property
    def _shapes(self) -> Mapping[str, Mapping[str, Mapping[str, str]]]:
        """Element name -> "attributes" and "children" -> name -> type."""
        types = {t.get("name"): t for t in self._document.findall(f"{_XS}complexType")}
        return {
            element.get("name", ""): {
                "attributes": _named(types[element.get("type")], "attribute"),
                "children": _named(types[element.get("type")], "element"),
            }
            for element in self._document.iter(f"{_XS}element")
            if element.get("type") in types
        }

    @cached_property
    def _types(self) -> Mapping[str, str]:
        """Simple type -> its annotation, or the list of its values."""
        return {
            t.get("name", ""): t.findtext(f"{_XS}annotation/{_XS}documentation")
            or "one of "
            + ", ".join(e.get("value", "") for e in t.iter(f"{_XS}enumeration"))
            for t in self._document.findall(f"{_XS}simpleType")
        }


ENVELOPE = Schema(envelope_xsd)
TEMPLATE = Schema(template_xsd)


def _named(element: etree._Element, kind: str) -> Mapping[str, str]:
    return {e.get("name", ""): e.get("type", "") for e in element.iter(f"{_XS}{kind}")}


def _missing(error: _Error) -> str:
    return "".join(_MISSING.findall(error.rest)[:1])


def _expected(text: str) -> str:
    """Return libxml2's list of what may stand here; empty when it gives none."""
    _, found, names = text.partition("Expected is ")
    if not found:
        return ""
    return "expected: " + names.removeprefix("one of ").strip("( ).")


def _short(value: str) -> str:
    return repr(value if len(value) <= 60 else value[:57] + "...")  # noqa: PLR2004 - a line of text
