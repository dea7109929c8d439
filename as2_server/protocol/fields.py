"""Header fields: case-blind, bounded, and the `value; name=value` form of some."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from as2_server.protocol.dispositions import ProtocolError

MAX_FIELDS = 200
MAX_BLOCK = 65_536
"""Bytes of all the fields of one entity together."""

_PARAMETER = re.compile(
    r';\s*(?P<name>[^\s=;"]+)\s*=\s*(?P<value>"(?:[^"\\]|\\.)*"|[^;]*)'
)
_FOLD = re.compile(rb"\r?\n[ \t]+")
_NAME = re.compile(r"[!-9;-~]+")


@dataclass(frozen=True, slots=True)
class Fields:
    """Header fields in their order; names are compared without case."""

    items: tuple[tuple[str, str], ...]
    _named: dict[str, list[str]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        named: dict[str, list[str]] = {}
        for name, value in self.items:
            named.setdefault(name.lower(), []).append(value)
        object.__setattr__(self, "_named", named)  # it is frozen

    @classmethod
    def of(cls, pairs: Iterable[tuple[str, str]]) -> "Fields":
        """Check number and size; ProtocolError when there are too many."""
        items = tuple([(name, value.strip()) for name, value in pairs])
        if len(items) > MAX_FIELDS:
            raise ProtocolError(f"There are more than {MAX_FIELDS} header fields.")
        if sum([len(name) + len(value) for name, value in items]) > MAX_BLOCK:
            raise ProtocolError(f"The header fields exceed {MAX_BLOCK} bytes.")
        return cls(items)

    @classmethod
    def parse(cls, block: bytes) -> "Fields":
        """Read the fields of a MIME entity; any line end, folded lines joined."""
        if len(block) > MAX_BLOCK:
            raise ProtocolError(f"The header fields exceed {MAX_BLOCK} bytes.")
        pairs = []
        lines = _FOLD.sub(b" ", block.rstrip(b"\r\n")).split(b"\n")
        for line in lines if lines != [b""] else []:
            name, colon, value = _text(line).partition(":")
            name = name.rstrip()
            if not colon or not _NAME.fullmatch(name):
                raise ProtocolError(f"The line {line[:60]!r} is no header field.")
            pairs.append((name, value))
        return cls.of(pairs)

    def get(self, name: str) -> str:
        """Return the first value of the field, or the empty string."""
        found = self._named.get(name.lower())
        return found[0] if found else ""

    def all(self, name: str) -> Sequence[str]:
        return self._named.get(name.lower(), ())

    def one(self, name: str) -> str:
        """Return the value of a field that must not contradict itself; or ""."""
        values = self.all(name)
        if len(values) > 1 and len(set(values)) > 1:
            raise ProtocolError(f"The field {name} is there twice and differs.")
        return values[0] if values else ""

    @property
    def content_type(self) -> "Value":
        return _parsed(self.get("Content-Type"))

    @property
    def disposition(self) -> "Value":
        return _parsed(self.get("Content-Disposition"))

    @property
    def transfer_encoding(self) -> str:
        return _parsed(self.get("Content-Transfer-Encoding")).main


def printable(text: str) -> str:
    """Return the text without what no database and no XML takes, such as NUL."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else " " for c in text)


def _text(line: bytes) -> str:
    """UTF-8 where it is (some send raw names), else Latin-1, which never fails."""
    try:
        return line.decode()
    except UnicodeDecodeError:
        return line.decode("latin-1")


@dataclass(frozen=True, slots=True)
class Value:
    """`main; name=value ...` (RFC 2045 section 5.1): main and names in lower case."""

    main: str
    parameters: Mapping[str, str]

    @classmethod
    def parse(cls, text: str) -> "Value":
        """Read any text; of a parameter given twice the first counts."""
        main, semicolon, rest = text.partition(";")
        parameters: dict[str, str] = {}
        for found in _PARAMETER.finditer(semicolon + rest):
            value = found["value"].strip()
            if len(value) > 1 and value.startswith('"') and value.endswith('"'):
                value = re.sub(r"\\(.)", r"\1", value[1:-1])
            parameters.setdefault(found["name"].lower(), value)
        return cls(main.strip().lower(), parameters)

    def get(self, name: str) -> str:
        return self.parameters.get(name, "")


@lru_cache(maxsize=64)
def _parsed(text: str) -> Value:
    """Read a value that is asked for time and again."""
    return Value.parse(text)
