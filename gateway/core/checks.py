"""An envelope held against its template: everything that does not fit."""

import difflib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from gateway.core.envelope import Document, Draft, Field, FieldGroup
from gateway.core.errors import N_
from gateway.core.template import FieldDef, FieldType, Template

HINTS = 20
"""How many unknown names get a "did you mean"; comparing names is slow."""

_NUMBER = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)?")
_CURRENCY = re.compile(rf"(?:[A-Z]{{3}} ?)?{_NUMBER.pattern}(?: ?[A-Z]{{3}})?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_ZONE = r"(?:Z|[+-][0-9]{2}:[0-9]{2})?"
_TIME = re.compile(rf"[0-9]{{2}}:[0-9]{{2}}(?::[0-9]{{2}}(?:\.[0-9]{{1,9}})?)?{_ZONE}")
_INSTANT = re.compile(rf"{_DATE.pattern}T{_TIME.pattern}")
_EMAIL = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+\.[^@\s,;<>.]+")

# what nobody types in cannot be demanded from the sender
_COMPUTED = {FieldType.FORMULA, FieldType.DUPLICATE, FieldType.AUTONUMBER}


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing that does not fit; *where* is a path as in the native XML."""

    code: str
    message: str
    where: str


def check(draft: Draft, template: Template) -> Sequence[Violation]:
    """Return every violation, in the order of the envelope; empty if it fits.

    Required are the fields of the sending role and those of no role; the sending
    role itself may be without a mailbox, which means the sender's.
    """
    return [
        *_identity(draft, template),
        *_roles(draft, template),
        *_Documents(template).check(draft),
    ]


def _identity(draft: Draft, template: Template) -> Iterator[Violation]:
    if draft.template.lower() != template.id.lower():
        yield Violation(
            "template-other",
            N_("is {template}, and must be {id}").format(
                template=draft.template, id=template.id
            ),
            "envelope/@templateUuid",
        )
    version = draft.template_version
    if version is not None and version.lower() != template.version.lower():
        yield Violation(
            "template-version-other",
            N_("is {version}, and must be {wanted}").format(
                version=version, wanted=template.version
            ),
            "envelope/@templateVersion",
        )


def _roles(draft: Draft, template: Template) -> Iterator[Violation]:
    given = {role.id: role.mailbox for role in draft.roles}
    known = [role.id for role in template.roles]
    for name in given:
        if name not in known:
            yield Violation(
                "role-unknown",
                N_("the template has no such role; its roles are {listed}").format(
                    listed=", ".join(known)
                ),
                f"flow/roles/role[{name}]",
            )
    for role in template.roles:
        if not given.get(role.id, "").strip() and role != template.sending_role:
            yield Violation(
                "role-missing", N_("needs a mailboxUuid"), f"flow/roles/role[{role.id}]"
            )


class _Documents:
    """The documents of one envelope against those of its template."""

    def __init__(self, template: Template) -> None:
        self._sender = template.sending_role.id
        self._known = {
            document.id: {field.name: field for field in document.fields}
            for document in template.documents
        }
        self._hints = HINTS

    def check(self, draft: Draft) -> Iterator[Violation]:
        for document in draft.documents:
            where = f"documents/document[{document.id}]"
            if document.id not in self._known:
                hint = self._hint(document.id, list(self._known))
                yield Violation(
                    "document-unknown",
                    N_("the template has no such document{hint}").format(hint=hint),
                    where,
                )
                continue
            yield from self._document(document, self._known[document.id], where)
        given = {document.id for document in draft.documents}
        for name, fields in self._known.items():
            if name not in given:
                where = f"documents/document[{name}]"
                yield from self._document(Document(name, ()), fields, where)

    def _document(
        self, document: Document, known: Mapping[str, FieldDef], where: str
    ) -> Iterator[Violation]:
        yield from self._fields(document.fields, known, "", where)
        groups = {field.group for field in known.values() if field.group}
        for group in document.groups:
            if group.name in groups:
                yield from self._table(group, known, where)
                continue
            hint = self._hint(group.name, list(groups))
            yield Violation(
                "table-unknown",
                N_("the template has no such table{hint}").format(hint=hint),
                f"{where}/{group.name}",
            )

    def _table(
        self, group: FieldGroup, known: Mapping[str, FieldDef], where: str
    ) -> Iterator[Violation]:
        for index, row in enumerate(group.rows):
            place = f"{where}/{group.name}[{index}]"
            yield from self._fields(row, known, group.name, place)

    def _fields(
        self,
        fields: Sequence[Field],
        known: Mapping[str, FieldDef],
        group: str,
        where: str,
    ) -> Iterator[Violation]:
        """Check the fields of a document, or of one row of its table `group`."""
        filled = set()
        for field in fields:
            place = f"{where}/{field.name}"
            expected = known.get(field.name)
            if expected is None:
                hint = self._hint(field.name, list(known))
                yield Violation(
                    "field-unknown",
                    N_("the template has no such field{hint}").format(hint=hint),
                    place,
                )
            elif expected.group != group:
                home = (
                    f"table {expected.group}" if expected.group else N_("the document")
                )
                yield Violation(
                    "field-misplaced",
                    N_("belongs into {home}").format(home=home),
                    place,
                )
            else:
                if _filled(field):
                    filled.add(field.name)
                yield from _field(field, expected, place)
        for name, expected in known.items():
            if (
                expected.group == group
                and name not in filled
                and self._needed(expected)
            ):
                yield Violation(
                    "field-required", N_("must be filled in"), f"{where}/{name}"
                )

    def _needed(self, field: FieldDef) -> bool:
        ours = field.role in {"", self._sender}
        return field.required and ours and field.type not in _COMPUTED

    def _hint(self, name: str, known: Sequence[str]) -> str:
        if not self._hints:
            return ""
        self._hints -= 1
        close = difflib.get_close_matches(name[:255], known, n=1)
        return N_("; did you mean {close}?").format(close=close[0]) if close else ""


def _filled(field: Field) -> bool:
    return bool(
        field.attachment or field.record or any(value.strip() for value in field.values)
    )


def _field(field: Field, expected: FieldDef, where: str) -> Iterator[Violation]:
    values = [value.strip() for value in field.values if value.strip()]
    if len(values) > 1 and not expected.multiple:
        yield Violation(
            "field-single",
            N_("has {count} values, and may have one").format(count=len(values)),
            where,
        )
    if expected.type is FieldType.ATTACHMENT:
        if values and not field.attachment:
            yield Violation("attachment-missing", N_("needs an attachmentUuid"), where)
    elif field.attachment:
        yield Violation(
            "field-type",
            N_("is of type {value} and cannot hold an attachmentUuid").format(
                value=expected.type.value
            ),
            where,
        )
    for value in values:
        yield from _value(value, expected, where)


def _value(value: str, expected: FieldDef, where: str) -> Iterator[Violation]:
    if expected.type is FieldType.SELECT:
        if expected.options and value not in expected.options:
            allowed = ", ".join(expected.options)
            yield Violation(
                "field-option",
                N_("is {shown}; allowed is {allowed}").format(
                    shown=_shown(value), allowed=allowed
                ),
                where,
            )
    elif expected.type in _TYPES:
        good, what = _TYPES[expected.type]
        if not good(value):
            yield Violation(
                "field-type",
                N_("is {shown}; it must be {what}").format(
                    shown=_shown(value), what=what
                ),
                where,
            )


def _shown(value: str) -> str:
    return repr(value if len(value) <= 60 else value[:57] + "...")  # noqa: PLR2004 - a line of text


# --- Values by type ------------------------------------------------------------------


def _is_date(value: str) -> bool:
    return _parses(_DATE, date.fromisoformat, value) or _is_instant(value)


def _is_instant(value: str) -> bool:
    return _parses(_INSTANT, datetime.fromisoformat, value)


def _is_time(value: str) -> bool:
    return _parses(_TIME, time.fromisoformat, value)


def _parses(form: re.Pattern[str], parse: Callable[[str], object], value: str) -> bool:
    """Tell whether `value` has the form, and is in the calendar or on the clock."""
    if not form.fullmatch(value):
        return False
    try:
        parse(value)
    except ValueError:
        return False
    return True


_DATES = "a date as 2024-01-11 or an instant as 2024-01-11T09:30:00Z"

_TYPES: Mapping[FieldType, tuple[Callable[[str], bool], str]] = {
    FieldType.NUMBER: (
        lambda value: _NUMBER.fullmatch(value) is not None,
        "a number as 12 or -12.50",
    ),
    FieldType.CURRENCY: (
        lambda value: _CURRENCY.fullmatch(value) is not None,
        "an amount as 12.50 or 12.50 EUR",
    ),
    FieldType.DATE: (_is_date, _DATES),
    FieldType.DATETIME: (_is_date, _DATES),
    FieldType.TIME: (_is_time, "a time as 09:30 or 09:30:15"),
    FieldType.CHECKBOX: (lambda value: value in {"true", "false"}, "true or false"),
    FieldType.EMAIL: (
        lambda value: _EMAIL.fullmatch(value) is not None,
        "an e-mail address",
    ),
}
