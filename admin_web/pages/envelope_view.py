"""An opened envelope as the page shows it: fields beside their titles, tables paged."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from gateway.core.desk.envelopes import AttachmentRow, EnvelopeView, Party, Scope
from gateway.core.envelope import Document, Field, FieldGroup
from gateway.core.model import AttachmentId, MailboxId
from gateway.core.template import DocumentDef, FieldDef, FieldType, Template

ROWS = 50  # of a table on one page
VALUES = 20  # of one field
LONGEST = 2000  # characters of one value
LINE = 30  # characters that need no room of their own
NUMERIC = {FieldType.NUMBER, FieldType.CURRENCY, FieldType.FORMULA}


@dataclass(frozen=True, slots=True)
class Cell:
    """A field's value: *left_out* more values and *cut* characters are in the XML."""

    kind: str = ""
    values: Sequence[str] = ()
    record: str = ""
    attachment: AttachmentRow | None = None
    left_out: int = 0
    cut: int = 0

    @property
    def numeric(self) -> bool:
        return self.kind in {each.value for each in NUMERIC}

    @property
    def long(self) -> bool:
        return any(len(value) > LINE for value in self.values)


@dataclass(frozen=True, slots=True)
class Line:
    """A field with its title."""

    name: str
    title: str
    cell: Cell


@dataclass(frozen=True, slots=True)
class Table:
    """Some rows of a table; *number* counts the tables of the envelope from 1."""

    number: int
    name: str
    columns: Sequence[tuple[str, bool]]
    rows: Sequence[Sequence[Cell]]
    first: int
    total: int

    @property
    def last(self) -> int:
        return self.first + len(self.rows) - 1

    @property
    def before(self) -> int | None:
        """Where the page before begins, None if this is the first."""
        return max(self.first - ROWS, 1) if self.first > 1 else None

    @property
    def after(self) -> int | None:
        return self.last + 1 if self.last < self.total else None


@dataclass(frozen=True, slots=True)
class Paper:
    """One document."""

    id: str
    title: str
    lines: Sequence[Line]
    tables: Sequence[Table]


@dataclass(frozen=True, slots=True)
class RoleLine:
    """Who takes part, as what; *party* is None only for a mailbox that is gone."""

    id: str
    title: str
    mailbox: MailboxId
    party: Party | None


class Reading:
    """One envelope read with the template that it was made for, if that is there."""

    def __init__(self, view: EnvelopeView, template: Template | None) -> None:
        self._view = view
        self._template = template
        self._attachments = {each.uuid: each for each in view.attachments}

    def papers(self, starts: Mapping[int, int]) -> Sequence[Paper]:
        """Return the documents in the template's order; *starts* are first rows."""
        given = {each.id: each for each in self._view.draft.documents}
        known = {each.id: each for each in self._documents()}
        tables = 0
        found = []
        for name in dict.fromkeys([*known, *given]):
            paper = self._paper(
                given.get(name, Document(name, ())),
                known[name].name if name in known else name,
                {each.name: each for each in known[name].fields}
                if name in known
                else {},
                (tables, starts),
            )
            tables += len(paper.tables)
            found.append(paper)
        return found

    def roles(self) -> Sequence[RoleLine]:
        """Return the roles in the envelope's order."""
        titles = {
            role.id: role.title
            for role in (self._template.roles if self._template else ())
        }
        parties = {}
        for party in self._view.parties:  # the sender first: an inbox counts more
            if party.scope is Scope.INBOX or party.mailbox not in parties:
                parties[party.mailbox] = party
        return [
            RoleLine(
                role.id,
                titles.get(role.id) or role.id,
                role.mailbox,
                parties.get(role.mailbox),
            )
            for role in self._view.draft.roles
        ]

    def _documents(self) -> Iterable[DocumentDef]:
        return self._template.documents if self._template else ()

    def _paper(
        self,
        document: Document,
        title: str,
        known: Mapping[str, FieldDef],
        place: tuple[int, Mapping[int, int]],
    ) -> Paper:
        before, starts = place
        filled = {field.name: field for field in document.fields}
        outside = [each.name for each in known.values() if not each.group]
        groups = {each.name: each for each in document.groups}
        tables = dict.fromkeys(
            [*(each.group for each in known.values() if each.group), *groups]
        )
        return Paper(
            id=document.id,
            title=title,
            lines=[
                Line(
                    name,
                    _title(name, known),
                    self._cell(filled.get(name, Field(name=name)), known),
                )
                for name in dict.fromkeys([*outside, *filled])
            ],
            tables=[
                self._table(
                    number, groups.get(name, FieldGroup(name, ())), known, starts
                )
                for number, name in enumerate(tables, before + 1)
            ],
        )

    def _table(
        self,
        number: int,
        group: FieldGroup,
        known: Mapping[str, FieldDef],
        starts: Mapping[int, int],
    ) -> Table:
        first = starts.get(number, 1)
        if first > len(group.rows):
            first = 1
        shown = [
            {field.name: field for field in row}
            for row in group.rows[first - 1 : first - 1 + ROWS]
        ]
        columns = list(
            dict.fromkeys(
                [
                    *(each.name for each in known.values() if each.group == group.name),
                    *(name for row in shown for name in row),
                ]
            )
        )
        return Table(
            number=number,
            name=group.name,
            columns=[
                (_title(name, known), name in known and known[name].type in NUMERIC)
                for name in columns
            ],
            rows=[
                [self._cell(row.get(name, Field(name=name)), known) for name in columns]
                for row in shown
            ],
            first=first,
            total=len(group.rows),
        )

    def _cell(self, field: Field, known: Mapping[str, FieldDef]) -> Cell:
        kind = known[field.name].type.value if field.name in known else ""
        values = field.values[:VALUES]
        return Cell(
            kind=kind,
            values=[value[:LONGEST] for value in values],
            record=field.record,
            attachment=self._carried(field.attachment),
            left_out=len(field.values) - len(values),
            cut=sum(max(len(value) - LONGEST, 0) for value in values),
        )

    def _carried(self, uuid: AttachmentId | None) -> AttachmentRow | None:
        return self._attachments.get(uuid) if uuid else None


def _title(name: str, known: Mapping[str, FieldDef]) -> str:
    return (known[name].title if name in known else "") or name
