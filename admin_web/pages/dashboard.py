"""The dashboard: what needs attention first, how much has passed beside it."""

from collections.abc import Sequence

from aiohttp import web

from admin_web.pages.chart import chart
from admin_web.pages.login import FRONT
from admin_web.pages.page import Page, Visit
from admin_web.pages.reader import reader_of
from gateway.core.desk.actor import PersonRole


async def show_dashboard(visit: Visit) -> web.StreamResponse:
    """Show it as of now; who has no mailbox yet is shown where to begin."""
    desk = visit.desk
    line = await desk.news.newest()
    box = visit.place.mailbox
    zone = reader_of(visit.request).zone
    seen = await desk.dashboard.look(zone, box.id if box else None)
    return visit.render(
        "dashboard.html",
        seen=seen,
        chart=chart(seen.days),
        today=seen.days[-1],
        yesterday=seen.days[-2],
        checks=await desk.health.ready(),
        settings=await desk.settings.get(),
        begun=bool(await desk.mailboxes.all()),
        line=line,
    )


PAGES: Sequence[Page] = (
    Page(method="GET", path=FRONT, handler=show_dashboard, role=PersonRole.AUDITOR),
)
