"""The conversion log on its page: filtered, paged, linked."""

import pytest

from gateway.core.desk.actor import COMMAND_LINE
from gateway.core.model import MailboxId, RuleId
from gateway.core.rules import Level, Match, MatchKind, Rule, RuleDirection
from gateway.store import rules, transfers
from gateway.store.transfers import LogLine

RULE, GONE = RuleId("00000000-0000-4000-8000-000000000001"), RuleId("gone")
LOG = "/admin/conversions"


@pytest.fixture
async def box(desk):
    return (await desk.mailboxes.create(COMMAND_LINE, "Shop", ())).id


@pytest.fixture
def log(world, box):
    """Return what writes lines."""

    async def write(*lines):
        async with world.db.write() as conn:
            for number, (name, rule, status, message) in enumerate(lines):
                line = LogLine(
                    at=world.clock(),
                    mailbox=box,
                    rule=rule,
                    direction="OUT" if number % 2 else "IN",
                    transfer=None,
                    envelope=None,
                    file_name=name,
                    status=status,
                    message=message,
                )
                await transfers.log(conn, line)

    return write


@pytest.fixture
async def written(world, desk, box, log):
    await desk.templates.ensure_builtin()
    (builtin,) = await desk.templates.latest()
    rule = Rule(
        id=RULE,
        mailbox=MailboxId(box),
        level=Level.MAILBOX,
        direction=RuleDirection.OUT,
        name="Orders <1>",
        enabled=True,
        template=builtin.uuid,
        template_version=builtin.version,
        match=Match(MatchKind.NAME, ".*"),
    )
    async with world.db.write() as conn:
        await rules.add(conn, rule, world.clock())
    await log(
        ("good.edi", RULE, "SUCCEED", ""),
        ("bad.edi", RULE, "FAILED", "line 3: <no> number"),
        ("again.edi", RULE, "REPROCESSED", ""),
        ("default.xml", None, "PROCESSED", "default rule: copy"),
        ("old.edi", GONE, "SUCCEED", ""),
    )


def shown(owner):
    names = ("good.edi", "bad.edi", "again.edi", "default.xml", "old.edi")
    return [name.partition(".")[0] for name in names if name in owner.text]


async def test_each_line_tells_document_rule_and_outcome(owner, written, box):
    await owner.get(LOG)
    assert shown(owner) == ["good", "bad", "again", "default", "old"]
    for told in (
        "Orders &lt;1&gt;",
        f'href="/admin/mailboxes/{box}/rules/{RULE}"',
        "line 3: &lt;no&gt; number",
        "a rule deleted since",
        "Failed, run again later",
        "Went on without a rule",
        "1 to 5 of 5",
    ):
        assert told in owner.text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (f"rule={RULE}", ["good", "bad", "again"]),
        (f"rule={GONE}", ["old"]),
        ("rule=none", ["default"]),
        ("status=FAILED", ["bad"]),
        ("q=NUMBER", ["bad"]),
        ("mailbox=nobody", []),
        (f"rule={RULE}&status=SUCCEED&q=good", ["good"]),
    ],
)
async def test_the_log_is_filtered(owner, written, query, found):
    await owner.get(f"{LOG}?{query}")
    assert shown(owner) == found
    assert ("No line matches" in owner.text) is not bool(found)


async def test_the_log_is_paged(owner, log, box):
    await owner.get(LOG)
    assert "Nothing was converted yet" in owner.text
    await log(*[(f"f{number}", None, "PROCESSED", "") for number in range(120)])
    await owner.get(f"{LOG}?mailbox={box}&page=2")
    assert "51 to 100 of 120" in owner.text
    assert "f69<" in owner.text
    assert "f70<" not in owner.text
    assert f'href="{LOG}?mailbox={box}"' in owner.text
    assert f'href="{LOG}?mailbox={box}&amp;page=3"' in owner.text
    await owner.get(f"{LOG}?page=9")
    assert "There is no such page" in owner.text


@pytest.mark.parametrize("query", ["page=x", "page=-1", "status=GOOD", "q=%00"])
async def test_an_address_that_cannot_be_is_refused(owner, query):
    await owner.get(f"{LOG}?{query}")
    assert owner.status == 422


async def test_a_name_that_would_read_backwards_is_shown_as_it_is(owner, log):
    await log(("a\u202ecod.exe", None, "FAILED", "no rule for a\u202ecod.exe"))
    await owner.get(LOG)
    assert owner.text.count("a\ufffdcod.exe") == 2
    assert "\u202e" not in owner.text
