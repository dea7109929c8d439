"""What other products send us, over HTTP: every payload equal, every MIC equal."""

import asyncio
from collections.abc import Sequence

import pytest
from as2_line import As2Line, PartnerServer, as2_line, partner_server
from partners.cells import (
    COMPRESSIONS,
    PARTNERS,
    PROTECTIONS,
    Cell,
    Partner,
    Posted,
    Receipt,
    Verdict,
    Way,
    impossible,
    matrix,
)

pytestmark = [
    pytest.mark.integration,
    pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning"),
]
CELLS = [cell for cell in matrix() if cell.way is Way.IN and not impossible(cell)]


def cells(partner: str, protection: str, compression: str) -> Sequence[Cell]:
    wanted = (partner, protection, compression)
    return [c for c in CELLS if (c.partner, c.protection, c.compression) == wanted]


GROUPS = [
    (partner, protection, compression)
    for partner in PARTNERS
    for protection in PROTECTIONS
    for compression in COMPRESSIONS
    if cells(partner, protection, compression)
]


@pytest.mark.parametrize(("name", "protection", "compression"), GROUPS)
async def test_what_a_partner_sends_arrives_as_it_was(  # noqa: PLR0913, PLR0917
    name, protection, compression, partner_named, db, tmp_path, clock, us, them
):
    partner = partner_named(name)
    async with (
        partner_server() as inbox,
        as2_line(db, tmp_path, clock, us, them, recipient_url=inbox.url) as line,
    ):
        wrong = {}
        for cell in cells(name, protection, compression):
            found = await received(cell, partner, line, inbox)
            if found:
                wrong[cell.label] = found
    assert wrong == {}


async def received(
    cell: Cell, partner: Partner, line: As2Line, inbox: PartnerServer
) -> str:
    """Send the cell's message to us; return what is wrong, nothing if all is well."""
    inbox.posts.clear()
    number = f"<{line.new_id()}@partner>"
    posted = await asyncio.to_thread(partner.message, cell, number, inbox.url)
    reply = await line.post(posted.headers, posted.body)
    if reply.status != 200:
        return f"HTTP {reply.status}: {reply.body.decode()}"
    answer = (reply.headers, reply.body)
    if cell.receipt.later:
        if reply.body:
            return "the answer to the POST is not empty"
        if await line.send_mdns() != 1 or len(inbox.posts) != 1:
            return f"{len(inbox.posts)} asynchronous MDNs came"
        answer = inbox.posts[0]
    payloads = await line.payloads(dict(posted.headers)["Message-ID"])
    if payloads != [cell.data]:
        rows = await line.rows("as2_messages")
        return f"the payload differs: {rows[-1].disposition}"
    if cell.receipt is Receipt.NONE:
        return "an MDN that nobody asked for" if reply.body else ""
    verdict = await asyncio.to_thread(partner.verdict, posted, *answer)
    return unequal(cell, posted, verdict)


def unequal(cell: Cell, posted: Posted, verdict: Verdict) -> str:
    if verdict.disposition != "processed":
        return f"the partner reads {verdict.disposition!r}"
    if verdict.signed != cell.receipt.signed:
        return "the MDN is signed otherwise than asked for"
    if posted.mic and same(posted.mic) != same(verdict.mic):
        return f"MIC {verdict.mic!r}, not {posted.mic!r}"
    return "" if verdict.mic else "the MDN has no MIC"


def same(mic: str) -> tuple[str, str]:
    """Return value and algorithm of a MIC, in one spelling."""
    value, _, name = mic.partition(",")
    return value.strip(), name.strip().replace("-", "").lower()
