"""Documents on the whole line, from the partner's file to the other partner's file."""

import asyncio
import json
from collections import deque
from dataclasses import replace
from datetime import timedelta

import pytest
from line_world import (
    SHOP,
    SUPPLIER,
    TEMPLATE,
    TO_ENVELOPE,
    TO_ERP,
    VERSION,
    Line,
    envelope,
    stylesheet,
)
from sqlalchemy import insert

from gateway.convert.pool import Converter
from gateway.core.errors import LeaseLost
from gateway.core.integration import DefaultRule
from gateway.core.model import (
    Channel,
    MailboxId,
    MdnPending,
    MessageId,
    Problem,
    Refused,
    Sent,
)
from gateway.core.rules import Match, MatchKind, RuleDirection
from gateway.engine.parking import PARKED
from gateway.store import decisions, deliveries, envelopes, integrations, jobs
from gateway.store.jobs import Jobs
from gateway.store.tables import mailbox_entries

IN, OUT = RuleDirection.IN, RuleDirection.OUT
ORDER = b"UNA:+.? '\nUNB+UNOC:3+1:14+2:14+261012:1530+R1'\nUNH+1+ORDERS:D:96A:UN'\n"
ORDER += b"BGM+220+ORD1+9'\nUNT+3+1'\nUNZ+1+R1'\n"


@pytest.fixture
async def pool():
    async with Converter(workers=1) as converter:
        yield converter


@pytest.fixture
async def line(db, tmp_path, clock, pool):
    world = Line(db, tmp_path, clock, pool)
    await world.settle_in()
    return world


async def test_an_edifact_order_becomes_the_suppliers_file(line):
    out = await line.rule(OUT, TO_ENVELOPE)
    into = await line.rule(IN, TO_ERP, file_name_pattern='{"d":"NUMBER"}.xml')
    transfer = await line.put("order.edi", ORDER)
    await line.work()
    files = await line.files(SUPPLIER)
    assert list(files) == ["cinbox/ORD1.xml"]
    assert files["cinbox/ORD1.xml"].endswith(b"<po>ORD1</po>")
    assert await line.files(SHOP) == {}
    received = await line.row("transfers", transfer)
    assert (received.state, received.rule) == ("PROCESSED", out.id)
    [posted] = await line.rows("envelopes")
    assert (posted.status, posted.sender) == ("COMPLETED", SHOP)
    assert posted.template_version == VERSION
    views = {(e.mailbox, e.scope): e.status for e in await line.rows("mailbox_entries")}
    assert views == {(SHOP, "outbox"): "COMPLETED", (SUPPLIER, "inbox"): "COMPLETED"}
    log = [(x.direction, x.status, x.rule) for x in await line.rows("conversions")]
    assert log == [("OUT", "SUCCEED", out.id), ("IN", "SUCCEED", into.id)]
    counters = {r.uuid: (r.succeeded, r.failed) for r in await line.rows("rules")}
    assert counters == {out.id: (1, 0), into.id: (1, 0)}
    assert await line.rows("jobs") == []


async def test_a_native_envelope_is_copied_to_the_recipients_inbox(line):
    transfer = await line.put("e.xml", envelope("N7"), folder="outbox")
    await line.work()
    [posted] = await line.rows("envelopes")
    [(name, content)] = (await line.files(SUPPLIER)).items()
    assert name == f"inbox/{posted.uuid}.xml"
    assert b">N7<" in content
    assert f'mailboxUuid="{SHOP}"'.encode() in content
    assert (await line.row("transfers", transfer)).state == "PROCESSED"


