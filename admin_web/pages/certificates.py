"""Every certificate with its days left: found, filtered, downloaded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from aiohttp import web

from admin_web.api.download import download
from admin_web.pages.certificate_files import form_of
from admin_web.pages.filtered import Filtered
from admin_web.pages.page import Page, Visit
from admin_web.pages.texts import N_
from gateway.core.desk.actor import PersonRole
from gateway.core.desk.certificates import Listed, Purpose

PATH = "/admin/certificates"
FILTERS = ("q", "purpose", "state")
SOON = 30  # days, as the first warning

PURPOSES: Mapping[Purpose, str] = {
    Purpose.AS2_SELF: N_("Own AS2 certificate"),
    Purpose.AS2_PARTNER: N_("Partner's AS2 certificate"),
    Purpose.AS2_CLIENT: N_("TLS client certificate"),
    Purpose.AS2_CA: N_("CA of a partner's server"),
    Purpose.AS2_TLS: N_("TLS of the AS2 listener"),
    Purpose.ADMIN_TLS: N_("TLS of this page"),
    Purpose.SSH_HOST_KEY: N_("SFTP host key"),
}


class Standing(Enum):
    """How near the end is."""

    ENDED = "ended"
    SOON = "soon"
    FINE = "fine"


TABS: Sequence[tuple[str, str]] = (
    ("", N_("All")),
    (Standing.ENDED.value, N_("Already ended")),
    (Standing.SOON.value, N_("Ending within 30 days")),
    (Standing.FINE.value, N_("In order")),
)


@dataclass(frozen=True, slots=True)
class Row:
    """A certificate or host key as the board shows it."""

    listed: Listed
    standing: Standing

    @property
    def colour(self) -> str:
        """The state that its pill has."""
        return {Standing.ENDED: "err", Standing.SOON: "warn", Standing.FINE: "ok"}[
            self.standing
        ]


async def show_board(visit: Visit) -> web.StreamResponse:
    """Show one page of what the filters leave, the next to end first."""
    wanted = Filtered.read(visit.request, PATH, FILTERS)
    rows = [Row(each, standing(each)) for each in await visit.desk.certificates.all()]
    chosen = wanted.filters
    found = [row for row in rows if _matches(row, chosen["q"], chosen["purpose"])]
    counts = {
        "": len(found),
        **{
            state.value: sum(row.standing is state for row in found)
            for state in Standing
        },
    }
    if chosen["state"]:
        found = [row for row in found if row.standing.value == chosen["state"]]
    return visit.render(
        "certificate_board.html",
        paging=wanted,
        total=len(found),
        rows=found[wanted.offset : wanted.offset + wanted.size],
        tabs=[(key, name, counts[key]) for key, name in TABS],
        purposes={purpose.value: name for purpose, name in PURPOSES.items()},
    )


async def get_file(visit: Visit) -> web.StreamResponse:
    """Download a certificate; `form` in the query is pem, der or p7b."""
    form = form_of(visit)
    desk = visit.desk.certificates
    content = await desk.download(visit.path("fingerprint"), form)
    return await download(visit.call, content)


def standing(listed: Listed) -> Standing:
    """Return how near the end is; a host key has none."""
    known = listed.certificate
    if known is None or known.days_left >= SOON:
        return Standing.FINE
    return Standing.SOON if known.days_left >= 0 else Standing.ENDED


def _matches(row: Row, text: str, purpose: str) -> bool:
    listed, known = row.listed, row.listed.certificate
    if purpose and listed.purpose.value != purpose:
        return False
    words = [listed.mailbox_name, listed.mailbox or "", listed.fingerprint]
    words.append(listed.fingerprint.replace(":", ""))
    if known:
        words += [known.subject, known.issuer, known.serial]
    return any(text.casefold() in word.casefold() for word in words)


PAGES: Sequence[Page] = (
    Page(method="GET", path=PATH, handler=show_board, role=PersonRole.AUDITOR),
    Page(
        method="GET",
        path=f"{PATH}/{{fingerprint}}/file",
        handler=get_file,
        role=PersonRole.AUDITOR,
    ),
)
