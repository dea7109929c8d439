"""An envelope as it is printed: titles, values and tables, and no more than fits."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from gateway.core.desk.printing import FileLine, Surroundings
from gateway.core.envelope import Document, Draft, Field, FieldGroup
from gateway.core.template import DocumentDef, FieldDef, FieldType, Template

HTML_CELLS = 200_000
PDF_CELLS = 10_000
"""So many fields are printed; a PDF's are measured, each, before it is written."""
LONGEST = 20_000  # characters of one value
TITLE = 1000  # characters of the subject
NUMERIC = {FieldType.NUMBER, FieldType.CURRENCY, FieldType.FORMULA}


@dataclass(frozen=True, slots=True)
class Cell:
    """A value as it is shown."""

    text: str
    dim: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table; each column has a title and may be *numeric*.

    *left_from* is the number of the first row that is left out, 0 if none is.
    """

    name: str
    columns: Sequence[tuple[str, bool]]
    rows: Sequence[Sequence[Cell]]
    left_from: int = 0


@dataclass(frozen=True, slots=True)
class Paper:
    """One document: fields with their titles, then its tables."""

    title: str
    lines: Sequence[tuple[str, Cell]]
    tables: Sequence[Table]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A whole envelope."""

    title: str
    facts: Sequence[tuple[str, str]]
    message: str
    parties: Table
    papers: Sequence[Paper]
    files: Table
    words: Mapping[str, str]


def sheet_of(
    envelope: str,
    draft: Draft,
    template: Template | None,
    around: Surroundings,
    cells: int,
) -> Sheet:
    """Return the sheet with at most *cells* fields; the others are counted."""
    words = around.words
    titles = {role.id: role.title for role in (template.roles if template else ())}
    reading = _Reading(around, cells)
    return Sheet(
        title=_cut(draft.subject.strip(), words, TITLE) or words["untitled"],
        facts=list(_facts(envelope, draft, around)),
        message=_cut(draft.message.strip(), words),
        parties=Table(
            words["parties"],
            [(words[name], False) for name in ("role", "mailbox", "status", "when")],
            [
                [
                    Cell(", ".join(titles.get(role) or role for role in party.roles)),
                    Cell(party.name),
                    Cell(words.get(party.status, party.status)),
                    Cell(instant(party.at, around.zone)),
                ]
                for party in around.parties
            ],
        ),
        papers=list(_papers(draft, template, reading)),
        files=Table(
            words["attachments"],
            [(words["file"], False), (words["bytes"], True)],
            [[Cell(file.name), Cell(f"{file.size:,}")] for file in around.files],
        ),
        words=words,
    )


def _facts(
    envelope: str, draft: Draft, around: Surroundings
) -> Iterable[tuple[str, str]]:
    words = around.words
    status = words.get(around.status, around.status)
    said = {
        "status": f"{status} {instant(around.ended_at, around.zone)}".strip(),
        "reason": around.reason,
        "created": instant(around.created_at, around.zone),
        "expires": instant(around.expires_at, around.zone),
        "template": around.template_name or draft.template,
        "version": draft.template_version or "",
        "envelope": envelope,
        "chain": draft.chain or "",
    }
    return [(words[name], text) for name, text in said.items() if text]


def instant(text: str, zone: str) -> str:
    """Return an ISO instant as it is shown in this zone, empty for none."""
    if not text:
        return ""
    local = datetime.fromisoformat(text).astimezone(ZoneInfo(zone))
    offset = f"{local:%z}"  # such as +0200; a zone's own name is known to its people
    away = f"{offset[:3]}:{offset[3:]}" if offset.strip("+-0") else ""
    return f"{local:%Y-%m-%d %H:%M} UTC{away}"


def _cut(text: str, words: Mapping[str, str], longest: int = LONGEST) -> str:
    return text if len(text) <= longest else f"{text[:longest]}… {words['text_cut']}"


class _Reading:
    """Turns fields into cells until the sheet is full."""

    def __init__(self, around: Surroundings, cells: int) -> None:
        self.words = around.words
        self.left = cells
        self._files: Mapping[str, FileLine] = {each.uuid: each for each in around.files}

    def cell(self, field: Field, kind: FieldType | None) -> Cell:
        self.left -= 1
        file = self._files.get(field.attachment or "")
        values = [file.name] if file else list(field.values)
        if kind is FieldType.CHECKBOX:
            flags = {"true": self.words["yes"], "false": self.words["no"]}
            values = [flags.get(value, value) for value in values]
        return Cell(_cut("\n".join(values), self.words))


def _papers(
    draft: Draft, template: Template | None, reading: _Reading
) -> Iterable[Paper]:
    given = {each.id: each for each in draft.documents}
    known: Mapping[str, DocumentDef] = {
        each.id: each for each in (template.documents if template else ())
    }
    for name in dict.fromkeys([*known, *given]):
        defined = known[name].fields if name in known else ()
        title = known[name].name if name in known else name
        document = given.get(name, Document(name, ()))
        yield _paper(title, document, {each.name: each for each in defined}, reading)


def _paper(
    title: str, document: Document, known: Mapping[str, FieldDef], reading: _Reading
) -> Paper:
    filled = {field.name: field for field in document.fields}
    outside = [each.name for each in known.values() if not each.group]
    groups = {each.name: each for each in document.groups}
    inside = [each.group for each in known.values() if each.group]
    lines = []
    for name in dict.fromkeys([*outside, *filled]):
        cell = reading.cell(filled.get(name, Field(name=name)), _kind(name, known))
        blank = Cell(reading.words["blank"], dim=True)
        lines.append((_title(name, known), cell if cell.text else blank))
    return Paper(
        title,
        lines,
        [
            _table(groups.get(name, FieldGroup(name, ())), known, reading)
            for name in dict.fromkeys([*inside, *groups])
        ],
    )


def _table(
    group: FieldGroup, known: Mapping[str, FieldDef], reading: _Reading
) -> Table:
    defined = [each.name for each in known.values() if each.group == group.name]
    names = list(
        dict.fromkeys([*defined, *(field.name for row in group.rows for field in row)])
    )
    rows: list[Sequence[Cell]] = []
    for number, row in enumerate(group.rows, 1):
        if reading.left < len(names):
            break
        filled = {field.name: field for field in row}
        rows.append(
            [
                Cell(str(number), dim=True),
                *(
                    reading.cell(filled.get(name, Field(name=name)), _kind(name, known))
                    for name in names
                ),
            ]
        )
    return Table(
        group.name,
        [
            (reading.words["row"], True),
            *((_title(name, known), _kind(name, known) in NUMERIC) for name in names),
        ],
        rows,
        len(rows) + 1 if len(rows) < len(group.rows) else 0,
    )


def _title(name: str, known: Mapping[str, FieldDef]) -> str:
    return (known[name].title if name in known else "") or name


def _kind(name: str, known: Mapping[str, FieldDef]) -> FieldType | None:
    return known[name].type if name in known else None
