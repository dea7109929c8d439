"""Transfers: the list with its filters, one with its trace, running again."""

from collections.abc import Sequence

from aiohttp import web

from admin_web.api.download import download
from admin_web.pages.page import Page, Visit, see
from admin_web.pages.reader import reader_of
from admin_web.pages.texts import N_
from admin_web.pages.transfer_filters import LIST, NAMES, SIZE, TABS, Filters
from admin_web.pages.transfer_rows import TransferRow, mailbox_names, steps
from gateway.core.desk.actor import PersonRole
from gateway.core.desk.envelopes import EnvelopeRow
from gateway.core.desk.transfers import TransferView
from gateway.core.errors import Conflict, Invalid, NotFound
from gateway.core.model import EnvelopeId, RuleId, TransferId, TransferState

ONE = f"{LIST}/{{transfer}}"
MOST = 500  # run again by one order
ENVELOPES = 10  # that the page of one transfer names


async def show_transfers(visit: Visit) -> web.StreamResponse:
    """Show one page of those that the address asks for."""
    return await _list(visit, Filters.read(visit.query))


async def _list(
    visit: Visit, filters: Filters, error: str = "", said: int = 0
) -> web.StreamResponse:
    desk = visit.desk
    line = await desk.news.newest()  # before looking: what comes later is news
    query = filters.query(reader_of(visit.request).zone)
    counts, found = await desk.transfers.overview(query)
    numbers = {
        key: sum(n for state, n in counts.items() if not states or state in states)
        for key, (_label, states) in TABS.items()
    }
    total = numbers[filters["state"]]
    names = await mailbox_names(visit)
    return visit.render(
        "transfers.html",
        409 if error else 200,
        filters=filters,
        tabs=[(key, label, numbers[key]) for key, (label, _) in TABS.items()],
        rows=[TransferRow(one, names.get(one.mailbox, one.mailbox)) for one in found],
        names=names,
        total=total,
        first=query.offset + 1,
        last=query.offset + len(found),
        more=query.offset + SIZE < total,
        may_reprocess=visit.actor.role.covers(PersonRole.OPERATOR),
        line=line,
        error=error,
        said=said,
    )


async def reprocess_many(visit: Visit) -> web.StreamResponse:
    """Run the ticked ones again, all of them or none."""
    filters = Filters.read({key: visit.form.text(key) for key in (*NAMES, "page")})
    wanted = [TransferId(each.lower()) for each in visit.form.texts("ids")]
    try:
        if not 0 < len(wanted) <= MOST:
            raise Invalid(
                N_("Tick one transfer or more, {most} at most.").format(most=MOST)
            )
        await visit.desk.transfers.reprocess(visit.actor, wanted)
    except (Conflict, Invalid, NotFound) as refusal:
        return await _list(visit, filters, error=refusal.message)
    if visit.by_script:
        return await _list(visit, filters, said=len(wanted))
    return see(filters.here)


async def show_transfer(visit: Visit) -> web.StreamResponse:
    """Show one with its trace, and what to do if it failed."""
    return await _one(visit)


async def _one(visit: Visit, error: str = "") -> web.StreamResponse:
    desk = visit.desk
    line = await desk.news.newest()
    view = await desk.transfers.get(_transfer(visit))
    owner = await desk.mailboxes.get(view.mailbox)
    return visit.render(
        "transfer.html",
        409 if error else 200,
        row=TransferRow(view, owner.name),
        mailbox=owner,
        steps=steps(view),
        messages=await desk.transfers.as2(view.id),
        envelopes=[await _envelope(visit, view, one) for one in _few(view)],
        rule=await _rule_name(visit, view.rule or ""),
        switched_off=await _switched_off(visit, view),
        may_reprocess=visit.actor.role.covers(PersonRole.OPERATOR),
        line=line,
        error=error,
    )


def _few(view: TransferView) -> Sequence[EnvelopeId]:
    return view.envelopes[:ENVELOPES]


async def _envelope(
    visit: Visit, view: TransferView, envelope: EnvelopeId
) -> tuple[EnvelopeId, EnvelopeRow | None]:
    """Return what the mailbox sees of the envelope; None once it is cleared away."""
    try:
        return envelope, (await visit.desk.envelopes.get(view.mailbox, envelope)).row
    except NotFound:
        return envelope, None


async def _rule_name(visit: Visit, rule: str) -> str:
    """Return the rule's name; "" for none, its uuid if it was deleted."""
    if not rule:
        return ""
    try:
        return (await visit.desk.rules.get(RuleId(rule))).name
    except NotFound:
        return rule


async def _switched_off(visit: Visit, view: TransferView) -> bool:
    """Whether it waits because somebody switched its remote server off."""
    if view.state not in {TransferState.QUEUED, TransferState.AWAITING_MDN}:
        return False
    if not (await visit.desk.settings.get()).integrations_enabled:
        return True
    found = await visit.desk.integrations.get(view.mailbox)
    return not found.integration.enabled


async def reprocess_one(visit: Visit) -> web.StreamResponse:
    """Run it again."""
    transfer = _transfer(visit)
    try:
        await visit.desk.transfers.reprocess(visit.actor, [transfer])
    except Conflict as refusal:
        return await _one(visit, refusal.message)
    return see(f"{LIST}/{transfer}")


async def get_content(visit: Visit) -> web.StreamResponse:
    """Download the file as it was received or sent."""
    found = await visit.desk.transfers.content(_transfer(visit))
    return await download(visit.call, found)


async def get_evidence(visit: Visit) -> web.StreamResponse:
    """Download the AS2 messages, MDNs and certificates."""
    return await download(visit.call, await visit.desk.evidence.zip(_transfer(visit)))


def _transfer(visit: Visit) -> TransferId:
    return TransferId(visit.path("transfer"))


PAGES: Sequence[Page] = (
    Page(method="GET", path=LIST, handler=show_transfers, role=PersonRole.AUDITOR),
    Page(
        method="POST",
        path=f"{LIST}/reprocess",
        handler=reprocess_many,
        role=PersonRole.OPERATOR,
    ),
    Page(method="GET", path=ONE, handler=show_transfer, role=PersonRole.AUDITOR),
    Page(
        method="POST",
        path=f"{ONE}/reprocess",
        handler=reprocess_one,
        role=PersonRole.OPERATOR,
    ),
    Page(
        method="GET",
        path=f"{ONE}/content",
        handler=get_content,
        role=PersonRole.AUDITOR,
    ),
    Page(
        method="GET",
        path=f"{ONE}/evidence",
        handler=get_evidence,
        role=PersonRole.AUDITOR,
    ),
)
