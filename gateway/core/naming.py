"""File names of IN rules by a pattern (SPEC section 6)."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from gateway.core.envelope import Envelope
from gateway.core.errors import N_, Invalid
from gateway.core.model import NAME_MAX_BYTES, FileName, MailboxId
from gateway.core.template import FieldType, Template

EMPTY_NAME = "filename_empty"
PATTERN_MAX = 1000
"""The longest pattern, in characters."""

VARIABLES = ("mailboxUuid", "envelopeUuid", "templateUuid", "randomNumber")

FIELD_TYPES = frozenset(
    {
        FieldType.TEXT,
        FieldType.NUMBER,
        FieldType.CURRENCY,
        FieldType.DATE,
        FieldType.DICTIONARY,
        FieldType.LOOKUP,
        FieldType.FORMULA,
        FieldType.DUPLICATE,
        FieldType.AUTONUMBER,
    }
)
"""The types of fields that a pattern may name."""

_ILLEGAL = frozenset("\\/:?*<>|")
_EXTENSION_MAX = 20  # bytes with the dot; what is longer is no extension

# the spellings of the original and of Java; both hours are of 24
_CLOCK: Mapping[str, str] = {
    "YYYY": "%Y",
    "yyyy": "%Y",
    "YY": "%y",
    "yy": "%y",
    "MM": "%m",
    "DD": "%d",
    "dd": "%d",
    "HH": "%H",
    "hh": "%H",
    "mm": "%M",
    "ss": "%S",
}
_TOKENS = re.compile(r"([A-Za-z])\1*|[^A-Za-z]+")


@dataclass(frozen=True, slots=True)
class Literal:
    """Text that stands as it is."""

    text: str


@dataclass(frozen=True, slots=True)
class Variable:
    """One of VARIABLES."""

    name: str


@dataclass(frozen=True, slots=True)
class ReceiptDate:
    """The receipt date; *format* is for strftime."""

    format: str


@dataclass(frozen=True, slots=True)
class FieldValue:
    """The value of a field of a document; nothing when it is not filled in."""

    document: str
    field: str


Part = Literal | Variable | ReceiptDate | FieldValue


@dataclass(frozen=True, slots=True)
class NamePattern:
    """A pattern that has been understood."""

    parts: Sequence[Part]


def parse_pattern(text: str) -> NamePattern:
    """Return the pattern; Invalid (field `fileNamePattern`) names the position."""
    if len(text) > PATTERN_MAX:
        raise _invalid(
            N_("The pattern is longer than {most} characters.").format(most=PATTERN_MAX)
        )
    return NamePattern(tuple(_parts(text)))


def check_against(pattern: NamePattern, template: Template) -> None:
    """Raise Invalid if the pattern names a field that the template cannot give."""
    fields = {
        (field.document, field.name): field
        for document in template.documents
        for field in document.fields
    }
    allowed = ", ".join(sorted(kind.value for kind in FIELD_TYPES))
    for part in pattern.parts:
        if not isinstance(part, FieldValue):
            continue
        where = N_("Field {field} of document {document}").format(
            field=part.field, document=part.document
        )
        field = fields.get((part.document, part.field))
        if field is None:
            raise _invalid(
                N_("{where} is not in the template {name}.").format(
                    where=where, name=template.name
                ),
                "pattern-field-unknown",
            )
        if field.group:
            raise _invalid(
                N_(
                    "{where} stands in the table {group}; a file name can take fields "
                    "outside of tables only."
                ).format(where=where, group=field.group),
                "pattern-field-type",
            )
        if field.type not in FIELD_TYPES:
            raise _invalid(
                N_(
                    "{where} is of type {value}; a file name can take {allowed}."
                ).format(where=where, value=field.type.value, allowed=allowed),
                "pattern-field-type",
            )


def render(
    pattern: NamePattern,
    envelope: Envelope,
    mailbox: MailboxId,
    received_at: datetime,
    random_number: str,
) -> FileName:
    """Return the file's name; always one that a client lists and takes.

    `mailbox` is the recipient's, `random_number` has 10 digits.
    """
    variables = {
        "mailboxUuid": mailbox,
        "envelopeUuid": envelope.id,
        "templateUuid": envelope.draft.template,
        "randomNumber": random_number,
    }
    texts = []
    for part in pattern.parts:
        match part:
            case Literal(text):
                texts.append(text)
            case Variable(name):
                texts.append(_clean(variables[name]))
            case ReceiptDate(form):
                texts.append(received_at.strftime(form))
            case FieldValue(document, field):
                texts.append(_clean("_".join(_values(envelope, document, field))))
            case _:
                assert_never(part)
    return _safe("".join(texts).strip())


# --- Reading a pattern ---------------------------------------------------------------


def _parts(text: str) -> Iterator[Part]:
    at = 0
    while at < len(text):
        if text[at] == "{":
            part, at = _braced(text, at)
            yield part
            continue
        end = text.find("{", at)
        literal = text[at:] if end < 0 else text[at:end]
        _legal(literal, at)
        yield Literal(literal)
        at += len(literal)


def _braced(text: str, start: int) -> tuple[Part, int]:
    """Return the part whose brace opens at `start`, and where it ends."""
    if text[start + 1 :].lstrip().startswith('"'):
        return _field_value(text, start)
    end = text.find("}", start)
    if end < 0:
        raise _at(start, "this { is never closed")
    inside = text[start + 1 : end].strip()
    if inside == "date" or inside.startswith("date "):
        offset = text.index("date", start) + len("date")
        return ReceiptDate(_date_format(text[offset:end], offset)), end + 1
    if inside not in VARIABLES:
        known = ", ".join(f"{{{name}}}" for name in VARIABLES)
        raise _at(
            start,
            N_(
                "{{{inside}}} is not known; there are {known}, {{date "
                'YYYY-MM-DD}} and {{"documentId":"fieldName"}}'
            ).format(inside=inside, known=known),
        )
    return Variable(inside), end + 1


def _field_value(text: str, start: int) -> tuple[FieldValue, int]:
    form = N_('a field is written {"documentId":"fieldName"}')
    try:
        found, end = json.JSONDecoder(object_pairs_hook=list).raw_decode(text, start)
    except (ValueError, RecursionError) as error:
        position = error.pos if isinstance(error, json.JSONDecodeError) else start
        raise _at(position, form) from error
    match found:
        case [(str(document), str(field))] if document and field:
            return FieldValue(document, field), end
        case _:
            raise _at(start, form)


def _date_format(text: str, offset: int) -> str:
    """Return the format for strftime; `offset` is where `text` begins."""
    if not text.strip():
        raise _at(offset, "the date needs a format, as {date YYYY-MM-DD}")
    start = offset + len(text) - len(text.lstrip())
    form = ""
    for found in _TOKENS.finditer(text.strip()):
        token, at = found.group(), start + found.start()
        if not found.group(1):
            _legal(token, at)
            form += token.replace("%", "%%")
        elif token in _CLOCK:
            form += _CLOCK[token]
        else:
            known = " ".join(_CLOCK)
            raise _at(
                at,
                N_("{token} is not known in a date; there are {known}").format(
                    token=token, known=known
                ),
            )
    return form


def _legal(literal: str, offset: int) -> None:
    for index, char in enumerate(literal):
        if char == "}":
            raise _at(offset + index, "this } closes nothing")
        if char in _ILLEGAL or not char.isprintable():
            raise _at(
                offset + index,
                N_(
                    "{char} may not be in a file name; neither may \\ / : ? * < > | "
                    "and control characters"
                ).format(char=repr(char)),
            )


def _at(index: int, message: str) -> Invalid:
    return _invalid(f"Position {index + 1}: {message}.")


def _invalid(message: str, code: str = "file-name-pattern") -> Invalid:
    return Invalid(message, code, {"fileNamePattern": message})


# --- Making a name -------------------------------------------------------------------


def _values(envelope: Envelope, document: str, field: str) -> Sequence[str]:
    return [
        value.strip()
        for one in envelope.draft.documents
        if one.id == document
        for found in one.fields
        if found.name == field
        for value in found.values
        if value.strip()
    ]


def _clean(value: str) -> str:
    return "".join(
        "_" if char in _ILLEGAL or not char.isprintable() else char for char in value
    )


def _safe(text: str) -> FileName:
    """Return a name that no client takes for hidden or for an unfinished upload."""
    if not text:
        return FileName(EMPTY_NAME)
    name = FileName(_cut("_" + text[1:] if text.startswith(".") else text))
    return FileName(_cut(name.text + "_")) if name.temporary else name


def _cut(text: str) -> str:
    """Return at most 255 bytes of `text`, with its extension."""
    if len(text.encode()) <= NAME_MAX_BYTES:
        return text
    stem, dot, extension = text.rpartition(".")
    if not stem or len(extension.encode()) >= _EXTENSION_MAX:
        stem, dot, extension = text, "", ""
    room = NAME_MAX_BYTES - len((dot + extension).encode())
    return stem.encode()[:room].decode(errors="ignore") + dot + extension