async def test_a_job_done_by_two_workers_makes_its_envelope_once(line):
    await line.put("e.xml", envelope(), folder="outbox")
    [stale] = await Jobs(line.db).claim("w1", line.clock(), timedelta(minutes=1), 1)
    line.clock.tick(timedelta(minutes=2))
    [fresh] = await Jobs(line.db).claim("w2", line.clock(), timedelta(minutes=1), 1)
    with pytest.raises(LeaseLost):
        await line.do(stale)
    assert await line.rows("envelopes") == []
    await line.do(fresh)
    assert len(await line.rows("envelopes")) == 1


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("<envelope", "envelope-xml"),
        (envelope(head='templateVersion="nope"'), "template-unknown"),
        (envelope(number=""), "field-required"),
        (envelope(more='<field name="NUMBR">1</field>'), "field-unknown"),
        (envelope(recipient="0f000000-0000-4000-8000-000000000009"), "mailbox-unknown"),
        (
            envelope(more=f'<field name="FILE" attachmentUuid="{SHOP}"/>'),
            "attachment-unknown",
        ),
    ],
)
async def test_a_native_envelope_that_does_not_fit_goes_to_error(line, content, code):
    transfer = await line.put("e.xml", content, folder="outbox")
    await line.work()
    row = await line.row("transfers", transfer)
    assert (row.state, row.error["code"]) == ("FAILED", code)
    files = await line.files(SHOP)
    assert files["error/e.xml"] == content.encode()
    report = json.loads(files["error/e.xml.error.json"])
    assert (report["code"], report["transfer"]) == (code, transfer)
    assert report["remedy"]
    assert await line.rows("envelopes") == []


async def test_a_file_that_no_rule_matches_says_how_many_were_tried(line):
    await line.rule(OUT, TO_ENVELOPE, match=Match(MatchKind.CONTENT, "INVOIC"))
    transfer = await line.put("order.edi", ORDER)
    await line.work()
    error = (await line.row("transfers", transfer)).error
    assert error["code"] == "no-rule"
    assert "1 enabled OUT rule tried" in error["message"]


async def test_the_first_rule_that_matches_fails_alone(line):
    broken = stylesheet("\n<xsl:value-of select='error()'/>")
    bad = await line.rule(OUT, broken, match=Match(MatchKind.CONTENT, "ORDERS"))
    good = await line.rule(OUT, TO_ENVELOPE)
    transfer = await line.put("order.edi", ORDER)
    await line.work()
    error = (await line.row("transfers", transfer)).error
    assert (error["rule"], error["step"], error["line"]) == (bad.id, "convert", 2)
    counters = {r.uuid: (r.succeeded, r.failed) for r in await line.rows("rules")}
    assert counters == {bad.id: (0, 1), good.id: (0, 0)}


async def test_a_result_that_is_no_envelope_names_the_rule(line):
    rule = await line.rule(OUT, stylesheet("<order/>"))
    transfer = await line.put("order.edi", ORDER)
    await line.work()
    error = (await line.row("transfers", transfer)).error
    assert error["rule"] == rule.id
    assert "result is no envelope" in error["message"]


async def test_several_envelopes_are_posted_all_or_none(line):
    two = f"<envelopes>{envelope('1')}{envelope('2')}</envelopes>"
    await line.rule(OUT, stylesheet(two), multiple_envelopes=True)
    await line.put("a.txt", b"a")
    await line.work()
    assert len(await line.rows("envelopes")) == 2
    bad = f"<envelopes>{envelope('1')}{envelope('')}</envelopes>"
    await line.rule(
        OUT,
        stylesheet(bad),
        multiple_envelopes=True,
        mailbox=SUPPLIER,
    )
    transfer = await line.put("b.txt", b"b", mailbox=SUPPLIER)
    await line.work()
    error = (await line.row("transfers", transfer)).error
    assert "envelope 2 of 2" in error["message"]
    assert len(await line.rows("envelopes")) == 2


async def test_several_envelopes_are_posted_once_though_their_job_runs_again(line):
    two = f"<envelopes>{envelope('1')}{envelope('2')}</envelopes>"
    await line.rule(OUT, stylesheet(two), multiple_envelopes=True)
    transfer = await line.put("a.txt", b"a")
    [stale] = await Jobs(line.db).claim("w1", line.clock(), timedelta(minutes=1), 1)
    line.clock.tick(timedelta(minutes=2))
    [fresh] = await Jobs(line.db).claim("w2", line.clock(), timedelta(minutes=1), 1)
    with pytest.raises(LeaseLost):  # as if the power went before the commit
        await line.do(stale)
    assert await line.rows("envelopes") == []
    await line.do(fresh)
    async with line.db.write() as conn:
        await jobs.add(conn, "route", transfer, line.clock())
    await line.work()
    assert [row.source_index for row in await line.rows("envelopes")] == [0, 1]
    [kept] = [row for row in await line.rows("rules") if row.succeeded]
    assert (kept.succeeded, kept.failed) == (1, 0)


