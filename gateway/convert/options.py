"""The attributes of a rule that say how tables and text are read and written.

Pure: also asked when a rule is saved. Each function raises ValueError with what is
wrong with a value, to stand after the attribute's name.
"""

import codecs
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gateway.core.errors import N_

SOURCE_FORMAT = "SOURCE_FORMAT"
CSV_DELIMITER = "CSV_DELIMITER"
CSV_QUOTE = "CSV_QUOTE"
CSV_HEADER = "CSV_HEADER"
CSV_SAFE = "CSV_SAFE"
ENCODING = "ENCODING"
SHEET = "SHEET"
SHEET_HEADER = "SHEET_HEADER"
FIXED_WIDTH = "FIXED_WIDTH"

SOURCE_FORMATS: Mapping[str, str] = {
    "XML": "xml",
    "EDIFACT": "edifact",
    "X12": "x12",
    "CSV": "csv",
    "JSON": "json",
    "XLSX": "workbook",
    "TEXT": "text",
    "FILE": "other",
}
"""Value of SOURCE_FORMAT to the name of its reader."""

SHEET_NAME_LONGEST = 31
_WIDEST = 100_000
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_FIELD = re.compile(
    r"\s*(?P<name>[^:\s]+)\s*:\s*(?P<start>\d{1,9})(?:\s*-\s*(?P<end>\d{1,9}))?\s*"
)
_RECORD = re.compile(
    r"\s*(?P<name>[^\s(=]+)\s*(?:\((?P<prefix>[^)]+)\))?\s*=(?P<fields>.*)", re.DOTALL
)


def yes(value: str) -> bool:
    if value not in {"yes", "no"}:
        raise ValueError(N_("must be yes or no"))
    return value == "yes"


def delimiter(value: str) -> str:
    """Return the character between two values; TAB stands for a tabulator."""
    sign = "\t" if value.upper() == "TAB" else value
    if len(sign) != 1 or sign in '\r\n" ' or sign.isalnum():
        raise ValueError(N_("must be one sign, such as ; or , or |, or the word TAB"))
    return sign


def quote(value: str) -> str:
    """Return the character around a value; empty for NONE."""
    if value.upper() == "NONE":
        return ""
    if len(value) != 1 or value.isalnum() or value.isspace():
        raise ValueError(N_("must be one sign, such as \" or ', or the word NONE"))
    return value


def encoding(value: str) -> str:
    """Return Python's name of a character encoding."""
    try:
        found = codecs.lookup(value)
        "a".encode(found.name)  # some codecs are no encodings of text
    except (LookupError, UnicodeError, ValueError) as error:
        raise ValueError(
            N_("must be a known encoding, such as UTF-8, windows-1251 or ISO-8859-1")
        ) from error
    return found.name


def source_format(value: str) -> str:
    """Return the name of the reader."""
    if value not in SOURCE_FORMATS:
        raise ValueError(
            N_("must be one of {known}").format(known=", ".join(SOURCE_FORMATS))
        )
    return SOURCE_FORMATS[value]


def sheet(value: str) -> str:
    if not 1 <= len(value) <= SHEET_NAME_LONGEST:
        raise ValueError(
            N_("must be a sheet's name of 1 to {most} characters").format(
                most=SHEET_NAME_LONGEST
            )
        )
    return value


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a fixed layout: characters *start* (from 0) to *end* (excluded)."""

    name: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Record:
    """A kind of line: it begins with *prefix* (empty: every line does)."""

    name: str
    prefix: str
    fields: Sequence[Field]

    @property
    def width(self) -> int:
        return max(field.end for field in self.fields)


def fixed_width(value: str) -> Sequence[Record]:
    """Return the kinds of lines, those with the longest prefix first.

    `number:1-10, quantity:11-15` is one kind for all lines; several kinds are
    separated by semicolons, each `name(prefix) = fields`. Places count from 1 and
    include both ends.
    """
    parts = [part for part in value.split(";") if part.strip()]
    if not parts:
        raise ValueError(
            N_("has no fields; write for example number:1-10, quantity:11-15")
        )
    records = [_record(part) for part in parts]
    if (name := _twice([record.name for record in records])) is not None:
        raise ValueError(N_("has the record {name} twice").format(name=repr(name)))
    if (name := _twice([record.prefix for record in records])) is not None:
        raise ValueError(N_("has the prefix {name} twice").format(name=repr(name)))
    return sorted(records, key=lambda record: -len(record.prefix))


def _twice(names: Sequence[str]) -> str | None:
    return next((name for name in names if names.count(name) > 1), None)


def _record(text: str) -> Record:
    name, prefix, listed = "record", "", text
    if "=" in text:
        found = _RECORD.fullmatch(text)
        if found is None:
            raise ValueError(
                N_(
                    "is not understood at {text}; write name(prefix) = field:1-10,"
                    " field:11-15"
                ).format(text=repr(text.strip()[:40]))
            )
        name, prefix, listed = found["name"], found["prefix"] or "", found["fields"]
    fields = [_field(part) for part in listed.split(",")]
    names = [field.name for field in fields]
    for one in (name, *names):
        if not _NAME.fullmatch(one):
            raise ValueError(
                N_(
                    "has the name {name}; a name has letters of A-Z, digits, _ . - and"
                    " begins with a letter"
                ).format(name=repr(one[:40]))
            )
    if (field := _twice(names)) is not None:
        raise ValueError(
            N_("has the field {name} twice in {record}").format(
                name=repr(field), record=repr(name)
            )
        )
    return Record(name, prefix, fields)


def _field(text: str) -> Field:
    found = _FIELD.fullmatch(text)
    if found is None:
        raise ValueError(
            N_("is not understood at {text}; write a field as name:1-10").format(
                text=repr(text.strip()[:40])
            )
        )
    start = int(found["start"])
    end = int(found["end"] or start)
    if not 1 <= start <= end <= _WIDEST:
        raise ValueError(
            N_(
                "has {text}; places go from 1 to {most}, the first before the last"
            ).format(text=repr(text.strip()[:40]), most=_WIDEST)
        )
    return Field(found["name"], start - 1, end)
