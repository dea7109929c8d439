"""Transfers and the conversion log over the API."""

import json
from datetime import timedelta
from io import BytesIO
from zipfile import ZipFile

import pytest
from aiohttp import ClientPayloadError

from gateway.core.as2_log import Findings, Incoming
from gateway.core.model import (
    Channel,
    FileName,
    Folder,
    MailboxId,
    Parcel,
    Problem,
    Receipt,
    RuleId,
    Top,
    TransferId,
    Upload,
)
from gateway.engine.as2_log import StoreAs2Log
from gateway.store import deliveries, transfers
from gateway.store.transfers import LogLine

PROBLEM = Problem("xslt-runtime", "it broke", "convert", RuleId("r1"), 7, "mend it")
LOG = "/api/v1/integration/conversion-log"
NOBODY = "22222222-2222-4222-8222-222222222222"


@pytest.fixture
def receive(db, blobs, mailbox, clock):
    """Return what records a received file, failed if a problem is given."""

    async def one(uuid, name="order.edi", problem=None, blob=None):
        clock.tick(timedelta(seconds=1))
        upload = Upload(
            mailbox=MailboxId(mailbox),
            channel=Channel.SFTP,
            name=FileName(name),
            folder=Folder(Top.COUTBOX),
            blob=blob or await blobs.put(b"UNB+"),
        )
        transfer = TransferId(uuid)
        async with db.write() as conn:
            receipt = Receipt(id=transfer, received_at=clock())
            await transfers.receive(conn, receipt, upload)
            if problem:
                await transfers.failed(conn, transfer, problem, clock())
        return uuid

    return one


@pytest.fixture
def deliver(db, blobs, seller, send, clock):
    """Return what records a delivery, failed if a problem is given."""

    async def one(uuid, problem=None):
        parcel = Parcel(
            transfer=TransferId(uuid),
            envelope=await send(),
            mailbox=MailboxId(seller),
            name=FileName("erp.xml"),
            folder=Folder(Top.CINBOX),
            blob=await blobs.put(b"<erp/>"),
        )
        async with db.write() as conn:
            await deliveries.enqueue(
                conn, parcel, Channel.SFTP, RuleId("r2"), clock(), problem
            )
        return parcel.envelope

    return one


async def found(api, query=""):
    answer = await api.get(f"/api/v1/transfers{query}")
    assert answer.status == 200, await answer.text()
    return [one["uuid"] for one in (await answer.json())["data"]]


async def test_a_transfer_is_shown_with_its_trace_and_error(api, mailbox, receive):
    await receive("t1", problem=PROBLEM)
    one = await (await api.get("/api/v1/transfers/T1")).json()
    assert one["mailbox"] == mailbox
    assert (one["direction"], one["protocol"]) == ("RECEIVED", "SFTP")
    assert (one["fileName"], one["size"], one["state"]) == ("order.edi", 4, "FAILED")
    assert one["error"] == {
        "code": "xslt-runtime",
        "message": "it broke",
        "rule": "r1",
        "step": "convert",
        "line": 7,
        "remedy": "mend it",
        "details": [],
    }
    assert [line["step"] for line in one["trace"]] == ["receive", "convert"]
    assert one["envelopes"] == []
    assert one["attempts"] == 0
    content = await api.get("/api/v1/transfers/t1/content")
    assert await content.read() == b"UNB+"


async def test_a_delivery_names_its_envelope_and_its_next_attempt(api, deliver):
    envelope = await deliver("t2")
    one = await (await api.get("/api/v1/transfers/t2")).json()
    assert (one["direction"], one["state"]) == ("DELIVERED", "QUEUED")
    assert one["envelopes"] == [envelope]
    assert one["nextAttemptAt"] == one["createdAt"]
    assert one["error"] is None


async def test_the_list_is_filtered_and_paged(api, mailbox, seller, receive, deliver):
    await receive("t1", "order.edi", PROBLEM)
    await receive("t2", "invoice_1.edi")
    await receive("t3", "invoiceX1.edi")
    await deliver("t4")
    assert await found(api, f"?mailbox={mailbox}") == ["t3", "t2", "t1"]
    assert await found(api, f"?mailbox={mailbox}&limit=1&offset=1") == ["t2"]
    assert await found(api, "?direction=DELIVERED") == ["t4"]
    assert await found(api, "?state=FAILED") == ["t1"]
    assert await found(api, "?q=INVOICE_1") == ["t2"]
    assert await found(api, "?q=t3") == ["t3"]
    assert await found(api, "?protocol=AS2") == []
    assert await found(api, "?from=2026-01-01T00:00:03Z") == ["t4", "t3"]
    assert await found(api, "?to=2026-01-01T00:00:02Z") == ["t1"]
    assert await found(api, f"?mailbox={seller}&state=FAILED") == []
    page = await (await api.get("/api/v1/transfers?limit=2")).json()
    assert (page["totalElements"], page["numberOfElements"]) == (4, 2)
    assert page["data"][0]["trace"] == []
    wrong = await api.get("/api/v1/transfers?state=LOST")
    assert "state" in (await wrong.json())["data"]


async def test_a_failed_file_runs_again(api, db, receive, audited):
    await receive("t1", problem=PROBLEM)
    answer = await api.post("/api/v1/transfers/t1/reprocess")
    one = await answer.json()
    assert (one["state"], one["error"]) == ("RECEIVED", None)
    assert "token:owner" in one["trace"][-1]["detail"]
    assert (await audited())[0] == "transfer-reprocess"
    again = await api.post("/api/v1/transfers/t1/reprocess")
    assert (again.status, (await again.json())["code"]) == (409, "transfer-not-failed")