async def test_a_stylesheet_looks_things_up_and_attaches_the_file(line):
    ext = 'xmlns:f="java:com.whitedoc.xslt.extensions.WdExtensions"'
    recipient = "<xsl:value-of select=\"f:getMailboxUuidByAlias('GLN:Supplier')\"/>"
    text = stylesheet(
        f'<envelope templateUuid="{TEMPLATE}"><info><subject/></info><flow><roles>'
        f'<role id="b"><xsl:attribute name="mailboxUuid">{recipient}</xsl:attribute>'
        '</role></roles></flow><documents><document id="d"><field name="NUMBER">1'
        '</field><field name="FILE" '
        'attachmentUuid="{f:createAttachementWithSourceFile()}"/></document>'
        "</documents></envelope>",
        more=ext,
    )
    await line.rule(OUT, text)
    await line.put("photo.jpg", b"\xff\xd8\xff", contentType="image/jpeg")
    await line.work()
    [attachment] = await line.rows("attachments")
    assert (attachment.name, attachment.content_type, attachment.size) == (
        "photo.jpg",
        "image/jpeg",
        3,
    )
    [used] = await line.rows("envelope_attachments")
    assert used.attachment == attachment.uuid


async def test_an_in_rule_that_fails_is_a_failed_delivery_that_can_be_ordered_again(
    line,
):
    rule = await line.rule(IN, stylesheet("\n\n<xsl:value-of select='error()'/>"))
    await line.put("e.xml", envelope(), folder="outbox")
    await line.work()
    [failed] = [t for t in await line.rows("transfers") if t.direction == "DELIVERED"]
    assert (failed.state, failed.error["step"], failed.error["line"]) == (
        "FAILED",
        "render",
        3,
    )
    assert failed.error["rule"] == rule.id
    [posted] = await line.rows("envelopes")
    assert posted.status == "WAITING"
    async with line.db.write() as conn:
        await conn.exec_driver_sql("UPDATE rules SET stylesheet = ''")
        await deliveries.reprocess(conn, failed.uuid, line.clock(), "ordered by anna")
    await line.work()
    [again] = [t for t in await line.rows("transfers") if t.direction == "DELIVERED"]
    assert (again.uuid, again.state, again.error) == (failed.uuid, "DELIVERED", None)
    assert len(await line.files(SUPPLIER)) == 1
    [posted] = await line.rows("envelopes")
    assert posted.status == "COMPLETED"


async def test_an_in_rule_is_for_its_template_version(line):
    await line.rule(IN, TO_ERP, template_version="another")
    await line.put("e.xml", envelope(), folder="outbox")
    await line.work()
    assert [name.split("/")[0] for name in await line.files(SUPPLIER)] == ["inbox"]


async def test_notify_mails_and_leaves_the_decision_to_a_person(line):
    await line.integrate(
        SUPPLIER, default_rule=DefaultRule.NOTIFY, notify_email="anna@example.com"
    )
    await line.put("e.xml", envelope(), folder="outbox")
    await line.work()
    [mail] = await line.rows("mails")
    assert (mail.kind, mail.to) == ("envelope-arrived", "anna@example.com")
    [posted] = await line.rows("envelopes")
    assert posted.status == "WAITING"
    assert await line.files(SUPPLIER) == {}


async def test_reject_cancels_with_the_reason_and_tells_the_sender(line):
    await line.integrate(
        SUPPLIER, default_rule=DefaultRule.REJECT, reject_reason="closed"
    )
    await line.integrate(SHOP, notify_email="shop@example.com")
    await line.put("e.xml", envelope(), folder="outbox")
    await line.work()
    [posted] = await line.rows("envelopes")
    assert (posted.status, posted.reject_reason) == ("CANCELLED", "closed")
    assert {e.status for e in await line.rows("mailbox_entries")} == {"CANCELLED"}
    [mail] = await line.rows("mails")
    assert (mail.kind, mail.to) == ("envelope-rejected", "shop@example.com")


