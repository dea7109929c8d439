"""The gateway's own schemas at work: what is wrong, in plain words, with its line."""

import re
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from lxml import etree

from gateway.convert.safe_xml import XmlFault, drop_schema_hints, shown
from gateway.convert.schemas import envelope_xsd, template_xsd

_XS = "{http://www.w3.org/2001/XMLSchema}"
_ELEMENT = re.compile(
    r"^Element '(?P<element>[^']*)'(, attribute '(?P<attribute>.*?)')?:"
)
_HOLDS = {
    "SCHEMAV_CVC_COMPLEX_TYPE_2_3": "may hold elements only, and holds text",
    "SCHEMAV_CVC_TYPE_3_1_2": "may hold text only, and holds an element",
}
_NAMED = re.compile(r"The attribute '([^']+)'")


@dataclass(frozen=True)
class Schema:
    """One schema; `load` returns its text."""

    load: Callable[[], bytes]

    def fault(self, root: etree._Element) -> XmlFault | None:
        """Return the first thing that breaks the schema, and how many more do."""
        drop_schema_hints(root)
        # libxml2 keeps the errors with the schema, which all threads share
        with _lock:
            if self._compiled.validate(root):
                return None
            # the stubs do not know that a log is a sequence
            log: Any = self._compiled.error_log
            errors: Sequence[etree._LogEntry] = list(log)
        first = errors[0]
        message = self._plain(root, first)
        # an attribute may be reported twice: by its facet and by its type
        others = sorted({e.line for e in errors[1:]} - {first.line})
        if others:
            lines = ", ".join(str(line) for line in others[:5])
            more = " and others" if len(others) > len(others[:5]) else ""
            message += f" There are more faults, in line {lines}{more}."
        return XmlFault(message, first.line)

    def _plain(self, root: etree._Element, error: etree._LogEntry) -> str:
        found = _ELEMENT.match(error.message)
        element = shown(found["element"]) if found else ""
        attribute = found["attribute"] if found else None
        rest = error.message[found.end() :].strip() if found else error.message
        match error.type_name:
            case "SCHEMAV_CVC_COMPLEX_TYPE_3_2_1":
                allowed = self._allowed(root, error, "attributes")
                name = shown(attribute or "")
                text = f"<{element}> has an unknown attribute {name}; {allowed}."
            case "SCHEMAV_CVC_COMPLEX_TYPE_4":
                name = "".join(_NAMED.findall(rest)[:1])
                text = f"<{element}> must have the attribute {name}."
            case "SCHEMAV_ELEMENT_CONTENT" if rest.startswith("Missing"):
                text = f"<{element}> is incomplete; {_expected(rest)}."
            case "SCHEMAV_ELEMENT_CONTENT":
                allowed = _expected(rest) or self._allowed(root, error, "children")
                text = f"<{element}> does not belong here; {allowed}."
            case other if other in _HOLDS:
                text = f"<{element}> {_HOLDS[other]}."
            case _ if attribute is not None:
                text = self._value(root, error, element, attribute)
            case _:
                roots = " or ".join(f"<{name}>" for name in self._roots)
                text = f"The root element is {element}; it must be {roots}."
        return text

    def _value(
        self,
        root: etree._Element,
        error: etree._LogEntry,
        element: str,
        attribute: str,
    ) -> str:
        """Say what a value must be, in the words of the schema's own annotation."""
        node = _node(root, error)
        kind = self._shapes[node.tag]["attributes"][attribute]
        value = node.get(attribute, "")
        return (
            f"<{element}> has {attribute}={_short(value)}; allowed is"
            f" {self._types.get(kind, kind)}."
        )

    def _allowed(self, root: etree._Element, error: etree._LogEntry, what: str) -> str:
        node = _node(root, error)
        holder = node.getparent() if what == "children" else node
        names = {} if holder is None else self._shapes[holder.tag][what]
        return f"allowed here: {', '.join(names)}" if names else "nothing may be here"

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


_lock = threading.Lock()

ENVELOPE = Schema(envelope_xsd)
TEMPLATE = Schema(template_xsd)


def _named(element: etree._Element, kind: str) -> Mapping[str, str]:
    return {e.get("name", ""): e.get("type", "") for e in element.iter(f"{_XS}{kind}")}


def _node(root: etree._Element, error: etree._LogEntry) -> etree._Element:
    """Return the element that the error is about."""
    found: Any = root.getroottree().xpath(error.path)
    node: etree._Element = found[0]
    return node


def _expected(text: str) -> str:
    """Return libxml2's list of what may stand here; empty when it gives none."""
    _, found, names = text.partition("Expected is ")
    if not found:
        return ""
    return "expected: " + names.removeprefix("one of ").strip("( ).")


def _short(value: str) -> str:
    return repr(value if len(value) <= 60 else value[:57] + "...")  # noqa: PLR2004 - a line of text