async def test_a_failed_delivery_runs_again(api, deliver):
    await deliver("t1", Problem("timeout", "no answer", "deliver"))
    answer = await api.post("/api/v1/transfers/t1/reprocess")
    assert (await answer.json())["state"] == "QUEUED"


async def test_several_run_again_or_none(api, receive):
    await receive("t1", problem=PROBLEM)
    await receive("t2", problem=PROBLEM)
    await receive("t3")
    at = "/api/v1/transfers/reprocess"
    mixed = await api.post(at, json={"ids": ["t1", "t3"]})
    assert mixed.status == 409
    assert (await mixed.json())["data"] == {"transfer": "t3", "state": "RECEIVED"}
    assert await found(api, "?state=FAILED") == ["t2", "t1"]
    both = await api.post(at, json={"ids": ["t1", "T2", "t2"]})
    assert both.status == 200
    assert await found(api, "?state=FAILED") == []
    assert (await api.post(at, json={"ids": []})).status == 422


async def test_a_file_that_cannot_be_read_to_its_end_is_not_filled_up(
    api, receive, blobs, caplog
):
    blob = await blobs.put(b"x" * 1_000_000)
    uuid = await receive("t1", blob=blob)
    with blobs.path(blob).open("r+b") as file:
        file.truncate(999_000)
    answer = await api.get(f"/api/v1/transfers/{uuid}/content")
    with pytest.raises(ClientPayloadError):
        await answer.read()
    assert "the download broke off" in caplog.text


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", ""), ("GET", "/content"), ("GET", "/evidence"), ("POST", "/reprocess")],
)
async def test_an_unknown_transfer_is_404(api, method, path):
    answer = await api.request(method, f"/api/v1/transfers/{NOBODY}{path}")
    assert (answer.status, (await answer.json())["code"]) == (404, "not-found")


@pytest.fixture
def as2(db, blobs, mailbox, clock):
    """Return an AS2 message without payload, kept for inspection as a transfer."""
    log = StoreAs2Log(db, clock, lambda: "t1")

    async def refused() -> Incoming:
        incoming = Incoming(
            uuid="m1",
            mailbox=MailboxId(mailbox),
            message_id="<1@ann>",
            sender="ann",
            receiver="bob",
            headers=[("Content-Type", "text/plain"), ("Message-ID", "<1@ann>")],
            body=await blobs.put(b"hello"),
            received_at=clock(),
        )
        problem = Problem("as2-x", "not signed", "receive", remedy="Ask the partner.")
        found = Findings(disposition="processed/error: x")
        await log.reject(incoming, problem, found, None)
        return incoming

    return refused


async def test_a_refused_message_cannot_run_again(api, as2):
    await as2()
    answer = await api.post("/api/v1/transfers/t1/reprocess")
    assert answer.status == 409
    body = await answer.json()
    assert body["code"] == "transfer-refused"
    assert "Ask the partner" in body["message"]


async def test_evidence_is_a_zip(api, as2, receive):
    await as2()
    answer = await api.get("/api/v1/transfers/t1/evidence")
    assert answer.content_type == "application/zip"
    packed = ZipFile(BytesIO(await answer.read()))
    assert packed.read("message-1/body.bin") == b"hello"
    assert packed.read("message-1/content.bin") == b"hello"
    times = json.loads(packed.read("message-1/times.json"))
    assert times["disposition"] == "processed/error: x"
    assert packed.testzip() is None
    await receive("t2")
    answer = await api.get("/api/v1/transfers/t2/evidence")
    assert (answer.status, (await answer.json())["code"]) == (404, "no-evidence")


async def test_the_conversion_log_is_filtered_and_paged(
    api, db, mailbox, seller, clock
):
    lines = [
        ("r1", "SUCCEED", "a.edi", mailbox, ""),
        ("r1", "FAILED", "b.edi", mailbox, "line 7"),
        (None, "FAILED", "c_d.edi", mailbox, "no rule"),
        ("r2", "SUCCEED", "e.xml", seller, ""),
    ]
    async with db.write() as conn:
        for rule, status, name, box, message in lines:
            clock.tick(timedelta(seconds=1))
            line = LogLine(
                at=clock(),
                mailbox=box,
                rule=rule,
                direction="OUT",
                file_name=name,
                status=status,
                message=message,
            )
            await transfers.log(conn, line)

    async def names(query: str) -> list[str]:
        page = await (await api.get(f"{LOG}{query}")).json()
        return [line["fileName"] for line in page["data"]]

    assert await names("") == ["e.xml", "c_d.edi", "b.edi", "a.edi"]
    assert await names(f"?mailboxId={seller}") == ["e.xml"]
    assert await names("?ruleId=r1&status=FAILED") == ["b.edi"]
    assert await names("?noRule=true") == ["c_d.edi"]
    assert await names("?keyword=LINE 7") == ["b.edi"]
    assert await names("?keyword=_") == ["c_d.edi"]
    assert await names("?limit=1&offset=3") == ["a.edi"]
    page = await (await api.get(f"{LOG}?limit=1")).json()
    assert page["totalElements"] == 4
    line = page["data"][0]
    assert (line["ruleId"], line["ruleName"], line["status"]) == ("r2", "", "SUCCEED")
    assert (await api.get(f"{LOG}?status=LOST")).status == 422
