"""What we send to other products, over HTTP: every payload equal, every MIC equal."""

import pytest
from as2_line import As2Line, as2_line, partner_server
from partners.cells import (
    Cell,
    Taken,
    Way,
    groups,
    label,
    same_mic,
    without_mic,
)
from partners.modes import MODES
from partners.taking import Taking

from gateway.core.model import MdnPending, SendResult, Sent

pytestmark = [
    pytest.mark.integration,
    pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning"),
]


@pytest.mark.parametrize("group", groups(Way.OUT), ids=label)
async def test_what_we_send_arrives_as_it_was(
    group, partner_named, db, tmp_path, clock, people
):
    taking = Taking(partner_named(group[0].partner))
    async with (
        partner_server() as outbox,
        as2_line(db, tmp_path, clock, *people, recipient_url=outbox.url) as line,
    ):
        outbox.answers = taking
        wrong = {}
        for cell in group:
            found = await sent(cell, taking, line)
            if found:
                wrong[cell.label] = found
    assert wrong == {}


async def sent(cell: Cell, taking: Taking, line: As2Line) -> str:
    """Send the cell's message; return what is wrong, nothing if all is well."""
    line.set(
        signing="sha256" if cell.signed else "none",
        encryption="aes256-cbc" if cell.encrypted else "none",
        compression=cell.compression,
        mdn=MODES[cell.receipt],
        mdn_signed=cell.receipt.signed,
        self_url=line.url,
    )
    taking.taken.clear()
    line.sent.settled.clear()
    result = await line.send(cell.data)
    if len(taking.taken) != 1:
        return f"the partner took {len(taking.taken)}: {result}"
    taken = taking.taken[0]
    if taken.payload != cell.data:
        return f"the payload differs: {taken.payload[:99]!r}"
    message = list(line.sent.messages.values())[-1]
    if bool(taken.mic) == without_mic(cell):
        return "the partner has a MIC, or has none, against expectation"
    if taken.mic and not same_mic(taken.mic, message.mic):
        return f"MIC {taken.mic!r}, not {message.mic!r}"
    if cell.receipt.later:
        return await settled(taken, line, result)
    return "" if isinstance(result, Sent) else f"not sent: {result}"


async def settled(taken: Taken, line: As2Line, result: SendResult) -> str:
    """Let the partner post its asynchronous MDN; return what is wrong."""
    if not isinstance(result, MdnPending):
        return f"the MDN is not awaited: {result}"
    if taken.mdn is None or taken.url != line.url:
        return f"the partner's MDN would go to {taken.url!r}"
    reply = await line.post(*taken.mdn)
    if reply.status != 200:
        return f"our answer to the MDN is HTTP {reply.status}"
    _, outcome = line.sent.settled[-1]
    return "" if isinstance(outcome, Sent) else f"not settled: {outcome}"
