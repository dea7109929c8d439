"""Acknowledgements on the whole line: made once, delivered, matched, never answered."""

from datetime import timedelta

import pytest
from line_world import SHOP, SUPPLIER, TO_ENVELOPE, Line, stylesheet
from sqlalchemy import update

from gateway.convert.pool import Converter
from gateway.core.errors import LeaseLost
from gateway.core.model import Channel, Sent
from gateway.core.rules import RuleDirection
from gateway.store import tables, transfers
from gateway.store.jobs import Jobs
from gateway.store.retention import Finished

IN, OUT = RuleDirection.IN, RuleDirection.OUT
ORDER = (
    "UNB+UNOC:3+SHOP:14+HUB:14+261012:1530+R1'UNH+M1+ORDERS:D:96A:UN'BGM+220+ORD1+9'"
    "UNT+3+M1'UNZ+1+R1'"
)
PO = (
    "ISA*00*          *00*          *ZZ*SHOP           *01*MAKER          "
    "*261012*1530*U*00401*000000077*0*T*>~GS*PO*SH*MA*20261012*1530*12*X*004010~"
    "ST*850*0001~BEG*00~SE*3*0001~GE*1*12~IEA*1*000000077~"
)
TO_EDIFACT = stylesheet(
    "<EDIFACT><UNB><UNB02>HUB</UNB02><UNB03>SUPPLIER</UNB03><UNB04><UNB0401>261123"
    "</UNB0401><UNB0402>2000</UNB0402></UNB04></UNB><ORDERS><UNH><UNH02><UNH0201>ORDERS"
    "</UNH0201><UNH0202>D</UNH0202><UNH0203>96A</UNH0203></UNH02></UNH><BGM><BGM02>"
    "<xsl:value-of select=\"//field[@name='NUMBER']\"/></BGM02></BGM></ORDERS>"
    "</EDIFACT>"
)
ANSWER = (
    "UNB+UNOC:3+SUPPLIER+HUB+261123:2100+{0}'UNH+1+CONTRL:D:3:UN'UCI+{1}+HUB+SUPPLIER"
    "+{2}'UNT+3+1'UNZ+1+{0}'"
)


@pytest.fixture
async def line(db, tmp_path, clock):
    async with Converter(workers=1) as pool:
        world = Line(db, tmp_path, clock, pool)
        await world.settle_in()
        yield world


async def said(line, transfer):
    rows = await line.rows("trace")
    return [row.detail for row in rows if row.transfer == transfer]


async def test_both_partners_acknowledge_and_nobody_acknowledges_that(line):
    await line.rule(OUT, TO_ENVELOPE, attributes={"ACKNOWLEDGE": "yes"})
    attributes = {"OUTPUT_FORMAT": "EDIFACT"}
    await line.rule(IN, TO_EDIFACT, attributes=attributes, file_name_pattern="o.edi")
    received = await line.put("order.edi", ORDER)
    await line.work()
    shop, supplier = await line.files(SHOP), await line.files(SUPPLIER)
    assert shop == {
        "cinbox/CONTRL_R1.edi": b"UNB+UNOC:3+HUB:14+SHOP:14+260101:0000+1'"
        b"UNH+1+CONTRL:D:3:UN'UCI+R1+SHOP:14+HUB:14+7'UCM+M1+ORDERS:D:96A:UN+7'UNT+4+1'UNZ+1+1'"
    }
    assert supplier == {
        "cinbox/o.edi": b"UNB+UNOC:3+HUB+SUPPLIER+261123:2000+1'UNH+1+ORDERS:D:96A'"
        b"BGM++ORD1'UNT+3+1'UNZ+1+1'"
    }
    sent = {row.file_name: row for row in await line.rows("transfers")}
    assert (sent["CONTRL_R1.edi"].state, sent["CONTRL_R1.edi"].envelope) == (
        "DELIVERED",
        None,
    )
    made, order = sent["CONTRL_R1.edi"].uuid, sent["o.edi"].uuid
    words = f"acknowledged with CONTRL_R1.edi, transfer {made}: CONTRL 1: accepted"
    assert words in await said(line, received)
    words = f"acknowledges order.edi, transfer {received}: CONTRL 1: accepted"
    assert words in await said(line, made)

    await answer(line, order)
    assert len(await line.rows("transfers")) == 6
    assert await line.files(SUPPLIER) == supplier
    assert await line.rows("jobs") == []


async def answer(line, order):
    """Let the supplier take it, refuse it, and name what was not sent."""
    answers = (("1", "7"), ("1", "4+12"), ("2", "7"))
    for number, (reference, verdict) in enumerate(answers):
        text = ANSWER.format(number, reference, verdict)
        await line.put(f"c{number}.edi", text, mailbox=SUPPLIER)
    await line.work()
    transfer = {row.file_name: row for row in await line.rows("transfers")}
    assert {transfer[f"c{n}.edi"].state for n in range(3)} == {"PROCESSED"}
    trace = await said(line, order)
    assert "the partner acknowledged 1 with c0.edi" in trace
    refused = "rejected by the partner with c1.edi: the interchange: 12 invalid value"
    assert refused in trace
    own = await said(line, transfer["c0.edi"].uuid)
    assert f"answers 1 from HUB to SUPPLIER, sent by transfer {order}" in own
    other = await said(line, transfer["c2.edi"].uuid)
    nothing = "answers 2 from HUB to SUPPLIER, which was not sent to this mailbox"
    assert nothing in other
    answered = [row.accepted for row in await line.rows("sent_interchanges")]
    assert answered == [False]