async def test_what_a_person_decided_is_not_decided_again_by_the_default_rule(line):
    await line.put("e.xml", envelope(), folder="outbox")
    await line.work()
    await line.integrate(SUPPLIER, default_rule=DefaultRule.REJECT)
    [posted] = await line.rows("envelopes")
    assert posted.status == "COMPLETED"
    async with line.db.write() as conn:
        await decisions.redispatch(conn, posted.uuid, SUPPLIER, line.clock())
    await line.work()
    [posted] = await line.rows("envelopes")
    assert (posted.status, posted.reject_reason) == ("COMPLETED", "")


async def test_a_late_delivery_leaves_a_rejected_envelope_rejected(line):
    await line.put("e.xml", envelope(), folder="outbox")
    for _ in ("route", "dispatch"):
        [job] = await Jobs(line.db).claim("w", line.clock(), timedelta(minutes=5), 1)
        await line.do(job)
    [posted] = await line.rows("envelopes")
    async with line.db.write() as conn:
        assert await envelopes.cancel(
            conn, posted.uuid, SUPPLIER, "no", "by anna", line.clock()
        )
    await line.work()
    assert {e.status for e in await line.rows("mailbox_entries")} == {"CANCELLED"}
    [entry] = [e for e in await line.rows("mailbox_entries") if e.scope == "inbox"]
    assert entry.how == "by anna"


async def test_recipients_who_complete_at_once_complete_the_envelope(line):
    await line.put("e.xml", envelope(), folder="outbox")
    [job] = await Jobs(line.db).claim("w", line.clock(), timedelta(minutes=5), 1)
    await line.do(job)
    [posted] = await line.rows("envelopes")
    [inbox] = [e for e in await line.rows("mailbox_entries") if e.scope == "inbox"]
    async with line.db.write() as conn:
        second = {**inbox._mapping, "mailbox": SHOP}
        await conn.execute(insert(mailbox_entries).values(**second))

    async def complete(box: MailboxId) -> bool:
        async with line.db.write() as conn:
            done = await envelopes.complete(
                conn, posted.uuid, box, "accepted", line.clock()
            )
            await asyncio.sleep(0.05)
            return done

    done = await asyncio.gather(complete(SUPPLIER), complete(SHOP))
    assert sorted(done) == [False, True]
    [posted] = await line.rows("envelopes")
    assert posted.status == "COMPLETED"


async def test_a_failure_is_mailed_to_the_owner(line):
    await line.integrate(SHOP, notify_email="shop@example.com")
    await line.put("x.edi", b"nothing")
    await line.work()
    [mail] = await line.rows("mails")
    assert (mail.kind, mail.to) == ("failure", "shop@example.com")


@pytest.mark.parametrize("appliance", [True, False])
async def test_what_is_switched_off_waits_and_goes_on_afterwards(line, appliance):
    if appliance:
        await line.switch(on=False)
    else:
        await line.integrate(SUPPLIER, enabled=False)
    await line.put("e.xml", envelope(), folder="outbox")
    await line.work()
    assert await line.files(SUPPLIER) == {}
    [parked] = await line.rows("jobs")
    assert (parked.kind, parked.run_at) == ("dispatch", PARKED)
    if appliance:
        await line.switch(on=True)
    else:
        await line.integrate(SUPPLIER, enabled=True)
    await Jobs(line.db).unpark(PARKED, line.clock())
    await line.work()
    assert len(await line.files(SUPPLIER)) == 1


async def test_a_delivery_switched_off_half_way_waits_too(line):
    await line.put("e.xml", envelope(), folder="outbox")
    for _ in ("route", "dispatch"):
        [job] = await Jobs(line.db).claim("w", line.clock(), timedelta(minutes=5), 1)
        await line.do(job)
    await line.integrate(SUPPLIER, enabled=False)
    await line.work()
    assert await line.files(SUPPLIER) == {}
    await line.integrate(SUPPLIER, enabled=True)
    await Jobs(line.db).unpark(PARKED, line.clock())
    await line.work()
    assert len(await line.files(SUPPLIER)) == 1


