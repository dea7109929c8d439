"""The form that a template gives: its inputs, what a browser sent of them, native XML.

An input has the path that the check of envelopes uses for it, so that what does not fit
stands beside it: `documents/document[order]/lines[0]/quantity`.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from admin_web.pages.page import Form
from admin_web.pages.texts import N_
from gateway.core.errors import Invalid
from gateway.core.template import DocumentDef, FieldDef, FieldType, Template

ROWS_MAX = 200
DAYS_MAX = 36500
DAYS = ("afterDays", "notifyIn")
TEXTS = ("subject", "message", *DAYS)
NEW_ROW = "#"
"""The index of the row that the page keeps to copy from."""
COMPUTED = {FieldType.FORMULA, FieldType.DUPLICATE, FieldType.AUTONUMBER}
_UNWRITABLE = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Kept:
    """A file that is stored already; the form keeps which."""

    uuid: str
    name: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One input; *path* is its name in the form."""

    path: str
    field: FieldDef

    @property
    def label(self) -> str:
        return self.field.title or self.field.name

    @property
    def kind(self) -> str:
        return self.field.type.value


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table; *number* counts from 1."""

    path: str
    number: int
    entries: Sequence[Entry]


@dataclass(frozen=True, slots=True)
class Grid:
    """One table; *blank* is a row to copy from."""

    path: str
    name: str
    rows: Sequence[Row]
    blank: Row


@dataclass(frozen=True, slots=True)
class Sheet:
    """One document."""

    id: str
    title: str
    entries: Sequence[Entry]
    grids: Sequence[Grid]


@dataclass(frozen=True, slots=True, kw_only=True)
class SendForm:
    """What the form holds; *values* by path, *rows* is how many each table has."""

    template: Template
    values: Mapping[str, Sequence[str]] = field(default_factory=dict)
    rows: Mapping[str, int] = field(default_factory=dict)
    files: Mapping[str, Kept] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)

    def text(self, path: str) -> str:
        """Return what stands in the input; several values are lines."""
        return "\n".join(self.values.get(path, ()))

    def error(self, path: str) -> str:
        return self.errors.get(path, "")

    @property
    def roles(self) -> Sequence[tuple[str, str, str]]:
        """The roles that need a mailbox: path, id, title."""
        return [
            (role_path(role.id), role.id, role.title or role.id)
            for role in self.template.roles
            if role != self.template.sending_role
        ]

    @property
    def sheets(self) -> Sequence[Sheet]:
        return [self._sheet(document) for document in self.template.documents]

    def entries(self) -> Iterator[Entry]:
        """Yield every input of every document."""
        for sheet in self.sheets:
            yield from sheet.entries
            for grid in sheet.grids:
                for row in grid.rows:
                    yield from row.entries

    def needed(self, entry: Entry) -> bool:
        """Whether the sender has to fill it in."""
        ours = entry.field.role in {"", self.template.sending_role.id}
        return entry.field.required and ours

    def is_empty(self, entries: Sequence[Entry]) -> bool:
        """Whether nothing is filled in; a box that is not ticked says nothing."""
        return not any(
            entry.path in self.files
            or any(value not in {"", "false"} for value in self.values[entry.path])
            for entry in entries
            if entry.path in self.values or entry.path in self.files
        )

    def faults(self) -> Sequence[tuple[str, str, str]]:
        """Return path, label and fault of each input that has one, in their order."""
        labels = dict.fromkeys(TEXTS, "")
        labels |= {path: title for path, _role, title in self.roles}
        for sheet in self.sheets:
            labels |= {entry.path: entry.label for entry in sheet.entries}
            labels |= {
                entry.path: f"{grid.name} {row.number}, {entry.label}"
                for grid in sheet.grids
                for row in grid.rows
                for entry in row.entries
            }
        return [
            (path, label, self.errors[path])
            for path, label in labels.items()
            if path in self.errors
        ]

    @property
    def takes_files(self) -> bool:
        """Whether an input is a file: other forms travel in a lighter way."""
        return any(
            each.type is FieldType.ATTACHMENT
            for document in self.template.documents
            for each in document.fields
        )

    def _sheet(self, document: DocumentDef) -> Sheet:
        asked = [each for each in document.fields if each.type not in COMPUTED]
        groups = dict.fromkeys(each.group for each in asked if each.group)
        where = f"documents/document[{document.id}]"
        return Sheet(
            document.id,
            document.name,
            [Entry(f"{where}/{f.name}", f) for f in asked if not f.group],
            [
                self._grid(
                    f"{where}/{name}", name, [f for f in asked if f.group == name]
                )
                for name in groups
            ],
        )

    def _grid(self, path: str, name: str, columns: Sequence[FieldDef]) -> Grid:
        def row(index: int | str, number: int) -> Row:
            place = f"{path}[{index}]"
            return Row(place, number, [Entry(f"{place}/{f.name}", f) for f in columns])

        count = self.rows.get(path, 0)
        return Grid(
            path,
            name,
            [row(index, index + 1) for index in range(count)],
            row(NEW_ROW, count + 1),
        )


def role_path(role: str) -> str:
    return f"flow/roles/role[{role}]"


def blank(template: Template) -> SendForm:
    """Return the form as it opens: one row in each table, expiry after 30 days."""
    empty = SendForm(template=template)
    return SendForm(
        template=template,
        values={"afterDays": ["30"], "notifyIn": ["1"]},
        rows={grid.path: 1 for sheet in empty.sheets for grid in sheet.grids},
    )


def sent(form: Form, template: Template) -> SendForm:
    """Return what the browser sent, its rows numbered anew from 0.

    Invalid if a table has more rows than a form may.
    """
    found: dict[str, Sequence[str]] = {name: form.texts(name)[:1] for name in TEXTS}
    whole = SendForm(template=template)
    for path, _role, _title in whole.roles:
        found[path] = form.texts(path)[:1]
    rows: dict[str, int] = {}
    names = list(form.values or ())
    for sheet in whole.sheets:
        for entry in sheet.entries:
            found[entry.path] = _texts(form, entry.path, entry.field)
        for grid in sheet.grids:
            indexes = _indexes(names, grid.path)
            rows[grid.path] = len(indexes)
            for number, index in enumerate(indexes):
                for entry in grid.blank.entries:
                    name = entry.field.name
                    found[f"{grid.path}[{number}]/{name}"] = _texts(
                        form, f"{grid.path}[{index}]/{name}", entry.field
                    )
    return replace(whole, values=found, rows=rows)


def sources(form: Form, sent_form: SendForm) -> Mapping[str, str]:
    """Return for each attachment input the name under which the browser sent it."""
    names = list(form.values or ())
    found = {}
    for sheet in sent_form.sheets:
        for entry in sheet.entries:
            if entry.field.type is FieldType.ATTACHMENT:
                found[entry.path] = entry.path
        for grid in sheet.grids:
            for number, index in enumerate(_indexes(names, grid.path)):
                for entry in grid.blank.entries:
                    if entry.field.type is FieldType.ATTACHMENT:
                        end = f"/{entry.field.name}"
                        path = f"{grid.path}[{number}]{end}"
                        found[path] = f"{grid.path}[{index}]{end}"
    return found


def without(form: SendForm, dropped: Sequence[str]) -> SendForm:
    """Return the form without these rows, the others numbered anew."""
    values = dict(form.values)
    files = dict(form.files)
    rows = {}
    for sheet in form.sheets:
        for grid in sheet.grids:
            kept = [row for row in grid.rows if row.path not in dropped]
            rows[grid.path] = len(kept)
            for number, row in enumerate(kept):
                for entry in row.entries:
                    path = f"{grid.path}[{number}]/{entry.field.name}"
                    values[path] = form.values.get(entry.path, ())
                    files.pop(path, None)
                    if entry.path in form.files:
                        files[path] = form.files[entry.path]
    return replace(form, values=values, files=files, rows=rows)


def without_empty_rows(form: SendForm) -> SendForm:
    """Return the form without the rows that nobody filled in."""
    empty = [
        row.path
        for sheet in form.sheets
        for grid in sheet.grids
        for row in grid.rows
        if form.is_empty(row.entries)
    ]
    return without(form, empty)


def faults_of(form: SendForm) -> Mapping[str, str]:
    """Return by path what the native XML could not say."""
    found = {}
    for path, values in form.values.items():
        match = _UNWRITABLE.search("".join(values))
        if match:
            code = f"U+{ord(match[0]):04X}"
            found[path] = N_(
                "holds the character {code}, which XML cannot carry"
            ).format(code=code)
    for name in DAYS:
        text = form.text(name)
        if text and not (text.isascii() and text.isdecimal() and int(text) <= DAYS_MAX):
            found[name] = N_("must be a number of days from 0 to {most}").format(
                most=DAYS_MAX
            )
    return found


def _texts(form: Form, name: str, expected: FieldDef) -> Sequence[str]:
    if expected.type is FieldType.CHECKBOX:
        return ["true" if "true" in form.texts(name) else "false"]
    if expected.type is FieldType.SELECT and expected.multiple:
        return [text for text in form.texts(name) if text]
    text = form.text(name).replace("\r\n", "\n")
    if expected.multiple and expected.type is not FieldType.ATTACHMENT:
        return [line.strip() for line in text.split("\n") if line.strip()]
    return [text] if text else []


def _indexes(names: Sequence[str], table: str) -> Sequence[str]:
    """Return the row indexes that were sent, in order."""
    row = re.compile(re.escape(table) + r"\[([0-9]{1,6})\]/")
    found = {match[1] for name in names if (match := row.match(name))}
    if len(found) > ROWS_MAX:
        raise Invalid(
            N_(
                "The form has {count} rows of {table}; {most} are allowed. Upload "
                "the envelope as XML instead."
            ).format(count=len(found), table=table, most=ROWS_MAX)
        )
    return sorted(found, key=int)
