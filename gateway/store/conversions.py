"""Reading the conversion log; the pipeline writes it (gateway.store.transfers)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, Select, case, func, literal, select, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.core.desk.conversions import (
    Conversion,
    ConversionQuery,
    ConversionStatus,
)
from gateway.core.desk.rules import RuleDay
from gateway.core.model import EnvelopeId, MailboxId, RuleId, TransferId
from gateway.store.listing import contains, page
from gateway.store.tables import conversions, rules


async def search(
    conn: AsyncConnection, query: ConversionQuery
) -> tuple[int, Sequence[Conversion]]:
    """Return how many lines match in all, and one page of them, newest first."""
    total, rows = await page(conn, _found(query), query.limit, query.offset)
    return total, [_conversion(row) for row in rows]


async def days(
    conn: AsyncConnection, rule: RuleId, begins: Sequence[datetime]
) -> Sequence[RuleDay]:
    """Count what the rule did on each day; *begins* are their first moments."""
    good = case((conversions.c.status == ConversionStatus.SUCCEED.value, 1), else_=0)
    # one that was run again later had failed
    lost = [ConversionStatus.FAILED.value, ConversionStatus.REPROCESSED.value]
    bad = case((conversions.c.status.in_(lost), 1), else_=0)
    counted = [
        select(literal(number), func.sum(good), func.sum(bad))
        .where(conversions.c.rule == rule, conversions.c.at >= begin)
        .where(conversions.c.at < begin + timedelta(days=1))
        for number, begin in enumerate(begins)
    ]
    return [
        RuleDay(begins[number].date(), succeeded or 0, failed or 0)
        for number, succeeded, failed in await conn.execute(union_all(*counted))
    ]


def _found(query: ConversionQuery) -> Select[Any]:
    found = (
        select(conversions, rules.c.name.label("rule_name"))
        .outerjoin(rules, rules.c.uuid == conversions.c.rule)
        .order_by(conversions.c.at.desc(), conversions.c.id.desc())
    )
    if query.mailbox is not None:
        found = found.where(conversions.c.mailbox == query.mailbox)
    if query.rule is not None:
        found = found.where(conversions.c.rule == query.rule)
    if query.no_rule:
        found = found.where(conversions.c.rule.is_(None))
    if query.status is not None:
        found = found.where(conversions.c.status == query.status.value)
    if query.keyword:
        found = found.where(
            contains(
                query.keyword,
                conversions.c.file_name,
                conversions.c.message,
                conversions.c.transfer,
                conversions.c.envelope,
            )
        )
    return found


def _conversion(row: Row[Any]) -> Conversion:
    return Conversion(
        id=row.id,
        at=row.at,
        mailbox=MailboxId(row.mailbox),
        rule=RuleId(row.rule) if row.rule else None,
        rule_name=row.rule_name or "",
        direction=row.direction,
        transfer=TransferId(row.transfer) if row.transfer else None,
        envelope=EnvelopeId(row.envelope) if row.envelope else None,
        file_name=row.file_name,
        status=row.status,
        message=row.message,
    )
