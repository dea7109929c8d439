"""JSON (RFC 8259) from the XML that a stylesheet sees of it."""

import json
import re

from lxml import etree

from gateway.convert import safe_xml
from gateway.convert.output import encoded
from gateway.convert.write.base import Wanted, parsed, unwritable
from gateway.convert.write.shape import known, rooted, text_of

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_TYPES = ("object", "array", "string", "number", "boolean", "null")
_ROOT = ("type", "indent")


def write_json(xml: bytes, wanted: Wanted) -> bytes:
    """Return the value in the stylesheet's encoding; Unfit names the result's line."""
    root = parsed(xml, "JSON")
    rooted(root, "json", _ROOT)
    unicode = wanted.encoding.upper().startswith("UTF") or not wanted.encoding
    indent = root.get("indent", "no")
    if indent not in {"yes", "no"}:
        raise unwritable("indent must be yes or no", safe_xml.line_of(root))
    writer = _Writer(ascii_only=not unicode, indent=indent == "yes")
    return encoded(writer.value(root, "\n") + "\n", wanted.encoding, "text")


class _Writer:
    """Writes values; the reader of XML has bounded how deep they may be nested."""

    def __init__(self, *, ascii_only: bool, indent: bool) -> None:
        self._ascii = ascii_only
        self._indent = indent

    def value(self, element: etree._Element, start: str) -> str:
        """Return the value; `start` is the line break before its first column."""
        if start != "\n":
            known(element, ("type", "key"))
        kind = element.get("type") or ("object" if len(element) else "string")
        if kind not in _TYPES:
            raise unwritable(
                f"the type is {kind!r}; it must be one of {', '.join(_TYPES)}",
                safe_xml.line_of(element),
            )
        if kind == "object":
            return self._object(element, start)
        if kind == "array":
            items = [self.value(child, start + "  ") for child in _children(element)]
            return self._joined("[]", items, start)
        text = text_of(element)
        return self._text(text) if kind == "string" else _scalar(element, kind, text)

    def _object(self, element: etree._Element, start: str) -> str:
        members: dict[str, str] = {}
        for child in _children(element):
            key = child.get("key", child.tag)
            if key.startswith("{"):
                raise unwritable(
                    f"{safe_xml.shown(child.tag)} has a namespace, a key has none",
                    safe_xml.line_of(child),
                )
            if key in members:
                raise unwritable(
                    f"the key {key!r} stands twice in one object; write"
                    ' type="array" on the element around them',
                    safe_xml.line_of(child),
                )
            members[key] = self.value(child, start + "  ")
        colon = ": " if self._indent else ":"
        pairs = [f"{self._text(key)}{colon}{value}" for key, value in members.items()]
        return self._joined("{}", pairs, start)

    def _joined(self, around: str, parts: list[str], start: str) -> str:
        if not parts or not self._indent:
            return f"{around[0]}{','.join(parts)}{around[1]}"
        inner = f",{start}  ".join(parts)
        return f"{around[0]}{start}  {inner}{start}{around[1]}"

    def _text(self, text: str) -> str:
        return json.dumps(text, ensure_ascii=self._ascii)


def _children(element: etree._Element) -> list[etree._Element]:
    for text in (element.text, *(child.tail for child in element)):
        if text and not text.isspace():
            raise unwritable(
                f"{safe_xml.shown(element.tag)} holds the text {text.strip()[:40]!r}"
                " beside elements",
                safe_xml.line_of(element),
            )
    return list(element)


def _scalar(element: etree._Element, kind: str, text: str) -> str:
    text = text.strip()
    fits = {
        "number": bool(_NUMBER.fullmatch(text)),
        "boolean": text in {"true", "false"},
        "null": not text,
    }[kind]
    if not fits:
        raise unwritable(
            f"{text[:40]!r} is no {kind} in JSON", safe_xml.line_of(element)
        )
    return text or "null"
