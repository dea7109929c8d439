"""The envelopes of a mailbox: received, sent, filtered, page by page."""

from collections.abc import Sequence

from aiohttp import web

from admin_web.pages.envelope_filters import (
    LIST,
    SIZE,
    SORTS,
    TABS,
    TEMPLATES,
    Filters,
)
from admin_web.pages.page import Page, Visit, see
from admin_web.pages.reader import reader_of
from gateway.core.desk.actor import PersonRole
from gateway.core.envelope import EnvelopeStatus
from gateway.core.model import MailboxId

# no envelope of the store is a DRAFT
STATUSES = [each for each in EnvelopeStatus if each is not EnvelopeStatus.DRAFT]


async def show_envelopes(visit: Visit) -> web.StreamResponse:
    """Show one page; without a chosen mailbox that of the first by name."""
    filters = Filters.read(visit.query)
    every = await visit.desk.mailboxes.all()
    if not every:
        return visit.render("envelopes_empty.html", may_make=_may_make(visit))
    if not filters["mailbox"]:
        return see(filters.address(mailbox=every[0].id))
    query = filters.query(reader_of(visit.request).zone)
    total, rows = await visit.desk.envelopes.search(query)
    return visit.render(
        "envelopes.html",
        filters=filters,
        mailbox=await visit.desk.mailboxes.get(MailboxId(query.mailbox)),
        mailboxes=every,
        templates=(await visit.desk.templates.search("", TEMPLATES, 0))[1],
        tabs=TABS,
        sorts=SORTS,
        statuses=[each.value for each in STATUSES],
        rows=rows,
        total=total,
        first=query.offset + 1,
        last=query.offset + len(rows),
        more=query.offset + SIZE < total,
        may_send=visit.actor.role.covers(PersonRole.OPERATOR),
    )


def _may_make(visit: Visit) -> bool:
    return visit.actor.role.covers(PersonRole.INTEGRATOR)


PAGES: Sequence[Page] = (
    Page(method="GET", path=LIST, handler=show_envelopes, role=PersonRole.AUDITOR),
)
