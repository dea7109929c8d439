"""Rules that send an archive: held until all have done their part, then sent once."""

import hashlib
import json
import tracemalloc
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from zipfile import ZipFile

import pytest
from line_world import SHOP, SUPPLIER, Line, envelope
from sqlalchemy import insert

from gateway.convert.pool import Converter
from gateway.convert.task import Limits
from gateway.core.errors import LeaseLost
from gateway.core.model import AttachmentId
from gateway.core.rules import Level, RuleDirection, ZipKind
from gateway.engine.parking import PARKED
from gateway.store import (
    attachments,
    deliveries,
    envelope_list,
    envelopes,
    tables,
)
from gateway.store import rules as stored_rules
from gateway.store.jobs import Jobs

IN = RuleDirection.IN
SCAN = AttachmentId("0e000000-0000-4000-8000-00000000000e")
CARRIES = f'<field name="FILE" attachmentUuid="{SCAN}">scan.pdf</field>'


@pytest.fixture
async def line(db, tmp_path, clock):
    async with Converter(workers=1) as converter:
        world = Line(db, tmp_path, clock, converter)
        await world.settle_in()
        yield world


async def attach(line, data, name="../scan.pdf"):
    blob = await line.blobs.put(data)
    one = attachments.Attachment(
        id=SCAN,
        name=name,
        content_type="application/pdf",
        blob=blob,
        created_at=line.clock(),
    )
    async with line.db.write() as conn:
        await attachments.add(conn, one)


async def send(line, more=CARRIES):
    await line.put("e.xml", envelope(more=more), folder="outbox")
    await line.work()
    [posted] = await line.rows("envelopes")
    return posted.uuid


async def accept(line, uuid, box=SUPPLIER):
    async with line.db.write() as conn:
        return await envelopes.complete(conn, uuid, box, "accepted", line.clock())


async def waits(line, uuid):
    async with line.db.read() as conn:
        row, _ = await envelope_list.opened(conn, uuid, SUPPLIER)
        return row.held


async def packed(line, box=SUPPLIER):
    files = await line.files(box)
    return {name: ZipFile(BytesIO(data)) for name, data in files.items()}


async def test_a_full_archive_goes_once_when_a_person_has_accepted(line):
    await line.integrate(SUPPLIER, notify_email="anna@example.com")
    rule = await line.rule(IN, "", zip=ZipKind.FULL, file_name_pattern='{"d":"NUMBER"}')
    await attach(line, b"scanned")
    uuid = await send(line)
    assert await line.files(SUPPLIER) == {}
    [held] = [x for x in await line.rows("conversions") if x.rule == rule.id]
    assert (held.status, held.envelope) == ("PROCESSED", uuid)
    assert (await line.row("envelopes", uuid)).status == "WAITING"
    [mail] = await line.rows("mails")  # somebody has to accept it
    assert (mail.kind, mail.to) == ("envelope-arrived", "anna@example.com")
    assert await accept(line, uuid)
    await line.work()
    await line.work()
    [(name, archive)] = (await packed(line)).items()
    assert name == "cinbox/4711.zip"
    assert archive.namelist() == [
        f"{uuid}.xml",
        "attachments/_.._scan.pdf",
        "printable.html",
        "printable.pdf",
        "trace.json",
    ]
    assert archive.read("attachments/_.._scan.pdf") == b"scanned"
    assert archive.read("printable.pdf").startswith(b"%PDF-")
    assert ">4711</td>" in archive.read("printable.html").decode()
    trace = json.loads(archive.read("trace.json"))
    assert [party["name"] for party in trace["parties"]] == ["Shop", "Supplier"]
    assert trace["status"] == "COMPLETED"
    counted = await line.row("rules", rule.id)
    assert (counted.succeeded, counted.failed) == (1, 0)
    [sent] = [t for t in await line.rows("transfers") if t.direction == "DELIVERED"]
    assert (sent.state, sent.content_type) == ("DELIVERED", "application/zip")
    assert [job.kind for job in await line.rows("jobs")] == ["mail"]


