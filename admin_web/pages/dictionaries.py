"""Dictionaries: the list, making, renaming and deleting one, its columns."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from aiohttp import web

from admin_web.pages.page import Page, Visit, see
from admin_web.pages.paging import Paging
from admin_web.pages.texts import N_
from gateway.core.desk.actor import PersonRole
from gateway.core.desk.dictionaries import ColumnDraft, DictionaryDraft, PageQuery
from gateway.core.desk.dictionary_files import CsvFile
from gateway.core.dictionary import Column, Dictionary
from gateway.core.errors import Conflict, Invalid

LIST = "/admin/dictionaries"
ONE = f"{LIST}/{{uuid}}"
FILE_BYTES = 16 << 20


@dataclass(frozen=True, slots=True)
class NewDictionary:
    """The form of a new one as it was filled in; *errors* by the name of the field."""

    name: str = ""
    columns: str = ""
    errors: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ColumnForm:
    """The columns as the form shows them; *errors* by the place of the column."""

    columns: Sequence[Column]
    added: str = ""
    errors: Mapping[int, str] = field(default_factory=dict)
    error: str = ""


async def show_dictionaries(visit: Visit) -> web.StreamResponse:
    """Show one page of the list."""
    return await _list(visit, Paging.read(visit.request, LIST))


async def make_dictionary(visit: Visit) -> web.StreamResponse:
    """Make one of the columns that are named, or of a CSV file with its records."""
    form = visit.form
    name, names = form.text("name"), form.raw("columns")
    try:
        files = await asyncio.to_thread(form.files, "file")
        if files:
            made = await visit.desk.dictionary_files.create(
                visit.actor, name, CsvFile(data=files[0])
            )
        else:
            columns = [ColumnDraft(line) for line in names.splitlines() if line.strip()]
            draft = DictionaryDraft(name=name, columns=columns)
            whole = await visit.desk.dictionaries.create(visit.actor, draft)
            made = whole.dictionary
    except (Invalid, Conflict) as refusal:
        new = NewDictionary(name, names, _errors(refusal))
        return await _list(visit, Paging(LIST), new)
    return see(f"{LIST}/{made.id}")


def _errors(refusal: Invalid | Conflict) -> Mapping[str, str]:
    """Return what is wrong under the names that the fields have."""
    if "name" in refusal.data:
        return {"name": refusal.message}
    if "records" in refusal.data:
        return {"file": refusal.message}
    place, why = next(iter(refusal.data.items()), ("", refusal.message))
    number = place.removeprefix("columns").strip(".").partition(".")[0]
    if number.isdecimal():
        return {"columns": f"({int(number) + 1}) {why}."}
    return {"columns": N_("Name one column or more, one in a line.")}


async def _list(
    visit: Visit, paging: Paging, new: NewDictionary | None = None
) -> web.StreamResponse:
    query = PageQuery(paging.text, paging.size, paging.offset)
    total, found = await visit.desk.dictionaries.search(query)
    return visit.render(
        "dictionaries.html",
        422 if new else 200,
        paging=paging,
        total=total,
        dictionaries=found,
        new=new or NewDictionary(),
        may_edit=visit.actor.role.covers(PersonRole.INTEGRATOR),
    )


async def rename_dictionary(visit: Visit) -> web.StreamResponse:
    """Give it another name; a name that is none is told on the page."""
    name = visit.form.text("name")
    try:
        await visit.desk.dictionaries.rename(visit.actor, visit.path("uuid"), name)
    except Invalid as refusal:
        return await _columns(visit, naming=(name, refusal.message))
    return see(f"{LIST}/{visit.path('uuid')}")


async def remove_dictionary(visit: Visit) -> web.StreamResponse:
    await visit.desk.dictionaries.remove(visit.actor, visit.path("uuid"))
    return see(LIST)


async def show_columns(visit: Visit) -> web.StreamResponse:
    """Show the columns with what stylesheets call them."""
    return await _columns(visit)


async def save_columns(visit: Visit) -> web.StreamResponse:
    """Save what is typed, and move or remove the column whose button was pressed."""
    form, uuid = visit.form, visit.path("uuid")
    columns = [
        Column(each.lower(), name)
        for each, name in zip(form.texts("uuid"), form.texts("name"), strict=False)
    ]
    wanted = _moved(columns, form.text("up").lower(), form.text("down").lower())
    gone, added = form.text("remove").lower(), form.text("added")
    drafts = [ColumnDraft(each.name, each.uuid) for each in wanted if each.uuid != gone]
    if added:
        drafts.append(ColumnDraft(added))
    draft = DictionaryDraft(columns=drafts, columns_seen=form.text("seen"))
    try:
        await visit.desk.dictionaries.change(visit.actor, uuid, draft)
    except (Invalid, Conflict) as refusal:
        stale = refusal.code == "changed-meanwhile"
        shown = ColumnForm(
            (await _dictionary(visit)).columns if stale else columns,
            added,
            _places(refusal, len(columns)),
            refusal.message,
        )
        return await _columns(visit, shown)
    return see(f"{LIST}/{uuid}/columns")


def _moved(columns: Sequence[Column], up: str, down: str) -> Sequence[Column]:
    moved = list(columns)
    for place, column in enumerate(columns):
        other = place + (column.uuid == down) - (column.uuid == up)
        if other != place and 0 <= other < len(columns):
            moved[place], moved[other] = moved[other], moved[place]
    return moved


def _places(refusal: Invalid | Conflict, count: int) -> Mapping[int, str]:
    """Return what is wrong by the place of the column; a new one is the last."""
    found = {}
    for name, why in refusal.data.items():
        number = name.removeprefix("columns.").partition(".")[0]
        if number.isdecimal():
            found[min(int(number), count)] = why
    return found


async def show_uses(visit: Visit) -> web.StreamResponse:
    """Show how rules look things up in it, and which do."""
    return visit.render("dictionary_uses.html", 200, **await frame(visit, "uses"))


async def _columns(
    visit: Visit,
    form: ColumnForm | None = None,
    naming: tuple[str, str] = ("", ""),
) -> web.StreamResponse:
    shown = await frame(visit, "columns", naming)
    found = await _dictionary(visit)
    wrong = form or naming[1]
    return visit.render(
        "dictionary_columns.html",
        422 if wrong else 200,
        **shown,
        form=form or ColumnForm(found.columns),
        seen=found.columns_mark,
    )


async def frame(
    visit: Visit, tab: str, naming: tuple[str, str] = ("", "")
) -> dict[str, object]:
    """Return what every page of one dictionary shows: its head, tabs and dialogs."""
    found = await _dictionary(visit)
    return {
        "dictionary": found,
        "tab": tab,
        "naming": naming,
        "uses": await visit.desk.dictionaries.uses(found.id),
        "may_edit": visit.actor.role.covers(PersonRole.INTEGRATOR),
    }


async def _dictionary(visit: Visit) -> Dictionary:
    return await visit.desk.dictionaries.info(visit.path("uuid"))


PAGES: Sequence[Page] = (
    Page(method="GET", path=LIST, handler=show_dictionaries, role=PersonRole.AUDITOR),
    Page(
        method="POST",
        path=LIST,
        handler=make_dictionary,
        role=PersonRole.INTEGRATOR,
        max_bytes=FILE_BYTES,
    ),
    Page(
        method="GET",
        path=f"{ONE}/columns",
        handler=show_columns,
        role=PersonRole.AUDITOR,
    ),
    Page(
        method="POST",
        path=f"{ONE}/columns",
        handler=save_columns,
        role=PersonRole.INTEGRATOR,
    ),
    Page(method="GET", path=f"{ONE}/uses", handler=show_uses, role=PersonRole.AUDITOR),
    Page(
        method="POST",
        path=f"{ONE}/name",
        handler=rename_dictionary,
        role=PersonRole.INTEGRATOR,
    ),
    Page(
        method="POST",
        path=f"{ONE}/delete",
        handler=remove_dictionary,
        role=PersonRole.INTEGRATOR,
    ),
)
