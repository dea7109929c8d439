"""One transfer: what happened to it, why, and what to do next."""

from datetime import timedelta
from io import BytesIO
from zipfile import ZipFile

import pytest
from transfer_builders import BROKEN, NO_RULE, put_received, put_waiting

from gateway.core.as2_log import Findings, Incoming, MdnRecord
from gateway.core.desk.actor import COMMAND_LINE
from gateway.core.desk.integrations import IntegrationChange
from gateway.core.model import MailboxId, Problem, TransferState
from gateway.engine.as2_log import StoreAs2Log

LIST = "/admin/transfers"


@pytest.fixture
async def box(desk):
    return (await desk.mailboxes.create(COMMAND_LINE, "Alder ERP", ())).id


@pytest.fixture
def receive(db, box, clock):
    """Return what records a received file, a second after the last one."""

    async def one(uuid, *facts, **more):
        clock.tick(timedelta(seconds=1))
        await put_received(db, box, clock(), uuid, *facts, **more)

    return one


async def test_a_failure_tells_what_where_and_what_to_do(owner, receive):
    await receive("t1", problem=BROKEN)
    await owner.get(f"{LIST}/t1")
    for told in (
        "It could not be converted",
        "it &lt;b&gt;broke",
        "Mend it.",
        "<dd>7</dd>",
        "xslt-runtime",
        "Then reprocess.",
        "1 bytes",
    ):
        assert told in owner.text


async def test_one_runs_again(owner, desk, receive):
    await receive("t1", problem=NO_RULE)
    await owner.get(f"{LIST}/t1")
    assert "Then reprocess." not in owner.text  # the remedy says so already
    await owner.post(f"{LIST}/t1/reprocess")
    assert owner.url == f"{LIST}/t1"
    assert (await desk.transfers.get("t1")).state is TransferState.RECEIVED
    assert "Is being processed" in owner.text
    assert "run again by owner" in owner.text
    await owner.post(f"{LIST}/t1/reprocess")
    assert owner.status == 409
    assert "It was not run again." in owner.text


async def test_a_delivery_tells_when_it_is_tried_again(owner, desk, db, box, clock):
    await desk.integrations.save(COMMAND_LINE, box, IntegrationChange(enabled=True))
    again = await put_waiting(db, box, clock(), "t1")
    await owner.get(f"{LIST}/t1")
    assert "Delivery to Alder ERP" in owner.text
    assert 'data-state="warn"' in owner.text
    assert "Waits for the next try" in owner.text
    shown = again.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    assert owner.text.count(f'datetime="{shown}"') == 2
    assert again.isoformat() not in owner.text


async def test_what_is_switched_off_is_told_to_wait(owner, db, box, clock):
    await put_waiting(db, box, clock(), "t1")
    await owner.get(f"{LIST}/t1")
    assert "the integration of Alder ERP is switched off" in owner.text
    assert f"/admin/integrations/list?mailbox={box}" in owner.text


async def test_the_file_is_downloaded_as_it_came(owner, blobs, receive):
    await receive("t1", blob=await blobs.put(b"UNB+"))
    answer = await owner.client.get(f"{LIST}/t1/content")
    assert await answer.read() == b"UNB+"
    assert 'filename="order.edi"' in answer.headers["Content-Disposition"]


@pytest.fixture
async def message(db, blobs, box, clock):
    """Put an AS2 message that was refused into the store."""
    incoming = Incoming(
        uuid="m1",
        mailbox=MailboxId(box),
        message_id="<1@ann>",
        sender="ann",
        receiver="bob",
        headers=[("Content-Type", "text/plain")],
        body=await blobs.put(b"hello"),
        received_at=clock(),
    )
    problem = Problem("as2-x", "not signed", "receive", remedy="Ask the partner.")
    found = Findings(
        disposition="automatic-action/MDN-sent-automatically; processed/error: x",
        mic="abc=, sha256",
    )
    mdn = MdnRecord(headers=[], body=b"no")
    await StoreAs2Log(db, clock, lambda: "t1").reject(incoming, problem, found, mdn)


async def test_an_as2_message_is_shown_with_its_receipt(owner, message):
    await owner.get(f"{LIST}/t1")
    for told in ("&lt;1@ann&gt;", "abc=, sha256", "We refused it", "processed/error"):
        assert told in owner.text
    assert "It was not accepted" in owner.text
    assert "Then reprocess" not in owner.text
    assert 'commandfor="again-dialog" command="show-modal"' not in owner.text
    answer = await owner.client.get(f"{LIST}/t1/evidence")
    packed = ZipFile(BytesIO(await answer.read()))
    assert packed.read("message-1/body.bin") == b"hello"


@pytest.mark.parametrize("path", ["", "/content", "/evidence"])
async def test_an_unknown_transfer_is_404(owner, path):
    await owner.get(f"{LIST}/00000000-0000-4000-8000-000000000000{path}")
    assert owner.status == 404
