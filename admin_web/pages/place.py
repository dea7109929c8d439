"""Which mailbox a page is about: its address says so, else what the reader chose."""

from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urlsplit

from aiohttp import web

from gateway.core.desk.areas import Desk
from gateway.core.errors import NotFound
from gateway.core.integration import Mailbox
from gateway.core.model import MailboxId

COOKIE = "mailbox"
ALL = "all"  # in an address: of every mailbox, whichever is chosen
YEAR = 365 * 24 * 3600
FRONT = "/admin/integrations/list"
# what belongs to one mailbox has its list to go back to
LISTS = {"/admin/mailboxes/": FRONT, "/admin/envelopes/": "/admin/envelopes"}


@dataclass(frozen=True, slots=True)
class Place:
    """What stands at the top of a page; without a *mailbox* it is about all of them."""

    account: str = ""
    mailbox: Mailbox | None = None


NOWHERE = Place()


async def place_of(request: web.Request, desk: Desk) -> Place:
    """Return where the reader is; a mailbox that is no more counts as none."""
    named = request.match_info.get("mailbox", request.query.get("mailbox"))
    uuid = request.cookies.get(COOKIE, "") if named is None else named
    account = (await desk.settings.get()).account_name
    try:
        one = uuid not in {"", ALL}
        found = await desk.mailboxes.get(MailboxId(uuid.lower())) if one else None
    except NotFound:
        found = None
    return Place(account, found)


def choose(response: web.StreamResponse, request: web.Request, mailbox: str) -> None:
    """Let the pages follow this mailbox from now on; "" means all."""
    if not mailbox:
        response.del_cookie(COOKIE, path="/")
        return
    response.set_cookie(
        COOKIE,
        mailbox,
        max_age=YEAR,
        path="/",
        secure=request.secure,
        httponly=True,
        samesite="Lax",
    )


def without_mailbox(target: str) -> str:
    """Return where the same page is for whatever mailbox is chosen."""
    parts = urlsplit(target)
    for begin, back in LISTS.items():
        if parts.path.startswith(begin):
            return back
    kept = [
        pair
        for pair in parse_qsl(parts.query)
        if pair[0] not in {"mailbox", "page", "saved"}
    ]
    return f"{parts.path}?{urlencode(kept)}" if kept else parts.path
