"""Rules in the store: order, levels, counters."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import insert

from gateway.core.model import (
    BlobRef,
    MailboxId,
    RuleId,
    TemplateId,
    TemplateVersionId,
)
from gateway.core.rules import (
    Level,
    Match,
    MatchKind,
    Rule,
    RuleDirection,
    Validation,
    ZipKind,
)
from gateway.store import rules
from gateway.store.tables import mailboxes

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ANNA, BEN = MailboxId("anna"), MailboxId("ben")


@pytest.fixture(autouse=True)
async def two_mailboxes(db):
    async with db.write() as conn:
        for box in (ANNA, BEN):
            await conn.execute(
                insert(mailboxes).values(uuid=box, name=box, created_at=NOW)
            )


def a_rule(key: str, **changes) -> Rule:
    plain = Rule(
        id=RuleId(key),
        mailbox=ANNA,
        level=Level.MAILBOX,
        direction=RuleDirection.OUT,
        name=key,
        enabled=True,
        template=TemplateId("t"),
        template_version=TemplateVersionId("v"),
        match=Match(MatchKind.NAME, ".*"),
    )
    return replace(plain, **changes)


async def add(db, *rows: Rule) -> None:
    async with db.write() as conn:
        for row in rows:
            await rules.add(conn, row, NOW)


async def listed(db, mailbox: MailboxId = ANNA) -> list[str]:
    async with db.read() as conn:
        return [rule.id for rule in await rules.listing(conn, mailbox)]


async def test_a_rule_comes_back_as_it_was_saved(db):
    out = a_rule(
        "out",
        attributes={"A": "1"},
        validations=(Validation("a.xsd", "<x/>"),),
        example=BlobRef("0" * 64, 3),
        example_name="a.edi",
    )
    into = a_rule(
        "in",
        direction=RuleDirection.IN,
        match=None,
        template_version=None,
        zip=ZipKind.FULL,
    )
    await add(db, out, into)
    async with db.read() as conn:
        assert await rules.get(conn, out.id) == out
        assert await rules.get(conn, into.id) == into
        assert await rules.get(conn, RuleId("nobody")) is None


async def test_the_mailboxes_rules_come_before_the_accounts(db):
    await add(
        db,
        a_rule("account", level=Level.ACCOUNT),
        a_rule("first"),
        a_rule("second"),
        a_rule("other", mailbox=BEN),
    )
    assert await listed(db) == ["first", "second", "account"]
    assert await listed(db, BEN) == ["other", "account"]


async def test_only_enabled_rules_of_the_direction_are_tried(db):
    await add(
        db,
        a_rule("off", enabled=False),
        a_rule("in", direction=RuleDirection.IN),
        a_rule("account", level=Level.ACCOUNT, mailbox=BEN),
        a_rule("out"),
    )
    async with db.read() as conn:
        tried = await rules.for_mailbox(conn, ANNA, RuleDirection.OUT)
    assert [rule.id for rule in tried] == ["out", "account"]


async def test_reordering_keeps_the_levels_apart(db):
    await add(db, a_rule("a"), a_rule("b"), a_rule("c", level=Level.ACCOUNT))
    async with db.write() as conn:
        await rules.reorder(conn, [RuleId("b"), RuleId("a"), RuleId("c")])
    assert await listed(db) == ["b", "a", "c"]
    await add(db, a_rule("d"))
    assert await listed(db) == ["b", "a", "d", "c"]


async def test_a_rule_that_changes_its_level_goes_to_the_end_of_it(db):
    await add(db, a_rule("a"), a_rule("b"), a_rule("c", level=Level.ACCOUNT))
    async with db.write() as conn:
        await rules.save(conn, a_rule("a", level=Level.ACCOUNT, name="renamed"), NOW)
        await rules.save(conn, a_rule("b", name="stays"), NOW)
    assert await listed(db) == ["b", "c", "a"]


async def test_counting_switching_and_removing(db):
    await add(db, a_rule("a", succeeded=7), a_rule("b"))
    async with db.write() as conn:
        await rules.count(conn, RuleId("a"), ok=True)
        await rules.count(conn, RuleId("a"), ok=False)
        await rules.count(conn, RuleId("a"), ok=False)
        await rules.switch(conn, RuleId("a"), NOW, enabled=False)
        await rules.remove(conn, RuleId("b"))
        found = await rules.get(conn, RuleId("a"))
    assert found == a_rule("a", succeeded=1, failed=2, enabled=False)
    assert await listed(db) == ["a"]
