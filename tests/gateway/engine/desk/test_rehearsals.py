"""Changed rules on documents of the past: what would be otherwise, and nothing done."""

import re
from dataclasses import replace

import pytest
from line_world import (
    SHOP,
    SUPPLIER,
    TEMPLATE,
    TO_ENVELOPE,
    TO_ERP,
    Line,
    envelope,
    stylesheet,
)

from gateway.convert.pool import Converter
from gateway.core.desk.rehearsal import Outcome, Past
from gateway.core.desk.rules import RuleDraft
from gateway.core.errors import Invalid, NotFound
from gateway.core.rules import Match, MatchKind, RuleDirection, ZipKind
from gateway.engine.desk import rehearsals
from gateway.engine.desk.rehearsals import Rehearsals
from gateway.engine.desk.trials import Trials
from gateway.store import transfers

IN, OUT = RuleDirection.IN, RuleDirection.OUT
EDI = "UNB+UNOC:3+1:14+2:14+261012:1530+R1'\nUNH+1+ORDERS:D:96A:UN'\nBGM+220+{}+9'\n"
EDI += "UNT+3+1'\nUNZ+1+R1'\n"
NAMED = stylesheet(
    envelope(
        "<xsl:value-of select='//BGM02'/>",
        head='uuid="0d000000-0000-4000-8000-00000000000{//BGM02}"',
    )
)


@pytest.fixture
async def line(db, tmp_path, clock):
    async with Converter(workers=1) as pool:
        world = Line(db, tmp_path, clock, pool)
        await world.settle_in()
        yield world


@pytest.fixture
def rehearse(line):
    """Return what runs a draft on every document, part by part."""
    router = line.handlers["route"]
    trials = Trials(
        line.db,
        router.conversions,
        line.handlers["dispatch"].archives,
        line.drafts,
        line.clock,
        line.new_id,
    )
    desk = Rehearsals(line.db, line.blobs, trials, line.clock, line.new_id)

    async def run(mailbox, draft, rule=None, of=None, **past):
        found, after, parts = [], "", 0
        while not parts or after:
            part = await desk.run(
                mailbox, draft, rule and rule.id, Past(of=of, after=after, **past)
            )
            found += part.documents
            after, parts = part.next, parts + 1
            assert part.done == len(found)
        assert part.total == len(found)
        return found

    run.desk = desk
    return run


def outcomes(found):
    return {one.file_name: one.outcome for one in found}


async def counted(line):
    names = ("transfers", "envelopes", "conversions", "jobs", "trace", "given_numbers")
    rules = {row.uuid: (row.succeeded, row.failed) for row in await line.rows("rules")}
    return {name: len(await line.rows(name)) for name in names}, rules


async def test_files_are_compared_with_the_envelopes_made_of_them(
    line, rehearse, monkeypatch
):
    rule = await line.rule(OUT, TO_ENVELOPE, match=Match(MatchKind.NAME, "[a-c].*"))
    for name, number in (("a.edi", "A"), ("b.edi", "B"), ("c.edi", ""), ("d.edi", "D")):
        await line.put(name, EDI.format(number))
    await line.put("native.xml", envelope(), folder="outbox")
    await line.work()
    before = await counted(line)
    draft = RuleDraft.of(rule)

    found = await rehearse(SHOP, draft, rule, [rule.id])
    assert outcomes(found) == {
        "a.edi": Outcome.SAME,
        "b.edi": Outcome.SAME,
        "c.edi": Outcome.STILL_FAILS,
    }
    assert found[0].problem.code == "field-required"
    assert [one.file_name for one in found] == ["c.edi", "b.edi", "a.edi"]

    monkeypatch.setattr(rehearsals, "SECONDS", 0)  # one document in each part
    changed = stylesheet(
        envelope(
            "<xsl:value-of select=\"if (//BGM02 = 'B') then 'X' else //BGM02\"/>"
            "<xsl:if test=\"not(//BGM02 != '')\">none</xsl:if>"
        )
    )
    wider = replace(draft, stylesheet=changed, match=Match(MatchKind.NAME, "[b-d].*"))
    found = await rehearse(SHOP, wider, rule)
    assert outcomes(found) == {
        "a.edi": Outcome.NO_LONGER_MATCHES,
        "b.edi": Outcome.DIFFERENT,
        "c.edi": Outcome.WORKS_NOW,
        "d.edi": Outcome.MATCHES_NOW,
    }
    different = next(one for one in found if one.outcome is Outcome.DIFFERENT)
    marks = [line.strip() for line in different.difference if line[0] in "+-"]
    assert marks == [
        '-      <field name="NUMBER">B</field>',
        '+      <field name="NUMBER">X</field>',
    ]
    assert next(one for one in found if one.file_name == "a.edi").note == (
        "the name a.edi does not match [b-d].*"
    )
    broken = replace(draft, stylesheet=stylesheet("<xsl:message terminate='yes'/>"))
    found = await rehearse(SHOP, broken, rule, last=1, of=[rule.id])
    assert outcomes(found) == {"c.edi": Outcome.STILL_FAILS}
    found = await rehearse(SHOP, broken, rule, of=[rule.id])
    assert outcomes(found)["a.edi"] is Outcome.FAILS
    assert await counted(line) == before


