"""What other products send us, over HTTP: every payload equal, every MIC equal."""

import asyncio

import pytest
from as2_line import As2Line, PartnerServer, as2_line, partner_server
from partners.cells import (
    Cell,
    Partner,
    Posted,
    Receipt,
    Verdict,
    Way,
    groups,
    label,
    same_mic,
    without_mic,
)

pytestmark = [
    pytest.mark.integration,
    pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning"),
]


@pytest.mark.parametrize("group", groups(Way.IN), ids=label)
async def test_what_a_partner_sends_arrives_as_it_was(
    group, partner_named, db, tmp_path, clock, people
):
    partner = partner_named(group[0].partner)
    async with (
        partner_server() as inbox,
        as2_line(db, tmp_path, clock, *people, recipient_url=inbox.url) as line,
    ):
        wrong = {}
        for cell in group:
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
    if bool(posted.mic) == without_mic(cell):
        return "the partner has a MIC, or has none, against expectation"
    if posted.mic and not same_mic(posted.mic, verdict.mic):
        return f"MIC {verdict.mic!r}, not {posted.mic!r}"
    return "" if verdict.mic else "the MDN has no MIC"
