"""Transfers on the page: found, looked at, run again."""

import re
from datetime import UTC, datetime, timedelta
from io import BytesIO
from zipfile import ZipFile

import pytest

from admin_web.pages.transfer_filters import SIZE
from gateway.core.as2_log import Findings, Incoming, MdnRecord
from gateway.core.desk.actor import COMMAND_LINE
from gateway.core.desk.audit import AuditQuery
from gateway.core.desk.integrations import IntegrationChange
from gateway.core.model import (
    Channel,
    EnvelopeId,
    FileName,
    Folder,
    MailboxId,
    Parcel,
    Problem,
    Queued,
    Receipt,
    RuleId,
    Top,
    TransferId,
    TransferState,
    Upload,
)
from gateway.engine.as2_log import StoreAs2Log
from gateway.store import deliveries, transfers
from gateway.store.tables import envelopes

LIST = "/admin/transfers"
NO_RULE = Problem(
    "no-rule", "no OUT rule matches", "match", remedy="Add a rule; then reprocess it."
)
BROKEN = Problem("xslt-runtime", "it <b>broke", "convert", RuleId("r9"), 7, "Mend it.")


@pytest.fixture
async def box(desk):
    return (await desk.mailboxes.create(COMMAND_LINE, "Alder ERP", ())).id


@pytest.fixture
def receive(db, blobs, box, clock):
    """Return what records a received file, failed if a problem is given."""

    async def one(uuid, name="order.edi", problem=None, *, channel=Channel.SFTP):
        clock.tick(timedelta(seconds=1))
        upload = Upload(
            mailbox=MailboxId(box),
            channel=channel,
            name=FileName(name),
            folder=Folder(Top.COUTBOX),
            blob=await blobs.put(b"UNB+"),
        )
        async with db.write() as conn:
            receipt = Receipt(id=TransferId(uuid), received_at=clock())
            await transfers.receive(conn, receipt, upload)
            if problem:
                await transfers.failed(conn, TransferId(uuid), problem, clock())

    return one


@pytest.fixture
def deliver(db, blobs, box, clock):
    """Return what records a delivery that was tried once, and is tried again."""

    async def one(uuid):
        blob = await blobs.put(b"<erp/>")
        async with db.write() as conn:
            await conn.execute(
                envelopes.insert().values(
                    uuid="e1",
                    template="t",
                    template_version="v",
                    subject="Order 7",
                    message="",
                    sender=box,
                    status="WAITING",
                    sha256=blob.sha256,
                    size=blob.size,
                    scenario="",
                    reject_reason="",
                    source_index=0,
                    created_at=clock(),
                )
            )
            parcel = Parcel(
                transfer=TransferId(uuid),
                envelope=EnvelopeId("e1"),
                mailbox=MailboxId(box),
                name=FileName("erp.xml"),
                folder=Folder(Top.CINBOX),
                blob=blob,
            )
            await deliveries.enqueue(conn, parcel, Channel.AS2, None, clock())
            again = clock() + timedelta(minutes=3)
            await deliveries.settle(
                conn, parcel.transfer, Channel.AS2, Queued(2, again)
            )
            why = f"attempt 2 failed: no answer; next at {again.isoformat()}"
            await transfers.note(conn, parcel.transfer, clock(), "deliver", why)
        return again

    return one


def listed(text):
    return re.findall(r'<tr id="t-([^"]+)"', text)


async def test_an_empty_list_leads_to_the_integrations(owner):
    await owner.get(LIST)
    assert "No transfers yet" in owner.text
    assert 'href="/admin/integrations/list"' in owner.text


async def test_a_row_tells_file_state_way_and_why(owner, receive):
    await receive("t1", "a&b.edi", BROKEN)
    await owner.get(LIST)
    for told in ("a&amp;b.edi", "Failed", "it &lt;b&gt;broke", "Alder ERP", "SFTP"):
        assert told in owner.text
    assert f'href="{LIST}/t1"' in owner.text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["t4", "t3", "t2", "t1"]),
        ("state=failed", ["t2"]),
        ("state=working", ["t3", "t1"]),
        ("state=waiting", ["t4"]),
        ("state=receipt", []),
        ("q=INVOICE_", ["t3"]),
        ("q=t2", ["t2"]),
        ("direction=DELIVERED", ["t4"]),
        ("protocol=AS2", ["t4", "t3"]),
        ("direction=RECEIVED&protocol=AS2", ["t3"]),
        ("from=2026-01-01", ["t4", "t3", "t2", "t1"]),
        ("to=2020-01-01", []),
        ("q=&mailbox=&direction=&protocol=&from=&to=", ["t4", "t3", "t2", "t1"]),
    ],
)
async def test_the_list_is_filtered(owner, receive, deliver, clock, query, found):
    await receive("t1")
    await receive("t2", problem=BROKEN)
    await receive("t3", "invoice_1.edi", channel=Channel.AS2)
    clock.tick(timedelta(seconds=1))
    await deliver("t4")
    await owner.get(f"{LIST}?{query}")
    assert owner.status == 200
    assert listed(owner.text) == found
    assert ("No transfer matches" in owner.text) == (not found)