async def test_a_copy_is_tried_on_what_another_rule_handled(line, rehearse):
    rule = await line.rule(OUT, NAMED)
    await line.put("a.edi", EDI.format("1"))
    await line.work()
    logged = (await line.rows("conversions"))[0]
    async with line.db.write() as conn:  # as when it was run again
        again = transfers.LogLine(
            at=line.clock(),
            mailbox=SHOP,
            rule=rule.id,
            direction="OUT",
            file_name="a.edi",
            status="SUCCEED",
            transfer=logged.transfer,
        )
        await transfers.log(conn, again)
    copy = RuleDraft.of(replace(rule, enabled=False, name="Copy"))
    [one] = await rehearse(SHOP, copy, of=[rule.id])
    # the uuid that the stylesheet gives is there, from this very file
    assert (one.outcome, one.problem) == (Outcome.SAME, None)
    assert one.note == "New rule stands above it and takes the document first"
    assert one.rule_name == "New rule"
    [one] = await rehearse(SHOP, copy)
    assert one.outcome is Outcome.NOT_CONCERNED


async def test_envelopes_are_compared_with_the_files_made_of_them(line, rehearse):
    await line.rule(OUT, TO_ENVELOPE)
    into = await line.rule(IN, TO_ERP)
    await line.put("a.edi", EDI.format("A"))
    await line.work()
    before = await counted(line)
    draft = RuleDraft.of(into)
    [one] = await rehearse(SUPPLIER, draft, into, [into.id])
    assert one.outcome is Outcome.SAME
    assert re.fullmatch(r"po-\d{10}\.xml", one.name_then)
    [one] = await rehearse(SUPPLIER, replace(draft, file_name_pattern="x.xml"), into)
    assert (one.outcome, one.name_now, list(one.difference)) == (
        Outcome.DIFFERENT,
        "x.xml",
        [],
    )
    other = replace(draft, stylesheet=TO_ERP.replace("po>", "order>"))
    [one] = await rehearse(SUPPLIER, other, into)
    assert list(one.difference)[1:] == ["-<po>A</po>", "+<order>A</order>"]
    [one] = await rehearse(SUPPLIER, replace(draft, stylesheet="<x"), into)
    assert (one.outcome, one.problem.step) == (Outcome.FAILS, "render")
    assert await counted(line) == before


async def test_control_numbers_of_then_are_used_and_none_is_taken(line, rehearse):
    await line.rule(OUT, TO_ENVELOPE)
    edifact = stylesheet(
        "<EDIFACT><UNB><UNB01><UNB0101>UNOC</UNB0101><UNB0102>3</UNB0102></UNB01>"
        "<UNB02><UNB0201>S</UNB0201></UNB02><UNB03><UNB0301>R</UNB0301></UNB03><UNB04>"
        "<UNB0401>261012</UNB0401><UNB0402>1530</UNB0402></UNB04></UNB>"
        "<ORDERS><UNH><UNH02><UNH0201>ORDERS</UNH0201><UNH0202>D</UNH0202><UNH0203>96A"
        "</UNH0203><UNH0204>UN</UNH0204></UNH02></UNH><BGM><BGM02>"
        "<xsl:value-of select=\"//field[@name='NUMBER']\"/></BGM02></BGM></ORDERS>"
        "</EDIFACT>"
    )
    options = {"attributes": {"OUTPUT_FORMAT": "EDIFACT"}}
    into = await line.rule(IN, edifact, **options)
    for number in ("A", "B"):
        await line.put(f"{number}.edi", EDI.format(number))
    await line.work()
    before = await counted(line)
    found = await rehearse(SUPPLIER, RuleDraft.of(into), into)
    assert [one.outcome for one in found] == [Outcome.SAME, Outcome.SAME], found
    assert before[0]["given_numbers"] >= 2
    assert await counted(line) == before


async def test_what_cannot_be_rehearsed_is_refused(line, rehearse):
    rule = await line.rule(OUT, TO_ENVELOPE)
    draft = RuleDraft.of(rule)
    for past, field in (
        (Past(last=101), "last"),
        (Past(last=0), "last"),
        (Past(after="x"), "after"),
        (Past(after=f"{10**20}.1"), "after"),
    ):
        with pytest.raises(Invalid) as refused:
            await rehearse.desk.run(SHOP, draft, rule.id, past)
        assert field in refused.value.data
    with pytest.raises(NotFound):
        await rehearse.desk.run(SHOP, draft, rule.id, Past(of=[TEMPLATE]))
    packed = RuleDraft(
        direction=IN, template=TEMPLATE, zip=ZipKind.FULL, file_name_pattern="x"
    )
    with pytest.raises(Invalid) as refused:
        await rehearse.desk.run(SUPPLIER, packed, None, Past())
    assert "zip" in refused.value.data
    assert await rehearse(SHOP, draft, rule) == []