async def test_a_refusal_is_sent_at_once_and_a_second_verdict_after_the_mending(line):
    rule = await line.rule(
        OUT, stylesheet("<nothing/>"), attributes={"ACKNOWLEDGE": "yes"}
    )
    received = await line.put("order.edi", ORDER)
    await line.work()
    assert (await line.row("transfers", received)).state == "FAILED"
    [name] = [name for name in await line.files(SHOP) if name.startswith("cinbox/")]
    content = (await line.files(SHOP))[name]
    assert b"UCM+M1+ORDERS:D:96A:UN+4+18'" in content
    async with line.db.write() as conn:
        transfer = await transfers.received(conn, received)
        mended = update(tables.rules).where(tables.rules.c.uuid == rule.id)
        await conn.execute(mended.values(stylesheet=TO_ENVELOPE))
        now = line.clock()
        await transfers.run_again(conn, received, transfer.upload, now, "ordered")

    # two workers do the job: one is late, and nothing is sent or counted twice
    [stale] = await Jobs(line.db).claim("w1", line.clock(), timedelta(minutes=1), 1)
    while stale.kind != "acknowledge":
        await line.do(stale)
        [stale] = await Jobs(line.db).claim("w1", line.clock(), timedelta(minutes=1), 1)
    line.clock.tick(timedelta(minutes=2))
    [fresh] = await claimed(line)
    with pytest.raises(LeaseLost):
        await line.do(stale)
    await line.do(fresh)
    await line.work()
    answers = [
        row.file_name
        for row in await line.rows("transfers")
        if row.direction == "DELIVERED" and row.envelope is None
    ]
    assert answers == ["CONTRL_R1.edi", "CONTRL_R1.edi"]
    numbers = [(row.receiver, row.last) for row in await line.rows("control_numbers")]
    assert numbers == [("SHOP:14", 2)]
    files = {
        n: d for n, d in (await line.files(SHOP)).items() if n.startswith("cinbox")
    }
    assert len(files) == 2
    assert any(b"UCM+M1+ORDERS:D:96A:UN+7'" in data for data in files.values())


async def test_more_answers_and_groups_than_one_file_may_have_are_told(
    line, monkeypatch
):
    await line.rule(OUT, TO_ENVELOPE, attributes={"ACKNOWLEDGE": "yes"})
    monkeypatch.setattr("gateway.engine.answering.ANSWERS", 1)
    monkeypatch.setattr("gateway.engine.acknowledging.GROUPS", 0)
    answers = ANSWER.format(1, "1", "7").replace("UCI", "UCI+2+A+B+7'UCI")
    many = await line.put("c.edi", answers, mailbox=SUPPLIER)
    order = await line.put("po.x12", PO)
    await line.work()
    error = (await line.row("transfers", many)).error
    assert (error["code"], error["step"]) == ("acknowledgement-too-large", "read")
    why = "it has more than 0 functional groups"
    assert f"no acknowledgement could be made: {why}" in await said(line, order)


async def test_who_uses_as2_gets_a_997_by_as2_and_no_file_is_passed_over(line):
    await line.rule(OUT, TO_ENVELOPE, attributes={"ACKNOWLEDGE": "yes"})
    await line.integrate(SHOP, protocol=Channel.AS2)
    line.as2.script.append(Sent("MDN"))
    order = await line.put("po.x12", PO)
    other = await line.put("a.txt", "no interchange")
    torn = ANSWER.format(1, "1", "7").partition("UNT")[0]
    broken = await line.put("c.edi", torn, mailbox=SUPPLIER)
    await line.work()
    [parcel] = line.as2.sent
    assert (parcel.name.text, parcel.envelope) == ("997_000000077.x12", None)
    assert parcel.content_type == "application/EDI-X12"
    data = line.blobs.path(parcel.blob).read_bytes()
    assert b"~AK1*PO*12~AK2*850*0001~AK5*R*5~AK9*R*1*1*0~" in data
    assert (await line.row("transfers", parcel.transfer)).state == "DELIVERED"
    assert any("997 1: rejected" in text for text in await said(line, order))
    why = "it has no header of EDIFACT or X12 that can be read"
    assert f"no acknowledgement could be made: {why}" in await said(line, other)
    error = (await line.row("transfers", broken)).error
    assert (error["code"], error["step"]) == ("acknowledgement-syntax", "read")
    later, finished = line.clock() + timedelta(days=1), Finished(line.db)
    assert await finished.drop_answers(line.clock()) == 0
    assert await finished.drop_answers(later) == 1
    assert await finished.drop_numbers(later) == 2
    assert {row.last for row in await line.rows("control_numbers")} == {1}


async def claimed(line):
    return await Jobs(line.db).claim("w2", line.clock(), timedelta(minutes=5), 1)