async def test_every_mailbox_with_such_a_rule_gets_its_own_when_the_last_is_done(line):
    await line.rule(IN, "", zip=ZipKind.DOCUMENTS, level=Level.ACCOUNT)
    uuid = await send(line, "")
    [inbox] = [e for e in await line.rows("mailbox_entries") if e.scope == "inbox"]
    async with line.db.write() as conn:  # as if the template had a third role
        await conn.execute(
            insert(tables.mailbox_entries).values(**{**inbox._mapping, "mailbox": SHOP})
        )
    assert not await accept(line, uuid)
    await line.work()
    assert await waits(line, uuid)
    assert await line.files(SUPPLIER) == {}
    assert await accept(line, uuid, SHOP)
    await line.work()
    assert not await waits(line, uuid)
    for box in (SHOP, SUPPLIER):
        [archive] = (await packed(line, box)).values()
        assert archive.namelist() == [f"{uuid}.xml"]


async def test_one_accepted_before_the_rule_was_tried_is_sent_all_the_same(line):
    await line.rule(IN, "", zip=ZipKind.DOCUMENTS)
    await line.integrate(SUPPLIER, enabled=False)
    uuid = await send(line, "")
    await accept(line, uuid)
    await line.integrate(SUPPLIER, enabled=True)
    await Jobs(line.db).unpark(PARKED, line.clock())
    await line.work()
    assert len(await packed(line)) == 1


async def test_an_envelope_that_is_rejected_or_expires_sends_no_archive(line):
    await line.rule(IN, "", zip=ZipKind.DOCUMENTS)
    uuid = await send(line, "")
    async with line.db.write() as conn:
        assert await envelopes.cancel(
            conn, uuid, SUPPLIER, "no", "by anna", line.clock()
        )
    await line.work()
    assert await line.files(SUPPLIER) == {}
    assert await line.rows("jobs") == []


async def test_when_the_rule_is_gone_the_default_rule_gives_the_envelope(line):
    rule = await line.rule(IN, "", zip=ZipKind.DOCUMENTS)
    uuid = await send(line, "")
    async with line.db.write() as conn:
        await stored_rules.remove(conn, rule.id)
    await accept(line, uuid)
    await line.work()
    assert list(await line.files(SUPPLIER)) == [f"inbox/{uuid}.xml"]


async def test_a_job_that_runs_twice_sends_one_archive(line):
    await line.rule(IN, "", zip=ZipKind.DOCUMENTS)
    uuid = await send(line, "")
    await accept(line, uuid)
    jobs = Jobs(line.db)
    [stale] = await jobs.claim("w1", line.clock(), timedelta(minutes=1), 1)
    line.clock.tick(timedelta(minutes=2))
    [fresh] = await jobs.claim("w2", line.clock(), timedelta(minutes=1), 1)
    await line.do(fresh)
    with pytest.raises(LeaseLost):
        await line.do(stale)
    await line.work()
    assert len(await line.files(SUPPLIER)) == 1


async def test_one_that_cannot_be_printed_fails_in_words_and_is_made_again(line):
    rule = await line.rule(IN, "", zip=ZipKind.DOCUMENTS_PRINTABLE)
    uuid = await send(line, "")
    await accept(line, uuid)
    line.pool.limits = Limits(seconds=0)
    await line.work()
    [failed] = [t for t in await line.rows("transfers") if t.direction == "DELIVERED"]
    error = failed.error
    assert (error["code"], error["step"], error["rule"]) == (
        "conversion-timeout",
        "render",
        rule.id,
    )
    assert "without the printable version" in error["remedy"]
    async with line.db.write() as conn:
        await stored_rules.save(
            conn, replace(rule, zip=ZipKind.DOCUMENTS), line.clock()
        )
        await deliveries.reprocess(conn, failed.uuid, line.clock(), "ordered by anna")
    await line.work()
    [again] = [t for t in await line.rows("transfers") if t.direction == "DELIVERED"]
    assert (again.uuid, again.state) == (failed.uuid, "DELIVERED")


async def test_a_large_attachment_leaves_in_little_memory(line):
    await line.rule(IN, "", zip=ZipKind.DOCUMENTS)
    large = hashlib.shake_256(b"large").digest(1 << 20) * 30
    await attach(line, large)
    uuid = await send(line)
    await accept(line, uuid)
    tracemalloc.start()
    try:
        await line.work()
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 8 << 20 < len(large)
    [archive] = (await packed(line)).values()
    assert archive.read("attachments/_.._scan.pdf") == large
