"""JSON to XML (RFC 8259): an element per member, whatever its key."""

import re
from dataclasses import dataclass, field
from json import JSONDecodeError, JSONDecoder

from gateway.convert.source.base import Described, Source
from gateway.convert.source.decoding import (
    HEADER,
    bounded,
    broken,
    decoded,
    escaped,
    line_at,
    printable,
    quoted,
)
from gateway.convert.unfit import Unfit
from gateway.core.errors import N_

MEMBER = "member"
"""The element of a member whose key is no XML name; the key is its attribute."""
ITEM = "item"
ROOT = "json"

# of Latin, Greek and Cyrillic letters those that every version of XML has in names
_LETTER = "A-Za-z_À-ÖØ-öø-ıĴ-ľŁ-ňŊ-žΈ-ΊΎ-ΡΣ-ώЁ-ЌЎ-яё-ќў-ҁҐ-ӄ"
NAME = re.compile(rf"[{_LETTER}][{_LETTER}0-9.-]*")
_SPACE = re.compile(r"[ \t\r\n]*")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_WORD = re.compile(r"[A-Za-z0-9_+.-]*")
_TEXTS = JSONDecoder()
_WORDS = {"true": "boolean", "false": "boolean", "null": "null"}
_REMEDY = N_("Ask the sender for valid JSON (RFC 8259) with each key once.")


def read_json(data: bytes, file: Described) -> Source:
    """Return `json/KEY/...`; Unfit names the line that is no JSON."""
    warnings: list[str] = []
    text = decoded(data, file, warnings)
    body = _Reader(text, file, warnings).document()
    return Source(f"{HEADER}{body}".encode(), bounded(warnings))


@dataclass(slots=True)
class _Open:
    """An object (with its keys so far) or an array that is being read."""

    close: str
    keys: set[str] | None
    empty: bool = field(default=True)


class _Reader:
    """Walks the text once, without recursion."""

    def __init__(self, text: str, file: Described, warnings: list[str]) -> None:
        self._text = text
        self._file = file
        self._warnings = warnings
        self._out: list[str] = []
        self._open: list[_Open] = []
        self._tags: dict[str, tuple[str, str]] = {}
        self._at = 0

    def document(self) -> str:
        self._skip()
        self._value(ROOT, ROOT)
        while self._open:
            self._next(self._open[-1])
        if self._at < len(self._text):
            raise self._unfit("something follows the end of the JSON value")
        return "".join(self._out)

    def _next(self, within: _Open) -> None:
        """Read the next member or item, or the end of `within`."""
        end = "]" if within.keys is None else "}"
        sign = self._sign()
        if sign == end:
            self._close()
            return
        if not within.empty:
            if sign != ",":
                raise self._unfit(f"a comma or {end} is missing before {self._seen()}")
            self._advance()
        within.empty = False
        if within.keys is None:
            self._value(ITEM, ITEM)
        else:
            self._value(*self._key(within.keys))

    def _key(self, keys: set[str]) -> tuple[str, str]:
        """Read a key and its colon; return the start tag's inside and the name."""
        if self._sign() != '"':
            raise self._unfit(f"a key in quotation marks is missing at {self._seen()}")
        key = self._string()
        if key in keys:
            raise self._unfit(f"the key {key[:60]!r} stands twice in one object")
        keys.add(key)
        if self._sign() != ":":
            raise self._unfit(f"a colon is missing after the key {key[:60]!r}")
        self._advance()
        tag = self._tags.get(key)
        if tag is None:
            tag = (key, key) if NAME.fullmatch(key) else _member(key)
            self._tags[key] = tag
        return tag

    def _value(self, start: str, name: str) -> None:
        sign = self._sign()
        if sign == '"':
            text = escaped(self._string())
            self._out.append(f"<{start}>{text}</{name}>" if text else f"<{start}/>")
        elif sign == "{":
            self._enter(start, name, "object", set())
        elif sign == "[":
            self._enter(start, name, "array", None)
        else:
            self._scalar(start, name)

    def _scalar(self, start: str, name: str) -> None:
        number = _NUMBER.match(self._text, self._at)
        word = _WORD.match(self._text, self._at)
        said = word[0] if word else ""
        if number is not None and number[0] == said:
            kind, text = "number", said
        elif said in _WORDS:
            kind, text = _WORDS[said], "" if said == "null" else said
        else:
            raise self._unfit(f"{self._seen()} is no JSON value")
        body = f">{text}</{name}>" if text else "/>"
        self._out.append(f'<{start} type="{kind}"{body}')
        self._at += len(said)
        self._skip()

    def _enter(self, start: str, name: str, kind: str, keys: set[str] | None) -> None:
        if len(self._open) >= self._file.depth:
            raise self._unfit(f"values are nested more than {self._file.depth} deep")
        self._out.append(f'<{start} type="{kind}">')
        self._open.append(_Open(f"</{name}>", keys))
        self._advance()

    def _close(self) -> None:
        self._out.append(self._open.pop().close)
        self._advance()

    def _string(self) -> str:
        try:
            value, self._at = _TEXTS.raw_decode(self._text, self._at)
        except JSONDecodeError as error:
            self._at = error.pos
            why = error.msg.removesuffix(" at").removesuffix(" starting")
            why = f"a text is broken: {why[:1].lower()}{why[1:]}"
            raise self._unfit(why) from error
        value = printable(value, self._place, self._warnings)
        self._skip()
        return value

    def _place(self, _within: int) -> str:
        return f"line {line_at(self._text, self._at)}"

    def _sign(self) -> str:
        return self._text[self._at : self._at + 1]

    def _advance(self) -> None:
        self._at += 1
        self._skip()

    def _skip(self) -> None:
        found = _SPACE.match(self._text, self._at)
        if found is not None:
            self._at = found.end()

    def _seen(self) -> str:
        return repr(self._text[self._at : self._at + 20]) if self._sign() else "the end"

    def _unfit(self, message: str) -> Unfit:
        line = line_at(self._text, self._at)
        return broken("json-syntax", self._file, line, message, _REMEDY)


def _member(key: str) -> tuple[str, str]:
    return f"{MEMBER} key={quoted(key)}", MEMBER