async def test_days_begin_where_the_reader_is(owner, receive, clock):
    assert clock() == datetime(2026, 1, 1, tzinfo=UTC)
    await receive("t1")
    address = f"{LIST}?from=2025-12-31&to=2025-12-31"
    await owner.get(address)
    assert listed(owner.text) == []
    owner.client.session.cookie_jar.update_cookies({"zone": "America/New_York"})
    await owner.get(address)
    assert listed(owner.text) == ["t1"]


@pytest.mark.parametrize(
    "query",
    [
        "state=lost",
        "direction=UP",
        "protocol=FTP",
        "from=soon",
        "to=2026-02-30",
        "page=x",
        "page=-1",
        "page=%C2%B2",
    ],
)
async def test_an_address_that_means_nothing_is_refused(owner, query):
    await owner.get(f"{LIST}?{query}")
    assert owner.status == 422
    assert "This cannot be done" in owner.text


async def test_the_list_is_paged(owner, receive):
    for number in range(SIZE + 1):
        await receive(f"t{number}")
    await owner.get(LIST)
    assert len(listed(owner.text)) == SIZE
    assert f"1 to {SIZE} of {SIZE + 1}" in owner.text
    assert 'href="/admin/transfers?page=2"' in owner.text
    await owner.get(f"{LIST}?page=2")
    assert listed(owner.text) == ["t0"]
    assert 'href="/admin/transfers?page=1"' in owner.text
    await owner.get(f"{LIST}?page=99")
    assert "There is no such page" in owner.text


# --- Running again ------------------------------------------------------------------


async def states(desk, *wanted):
    return [(await desk.transfers.get(one)).state for one in wanted]


async def test_the_ticked_ones_run_again(owner, desk, receive):
    await receive("t1", problem=NO_RULE)
    await receive("t2", problem=NO_RULE)
    await owner.get(f"{LIST}?state=failed")
    fields = [("ids", "t1"), ("ids", "t2"), ("state", "failed")]
    await owner.post(f"{LIST}/reprocess", fields)
    assert owner.url == f"{LIST}?state=failed"
    assert await states(desk, "t1", "t2") == [TransferState.RECEIVED] * 2
    _total, booked = await desk.audit.find(AuditQuery(limit=2))
    assert [(line.who, line.action) for line in booked] == [
        ("owner", "transfer-reprocess")
    ] * 2


async def test_script_is_told_how_many_run_again(owner, receive):
    await receive("t1", problem=NO_RULE)
    await owner.get(LIST)
    as_script = {"HX-Request": "true"}
    await owner.post(f"{LIST}/reprocess", {"ids": "t1"}, headers=as_script)
    assert "1 transfer runs again." in owner.text
    assert 'hx-swap-oob="innerHTML:#note"' in owner.text


async def test_all_of_the_ticked_run_again_or_none(owner, desk, receive):
    await receive("t1", problem=NO_RULE)
    await receive("t2")
    await owner.get(LIST)
    await owner.post(f"{LIST}/reprocess", [("ids", "t1"), ("ids", "t2")])
    assert owner.status == 409
    assert "Nothing was run again." in owner.text
    assert "only a FAILED one" in owner.text
    assert await states(desk, "t1") == [TransferState.FAILED]


async def test_nothing_ticked_is_told(owner):
    await owner.get(LIST)
    await owner.post(f"{LIST}/reprocess")
    assert "Tick one transfer or more" in owner.text


async def test_an_auditor_sees_no_order(stranger, people, receive):
    await receive("t1", problem=NO_RULE)
    await stranger.sign_in("auditor")
    for path in (LIST, f"{LIST}/t1"):
        await stranger.get(path)
        assert "order.edi" in stranger.text
        assert "Reprocess" not in stranger.text
    await stranger.post(f"{LIST}/t1/reprocess")
    assert stranger.status == 403


# --- One transfer -------------------------------------------------------------------


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
        "4 bytes",
    ):
        assert told in owner.text


async def test_one_runs_again(owner, desk, receive):
    await receive("t1", problem=NO_RULE)
    await owner.get(f"{LIST}/t1")
    assert "Then reprocess." not in owner.text  # the remedy says so already
    await owner.post(f"{LIST}/t1/reprocess")
    assert owner.url == f"{LIST}/t1"
    assert await states(desk, "t1") == [TransferState.RECEIVED]
    assert "Is being processed" in owner.text
    assert "run again by owner" in owner.text
    await owner.post(f"{LIST}/t1/reprocess")
    assert owner.status == 409
    assert "It was not run again." in owner.text


async def test_a_delivery_tells_when_it_is_tried_again(owner, desk, box, deliver):
    await desk.integrations.save(COMMAND_LINE, box, IntegrationChange(enabled=True))
    again = await deliver("t1")
    await owner.get(f"{LIST}/t1")
    assert "Delivery to Alder ERP" in owner.text
    assert 'data-state="warn"' in owner.text
    assert "Waits for the next try" in owner.text
    shown = again.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    assert owner.text.count(f'datetime="{shown}"') == 2
    assert again.isoformat() not in owner.text


async def test_what_is_switched_off_is_told_to_wait(owner, box, deliver):
    await deliver("t1")
    await owner.get(f"{LIST}/t1")
    assert "the integration of Alder ERP is switched off" in owner.text
    assert f"/admin/integrations/list?mailbox={box}" in owner.text


async def test_the_file_is_downloaded_as_it_came(owner, receive):
    await receive("t1")
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
