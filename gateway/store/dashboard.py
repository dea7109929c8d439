"""The numbers of the dashboard; each query reads an index, or few rows."""

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import (
    ColumnElement,
    and_,
    case,
    func,
    literal,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.core.desk.dashboard import Day, Failures, Waiting
from gateway.core.model import Direction, MailboxId, TransferState
from gateway.store.mails import MailState
from gateway.store.tables import jobs, mailboxes, mails, trace, transfers

KINDS = 5  # of failures, and mailboxes that wait, at most
STILL_TRIED = timedelta(days=7)  # what began earlier has failed long ago
LATE = timedelta(minutes=5)
FAILED, QUEUED = TransferState.FAILED.value, TransferState.QUEUED.value
_TRIED = re.compile(r"attempt \d+ failed: (?P<why>.*?)(?:; next at \S+)?", re.DOTALL)


async def days(
    conn: AsyncConnection,
    begins: Sequence[tuple[date, datetime]],
    end: datetime,
    mailbox: MailboxId | None = None,
) -> Sequence[Day]:
    """Count what began on each day; *begins* are the days with their first moment."""
    ends = [*(begin for _day, begin in begins[1:]), end]
    failed = case((transfers.c.state == FAILED, 1), else_=0)
    counted = [
        select(
            literal(number).label("number"),
            transfers.c.direction,
            func.count(),
            func.sum(failed),
        )
        .where(
            transfers.c.created_at >= begin,
            transfers.c.created_at < until,
            _of(mailbox),
        )
        .group_by(transfers.c.direction)
        for number, ((_day, begin), until) in enumerate(zip(begins, ends, strict=True))
    ]
    found = [[0, 0, 0] for _ in begins]
    for number, direction, count, bad in await conn.execute(union_all(*counted)):
        found[number][direction == Direction.DELIVERED.value] += count - bad
        found[number][2] += bad
    return [
        Day(day, *numbers) for (day, _begin), numbers in zip(begins, found, strict=True)
    ]


def _of(mailbox: MailboxId | None) -> ColumnElement[bool]:
    return true() if mailbox is None else transfers.c.mailbox == mailbox


async def failures(
    conn: AsyncConnection, since: datetime, mailbox: MailboxId | None = None
) -> tuple[int, Sequence[Failures]]:
    """Return how many ended in failure since then, and the most frequent kinds."""
    recent = and_(
        transfers.c.state == FAILED,
        transfers.c.created_at >= since - STILL_TRIED,
        transfers.c.finished_at >= since,
        _of(mailbox),
    )
    total = select(func.count()).select_from(transfers).where(recent)
    count = int((await conn.execute(total)).scalar_one())
    if not count:
        return 0, []
    code = transfers.c.error["code"].as_string()
    message = func.max(transfers.c.error["message"].as_string())
    kinds = (
        select(transfers.c.mailbox, mailboxes.c.name, message, func.count())
        .join(mailboxes, mailboxes.c.uuid == transfers.c.mailbox)
        .where(recent)
        .group_by(transfers.c.mailbox, mailboxes.c.name, code)
        .order_by(func.count().desc(), mailboxes.c.name)
        .limit(KINDS)
    )
    return count, [
        Failures(mailbox=MailboxId(box), mailbox_name=name, message=said, count=number)
        for box, name, said, number in await conn.execute(kinds)
    ]


async def waiting(
    conn: AsyncConnection, now: datetime, mailbox: MailboxId | None = None
) -> Sequence[Waiting]:
    """Return whose remote servers did not take what was due, who longest first."""
    stuck = and_(
        transfers.c.state == QUEUED,
        or_(transfers.c.attempts > 0, transfers.c.not_before < now - LATE),
        _of(mailbox),
    )
    groups = (
        select(
            transfers.c.mailbox,
            mailboxes.c.name,
            func.count(),
            func.min(transfers.c.created_at),
            func.min(transfers.c.not_before),
        )
        .join(mailboxes, mailboxes.c.uuid == transfers.c.mailbox)
        .where(stuck)
        .group_by(transfers.c.mailbox, mailboxes.c.name)
        .order_by(func.min(transfers.c.created_at))
        .limit(KINDS)
    )
    found = []
    for box, name, count, oldest, again in (await conn.execute(groups)).all():
        first = (
            select(transfers.c.uuid)
            .where(stuck, transfers.c.mailbox == box)
            .order_by(transfers.c.created_at)
            .limit(1)
        )
        since, why = await _tries(conn, (await conn.execute(first)).scalar_one())
        found.append(
            Waiting(
                mailbox=MailboxId(box),
                mailbox_name=name,
                count=count,
                since=since or oldest,
                why=why,
                next_at=again,
            )
        )
    return found


async def _tries(conn: AsyncConnection, transfer: str) -> tuple[datetime | None, str]:
    """Return when its first try failed, and what its last one said."""
    lines = (
        select(trace.c.at, trace.c.detail)
        .where(trace.c.transfer == transfer, trace.c.step == "deliver")
        .order_by(trace.c.id)
    )
    tried = [
        (line.at, match["why"])
        for line in await conn.execute(lines)
        if (match := _TRIED.fullmatch(line.detail))
    ]
    return (tried[0][0], tried[-1][1]) if tried else (None, "")


async def on_the_way(
    conn: AsyncConnection, mailbox: MailboxId | None = None
) -> tuple[int, int]:
    """Return how many wait for a try, and how many for an MDN."""
    states = (QUEUED, TransferState.AWAITING_MDN.value)
    counted = select(transfers.c.state, func.count()).group_by(transfers.c.state)
    rows = await conn.execute(
        counted.where(transfers.c.state.in_(states), _of(mailbox))
    )
    found = {state: count for state, count in rows}  # noqa: C416 - rows are no pairs to mypy
    return found.get(states[0], 0), found.get(states[1], 0)


async def troubles(conn: AsyncConnection, since: datetime) -> tuple[int, int]:
    """Return how many mails could not be sent since then, and jobs were given up."""
    unsent = (
        select(func.count())
        .select_from(mails)
        .where(mails.c.state == MailState.FAILED.value, mails.c.created_at >= since)
    )
    dead = select(func.count()).select_from(jobs).where(jobs.c.dead.is_(True))
    return (
        int((await conn.execute(unsent)).scalar_one()),
        int((await conn.execute(dead)).scalar_one()),
    )