@pytest.mark.parametrize("steps", [("route",), ("route", "dispatch")])
async def test_what_is_switched_on_while_a_job_is_being_parked_goes_on(line, steps):
    if not line.db.embedded:
        pytest.skip("only SQLite's writers wait for their turn")
    await line.put("e.xml", envelope(), folder="outbox")
    for _ in steps:
        [job] = await Jobs(line.db).claim("w", line.clock(), timedelta(minutes=5), 1)
        await line.do(job)
    [job] = await Jobs(line.db).claim("w", line.clock(), timedelta(minutes=5), 1)
    await line.integrate(SUPPLIER, enabled=False)
    held = line.db._turn
    await held.acquire()  # the job has looked and waits for its turn to write
    async with asyncio.TaskGroup() as group:
        group.create_task(line.do(job))
        while not held._waiters:
            await asyncio.sleep(0.001)
        async with replace(line.db, _turn=asyncio.Lock()).write() as conn:
            now = await integrations.get(conn, SUPPLIER)
            await integrations.put(conn, replace(now, enabled=True))
        held.release()
    await line.work()
    assert len(await line.files(SUPPLIER)) == 1


async def deliver_by_as2(line, *results) -> None:
    line.as2.script = deque(results)
    await line.integrate(SUPPLIER, protocol=Channel.AS2)
    await line.put("e.xml", envelope(), folder="outbox")
    await line.work()


DOWN = Problem("unreachable", "connection refused", "deliver")


async def test_a_partner_who_is_down_is_tried_again(line):
    await deliver_by_as2(line, Refused(DOWN, permanent=False), Sent("MDN verified"))
    [delivery] = [t for t in await line.rows("transfers") if t.direction == "DELIVERED"]
    assert (delivery.state, delivery.attempts) == ("QUEUED", 1)
    line.clock.tick(timedelta(hours=1))
    await line.work()
    [delivery] = [t for t in await line.rows("transfers") if t.direction == "DELIVERED"]
    assert (delivery.state, delivery.attempts) == ("DELIVERED", 2)
    [posted] = await line.rows("envelopes")
    assert posted.status == "COMPLETED"
    notes = [t.detail for t in await line.rows("trace") if t.transfer == delivery.uuid]
    assert any("attempt 1 failed: connection refused" in note for note in notes)


async def test_a_delivery_given_up_is_told_and_can_be_ordered_again(line):
    await line.integrate(SUPPLIER, notify_email="edi@example.com")
    await deliver_by_as2(line, Refused(DOWN, permanent=True), Sent("MDN verified"))
    [delivery] = [t for t in await line.rows("transfers") if t.direction == "DELIVERED"]
    assert (delivery.state, delivery.error["code"]) == ("FAILED", "unreachable")
    [mail] = await line.rows("mails")
    assert mail.kind == "delivery-failed"
    async with line.db.write() as conn:
        await deliveries.reprocess(conn, delivery.uuid, line.clock(), "by anna")
    await line.work()
    assert [p.transfer for p in line.as2.sent] == [delivery.uuid, delivery.uuid]
    assert (await line.row("transfers", delivery.uuid)).state == "DELIVERED"


async def test_an_asynchronous_mdn_is_awaited(line):
    await deliver_by_as2(line, MdnPending(MessageId("<1@gw>")))
    [delivery] = [t for t in await line.rows("transfers") if t.direction == "DELIVERED"]
    assert (delivery.state, delivery.message_id) == ("AWAITING_MDN", "<1@gw>")


async def test_an_envelope_can_be_sent_to_the_remote_server_once_more(line):
    await line.put("e.xml", envelope(), folder="outbox")
    await line.work()
    [posted] = await line.rows("envelopes")
    async with line.db.write() as conn:
        await decisions.redispatch(conn, posted.uuid, SUPPLIER, line.clock())
    await line.work()
    assert len(await line.files(SUPPLIER)) == 2


async def test_what_failed_at_first_can_be_sent_once_more_after_it_went(line):
    await line.rule(IN, stylesheet("<xsl:value-of select='error()'/>"))
    await line.put("e.xml", envelope(), folder="outbox")
    await line.work()
    [failed] = [t for t in await line.rows("transfers") if t.direction == "DELIVERED"]
    async with line.db.write() as conn:
        await conn.exec_driver_sql("UPDATE rules SET stylesheet = ''")
        await deliveries.reprocess(conn, failed.uuid, line.clock(), "ordered by anna")
    await line.work()
    for count in (2, 3):
        async with line.db.write() as conn:
            await decisions.redispatch(conn, failed.envelope, SUPPLIER, line.clock())
        await line.work()
        assert len(await line.files(SUPPLIER)) == count


