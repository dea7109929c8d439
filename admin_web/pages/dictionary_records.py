"""The records of a dictionary as a table: searched, added, edited in place, deleted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from aiohttp import web

from admin_web.pages.dictionaries import ONE, frame
from admin_web.pages.page import Page, Visit, see
from admin_web.pages.paging import Paging
from admin_web.pages.texts import N_
from gateway.core.desk.actor import PersonRole
from gateway.core.desk.dictionaries import PageQuery
from gateway.core.dictionary import Record
from gateway.core.errors import Conflict, Invalid

NEW = "new"
SIZE = 50
MOST = 500  # records that are deleted by one order


@dataclass(frozen=True, slots=True)
class RowForm:
    """The record that is being edited ("new": added), as it stands in the form.

    *seen* is its mark when it was opened; *now* what it has become meanwhile.
    """

    record: str
    values: Sequence[str]
    seen: str = ""
    errors: Mapping[int, str] = field(default_factory=dict)
    error: str = ""
    now: Record | None = None


async def show_records(visit: Visit) -> web.StreamResponse:
    """Show one page of the records; `edit` names the one that is opened."""
    wanted = visit.request.query.get("edit", "").lower()
    uuid = visit.path("uuid")
    if not wanted or not visit.actor.role.covers(PersonRole.INTEGRATOR):
        return await _page(visit)
    if wanted == NEW:
        return await _page(visit, RowForm(NEW, ()))
    record = await visit.desk.records.get(uuid, wanted)
    return await _page(visit, RowForm(record.uuid, record.values, record.mark))


async def add_record(visit: Visit) -> web.StreamResponse:
    """Add a record at the end and show the page that has it."""
    values = _values(visit)
    try:
        await visit.desk.records.add(visit.actor, visit.path("uuid"), values)
    except Invalid as refusal:
        return await _page(visit, _refused(RowForm(NEW, values), refusal))
    whole = await visit.desk.dictionaries.info(visit.path("uuid"))
    there = Paging(visit.request.path.removesuffix("/records"), size=SIZE)
    return see(there.address(there.last_of(whole.record_count)))


async def change_record(visit: Visit) -> web.StreamResponse:
    """Save one record, unless somebody has changed it meanwhile."""
    uuid, record = visit.path("uuid"), visit.path("record")
    form = RowForm(record, _values(visit), visit.form.text("seen"))
    try:
        await visit.desk.records.change(
            visit.actor, uuid, record, form.values, form.seen
        )
    except Invalid as refusal:
        return await _page(visit, _refused(form, refusal))
    except Conflict as refusal:
        now = await visit.desk.records.get(uuid, record)
        form = RowForm(record, form.values, now.mark, error=refusal.message, now=now)
        return await _page(visit, form)
    return await _page(visit) if visit.by_script else see(_paging(visit).address())


async def remove_records(visit: Visit) -> web.StreamResponse:
    """Delete the ticked records."""
    wanted = [each.lower() for each in visit.form.texts("record")]
    if not 0 < len(wanted) <= MOST:
        raise Invalid(N_("Tick one record or more, {most} at most.").format(most=MOST))
    await visit.desk.records.remove(visit.actor, visit.path("uuid"), wanted)
    return see(_paging(visit).address())


def _refused(form: RowForm, refusal: Invalid) -> RowForm:
    errors = {
        int(place): why
        for name, why in refusal.data.items()
        if (place := name.removeprefix("values.")).isdecimal()
    }
    return RowForm(form.record, form.values, form.seen, errors, refusal.message)


def _values(visit: Visit) -> Sequence[str]:
    """Return the values as they were typed, but for the line ends of browsers."""
    sent = visit.form.values.getall("value", ()) if visit.form.values else ()
    return [each.replace("\r\n", "\n") for each in sent if isinstance(each, str)]


def _paging(visit: Visit) -> Paging:
    """Return which page of the table the address asks for."""
    return Paging.read(visit.request, ONE.format(uuid=visit.path("uuid")), SIZE)


async def _page(visit: Visit, form: RowForm | None = None) -> web.StreamResponse:
    paging = _paging(visit)
    query = PageQuery(paging.text, paging.size, paging.offset)
    found = await visit.desk.records.search(visit.path("uuid"), query)
    if form and form.record == NEW and not form.values:
        form = RowForm(NEW, [""] * len(found.dictionary.columns))
    return visit.render(
        "dictionary.html",
        422 if form and form.error else 200,
        **await frame(visit, "records"),
        paging=paging,
        total=found.total,
        records=found.records,
        form=form,
        loaded=visit.request.query.get("loaded", ""),
    )


PAGES: Sequence[Page] = (
    Page(method="GET", path=ONE, handler=show_records, role=PersonRole.AUDITOR),
    Page(
        method="POST",
        path=f"{ONE}/records",
        handler=add_record,
        role=PersonRole.INTEGRATOR,
    ),
    Page(
        method="POST",
        path=f"{ONE}/records/{{record}}",
        handler=change_record,
        role=PersonRole.INTEGRATOR,
    ),
    Page(
        method="POST",
        path=f"{ONE}/delete-records",
        handler=remove_records,
        role=PersonRole.INTEGRATOR,
    ),
)
