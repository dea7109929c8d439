"""Conversion rules: their order, their content, their counters.

A rule of level ACCOUNT is listed for every mailbox, after the mailbox's own rules.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    bindparam,
    case,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.engine import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

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
from gateway.store.tables import rules

# made once: to build a statement costs more than to run it
_LISTED = (
    select(rules)
    .where(
        (rules.c.level == Level.ACCOUNT.value)
        | (
            (rules.c.level == Level.MAILBOX.value)
            & (rules.c.mailbox == bindparam("mailbox"))
        )
    )
    .order_by(
        case((rules.c.level == Level.MAILBOX.value, 0), else_=1),
        rules.c.position,
        rules.c.created_at,
        rules.c.uuid,
    )
)
_TRIED = _LISTED.where(
    rules.c.enabled.is_(True), rules.c.direction == bindparam("direction")
)


async def for_mailbox(
    conn: AsyncConnection, mailbox: MailboxId, direction: RuleDirection
) -> Sequence[Rule]:
    """Return the enabled rules in the order in which they are tried."""
    wanted = {"mailbox": mailbox, "direction": direction.value}
    return [_rule(row) for row in (await conn.execute(_TRIED, wanted)).mappings()]


async def listing(conn: AsyncConnection, mailbox: MailboxId) -> Sequence[Rule]:
    """Return every rule that the mailbox's page shows, in the same order."""
    return [
        _rule(row)
        for row in (await conn.execute(_LISTED, {"mailbox": mailbox})).mappings()
    ]


async def get(conn: AsyncConnection, rule: RuleId) -> Rule | None:
    found = await conn.execute(select(rules).where(rules.c.uuid == rule))
    row = found.mappings().one_or_none()
    return _rule(row) if row else None


async def count(conn: AsyncConnection, rule: RuleId, *, ok: bool) -> None:
    """Add one to the succeeded or to the failed documents of the rule."""
    column = rules.c.succeeded if ok else rules.c.failed
    await conn.execute(
        update(rules).where(rules.c.uuid == rule).values({column: column + 1})
    )


async def add(conn: AsyncConnection, rule: Rule, at: datetime) -> None:
    """Insert the rule as the last of its level, its counters at zero."""
    await conn.execute(
        insert(rules).values(
            uuid=rule.id,
            mailbox=rule.mailbox,
            position=await _end(conn, rule),
            succeeded=0,
            failed=0,
            created_at=at,
            updated_at=at,
            **_content(rule),
        )
    )


async def save(conn: AsyncConnection, rule: Rule, at: datetime) -> None:
    """Write what a person may change; a rule that changes its level goes to its end."""
    old = select(rules.c.level).where(rules.c.uuid == rule.id)
    values = {"updated_at": at, **_content(rule)}
    if (await conn.execute(old)).scalar() != rule.level.value:
        values["position"] = await _end(conn, rule)
    await conn.execute(update(rules).where(rules.c.uuid == rule.id).values(values))


async def switch(
    conn: AsyncConnection, rule: RuleId, at: datetime, *, enabled: bool
) -> None:
    await conn.execute(
        update(rules).where(rules.c.uuid == rule).values(enabled=enabled, updated_at=at)
    )


async def remove(conn: AsyncConnection, rule: RuleId) -> None:
    await conn.execute(delete(rules).where(rules.c.uuid == rule))


async def reorder(conn: AsyncConnection, order: Sequence[RuleId]) -> None:
    """Give the rules the positions they have in `order`; levels stay apart."""
    for position, rule in enumerate(order):
        await conn.execute(
            update(rules).where(rules.c.uuid == rule).values(position=position)
        )


def _of_level(mailbox: MailboxId, level: Level) -> ColumnElement[bool]:
    mine = rules.c.level == level.value
    return mine if level is Level.ACCOUNT else mine & (rules.c.mailbox == mailbox)


async def _end(conn: AsyncConnection, rule: Rule) -> int:
    last = select(func.max(rules.c.position)).where(_of_level(rule.mailbox, rule.level))
    position: int | None = (await conn.execute(last)).scalar()
    return 0 if position is None else position + 1


def _content(rule: Rule) -> dict[str, Any]:
    return {
        "level": rule.level.value,
        "direction": rule.direction.value,
        "name": rule.name,
        "enabled": rule.enabled,
        "template": rule.template,
        "template_version": rule.template_version,
        "match_kind": rule.match.kind.value if rule.match else None,
        "match_pattern": rule.match.pattern if rule.match else None,
        "multiple_envelopes": rule.multiple_envelopes,
        "stylesheet": rule.stylesheet,
        "file_name_pattern": rule.file_name_pattern,
        "zip": rule.zip.value if rule.zip else None,
        "attributes": dict(rule.attributes),
        "validations": [
            {"name": one.name, "content": one.content} for one in rule.validations
        ],
        "example_name": rule.example_name,
        "example_sha256": rule.example.sha256 if rule.example else None,
        "example_size": rule.example.size if rule.example else None,
    }


def _rule(row: RowMapping) -> Rule:
    version = row["template_version"]
    validations: Sequence[Mapping[str, str]] = row["validations"]
    return Rule(
        id=RuleId(row["uuid"]),
        mailbox=MailboxId(row["mailbox"]),
        level=Level(row["level"]),
        direction=RuleDirection(row["direction"]),
        name=row["name"],
        enabled=row["enabled"],
        template=TemplateId(row["template"]),
        template_version=TemplateVersionId(version) if version else None,
        match=_match(row),
        multiple_envelopes=row["multiple_envelopes"],
        stylesheet=row["stylesheet"],
        file_name_pattern=row["file_name_pattern"],
        zip=ZipKind(row["zip"]) if row["zip"] else None,
        attributes=row["attributes"],
        validations=tuple(
            Validation(one["name"], one["content"]) for one in validations
        ),
        example_name=row["example_name"],
        example=_example(row),
        succeeded=row["succeeded"],
        failed=row["failed"],
    )


def _match(row: RowMapping) -> Match | None:
    if row["match_kind"] is None:
        return None
    return Match(MatchKind(row["match_kind"]), row["match_pattern"])


def _example(row: RowMapping) -> BlobRef | None:
    if row["example_sha256"] is None:
        return None
    return BlobRef(row["example_sha256"], row["example_size"])