async def test_what_is_on_its_way_is_not_also_recorded_as_failed(line):
    await deliver_by_as2(line, Refused(DOWN, permanent=False))
    [posted] = await line.rows("envelopes")
    async with line.db.write() as conn:
        await decisions.redispatch(conn, posted.uuid, SUPPLIER, line.clock())
    [job] = await Jobs(line.db).claim("w", line.clock(), timedelta(minutes=5), 1)
    problem = Problem("internal-error", "failed 5 times", "convert")
    await line.handlers["dispatch"].give_up(job, problem)
    [delivery] = [t for t in await line.rows("transfers") if t.direction == "DELIVERED"]
    assert delivery.state == "QUEUED"
    assert [job.kind for job in await line.rows("jobs")] == ["deliver"]


async def test_an_envelope_expires_when_its_time_is_over(line):
    await line.integrate(SUPPLIER, enabled=False)
    text = envelope().replace("</info>", '<expire afterDays="2"/></info>')
    await line.put("e.xml", text, folder="outbox")
    await line.work()
    line.clock.tick(timedelta(days=3))
    async with line.db.write() as conn:
        [over] = await envelopes.expire(conn, line.clock())
        assert await envelopes.expire(conn, line.clock()) == []
    [posted] = await line.rows("envelopes")
    assert (posted.uuid, posted.status) == (over, "EXPIRED")
    assert {e.status for e in await line.rows("mailbox_entries")} == {"EXPIRED"}


async def test_what_cannot_be_handled_is_put_aside_for_people(line):
    transfer = await line.put("e.xml", envelope(), folder="outbox")
    [job] = await Jobs(line.db).claim("w", line.clock(), timedelta(minutes=5), 1)
    problem = Problem("internal-error", "failed 5 times", "convert")
    await line.handlers["route"].give_up(job, problem)
    assert (await line.row("transfers", transfer)).error["code"] == "internal-error"
    assert "error/e.xml" in await line.files(SHOP)
    assert await line.rows("jobs") == []


async def order_again(line, transfer: str) -> None:
    async with line.db.write() as conn:
        await deliveries.reprocess(conn, transfer, line.clock(), "by anna")


async def fail_to_render(line):
    """Post an envelope that the supplier's rule fails on; return the delivery."""
    await line.rule(IN, stylesheet("<xsl:value-of select='error()'/>"))
    await line.put("e.xml", envelope(), folder="outbox")
    await line.work()
    [failed] = [t for t in await line.rows("transfers") if t.direction == "DELIVERED"]
    return failed


async def test_a_delivery_ordered_again_is_queued_at_once(line):
    failed = await fail_to_render(line)
    await order_again(line, failed.uuid)
    again = await line.row("transfers", failed.uuid)
    assert (again.state, again.error) == ("QUEUED", None)


async def test_a_delivery_ordered_again_that_comes_to_nothing_says_why(line):
    failed = await fail_to_render(line)
    async with line.db.write() as conn:
        await conn.exec_driver_sql("DELETE FROM rules")
    await line.integrate(SUPPLIER, default_rule=DefaultRule.NOTIFY)
    await order_again(line, failed.uuid)
    await line.work()
    again = await line.row("transfers", failed.uuid)
    assert (again.state, again.error["code"]) == ("FAILED", "nothing-to-deliver")
    assert "notifies" in again.error["message"]


async def test_an_envelope_rejected_before_its_delivery_is_not_delivered(line):
    await line.put("e.xml", envelope(), folder="outbox")
    for _ in ("route", "dispatch"):
        [job] = await Jobs(line.db).claim("w", line.clock(), timedelta(minutes=5), 1)
        await line.do(job)
    [posted] = await line.rows("envelopes")
    async with line.db.write() as conn:
        assert await envelopes.cancel(
            conn, posted.uuid, SUPPLIER, "closed", "rejected by anna", line.clock()
        )
    await line.work()
    assert await line.files(SUPPLIER) == {}
    [delivery] = [t for t in await line.rows("transfers") if t.direction == "DELIVERED"]
    assert (delivery.state, delivery.error["code"]) == ("FAILED", "envelope-ended")
