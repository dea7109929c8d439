"""The audit log: who changed what, when; filtered, explained, downloaded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from aiohttp import web

from admin_web.api.audit_csv import as_csv
from admin_web.api.download import download
from admin_web.pages.audit_actions import ACTIONS
from admin_web.pages.differences import Difference, differences
from admin_web.pages.filtered import Filtered, start_of
from admin_web.pages.page import Page, Visit
from admin_web.pages.reader import reader_of
from gateway.core.desk.actor import PersonRole
from gateway.core.desk.audit import AuditEntry, AuditQuery

PATH = "/admin/audit"
EXPORT = f"{PATH}/export"
FILTERS = ("q", "who", "action", "subject", "from", "to")


@dataclass(frozen=True, slots=True)
class Line:
    """An entry as the page shows it; *name* is what people call its subject."""

    entry: AuditEntry
    name: str
    link: str
    changes: Sequence[Difference]


async def show_audit(visit: Visit) -> web.StreamResponse:
    """Show one page of what the filters leave."""
    wanted = Filtered.read(visit.request, PATH, FILTERS)
    query = _query(visit, wanted)
    total, entries = await visit.desk.audit.find(
        replace(query, limit=wanted.size, offset=wanted.offset)
    )
    names = {str(each.id): each.name for each in await visit.desk.mailboxes.all()}
    return visit.render(
        "audit.html",
        paging=wanted,
        total=total,
        lines=[_line(entry, names) for entry in entries],
        actions=ACTIONS,
        export=wanted.address(path=EXPORT),
    )


async def export_audit(visit: Visit) -> web.StreamResponse:
    """Download all that the filters leave as CSV."""
    wanted = Filtered.read(visit.request, PATH, FILTERS)
    entries = visit.desk.audit.every(_query(visit, wanted))
    return await download(visit.call, as_csv(entries))


def _query(visit: Visit, wanted: Filtered) -> AuditQuery:
    chosen, zone = wanted.filters, reader_of(visit.request).zone
    return AuditQuery(
        who=chosen["who"],
        action=chosen["action"],
        subject=chosen["subject"],
        since=start_of(chosen["from"], zone),
        until=start_of(chosen["to"], zone, after=True),
        text=chosen["q"],
    )


def _line(entry: AuditEntry, mailboxes: Mapping[str, str]) -> Line:
    name, link = mailboxes.get(entry.subject, ""), ""
    if name:
        link = f"/admin/integrations/list?mailbox={entry.subject}"
    else:
        told = entry.after.get("name") or entry.before.get("name")
        name = str(told) if told else ""
    return Line(entry, name, link, differences(entry.before, entry.after))


PAGES: Sequence[Page] = (
    Page(method="GET", path=PATH, handler=show_audit, role=PersonRole.AUDITOR),
    Page(method="GET", path=EXPORT, handler=export_audit, role=PersonRole.AUDITOR),
)
