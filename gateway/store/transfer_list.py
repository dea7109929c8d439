"""Transfers as their mailbox's owner sees them: lists, and one with its trace."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.core.desk.transfers import TraceLine, TransferQuery, TransferView
from gateway.core.model import (
    BlobRef,
    Channel,
    Direction,
    EnvelopeId,
    MailboxId,
    Problem,
    RuleId,
    TransferId,
    TransferState,
)
from gateway.store.listing import contains, page
from gateway.store.tables import trace, transfer_envelopes, transfers

DONE = {TransferState.PROCESSED, TransferState.DELIVERED}


async def search(
    conn: AsyncConnection, query: TransferQuery
) -> tuple[int, Sequence[TransferView]]:
    """Return how many match in all, and one page of them, newest first."""
    total, rows = await page(conn, _filtered(query), query.limit, query.offset)
    return total, await _views(conn, rows)


async def listing(
    conn: AsyncConnection, query: TransferQuery
) -> Sequence[TransferView]:
    """Return one page, newest first."""
    found = _filtered(query).limit(query.limit).offset(query.offset)
    return await _views(conn, (await conn.execute(found)).all())


async def _views(
    conn: AsyncConnection, rows: Sequence[Row[Any]]
) -> Sequence[TransferView]:
    made = await _envelopes(conn, [row.uuid for row in rows])
    return [_view(row, made.get(row.uuid, ())) for row in rows]


async def by_state(
    conn: AsyncConnection, query: TransferQuery
) -> Mapping[TransferState, int]:
    """Return how many match in each state, whatever states the query names."""
    counted = select(transfers.c.state, func.count()).group_by(transfers.c.state)
    rows = await conn.execute(_matching(counted, query))
    return {TransferState(state): count for state, count in rows}


async def get(conn: AsyncConnection, transfer: TransferId) -> TransferView | None:
    """Return the transfer with its trace; None if there is none."""
    found = select(transfers).where(transfers.c.uuid == transfer)
    row = (await conn.execute(found)).one_or_none()
    if row is None:
        return None
    lines = select(trace).where(trace.c.transfer == transfer).order_by(trace.c.id)
    steps = [
        TraceLine(line.at, line.step, line.detail) for line in await conn.execute(lines)
    ]
    made = await _envelopes(conn, [transfer])
    return _view(row, made.get(transfer, ()), steps)


def _filtered(query: TransferQuery) -> Select[Any]:
    found = select(transfers).order_by(
        transfers.c.created_at.desc(), transfers.c.uuid.desc()
    )
    found = _matching(found, query)
    if query.states:
        found = found.where(_in(query.states))
    return found


def _in(states: Sequence[TransferState]) -> ColumnElement[bool]:
    """Return the condition that a transfer is in one of the states.

    Most transfers are done: they are found in the order of time, without an index of
    states that would have them sorted.
    """
    if DONE.isdisjoint(states):
        return transfers.c.state.in_([one.value for one in states])
    others = [one.value for one in TransferState if one not in states]
    return transfers.c.state.not_in(others)


def _matching(found: Select[Any], query: TransferQuery) -> Select[Any]:
    """Add every condition but that on the state."""
    exact = {
        transfers.c.mailbox: query.mailbox,
        transfers.c.direction: query.direction and query.direction.value,
        transfers.c.protocol: query.protocol and query.protocol.value,
    }
    for column, value in exact.items():
        if value is not None:
            found = found.where(column == value)
    if query.since is not None:
        found = found.where(transfers.c.created_at >= query.since)
    if query.until is not None:
        found = found.where(transfers.c.created_at < query.until)
    if query.text:
        found = found.where(_named(query.text))
    return found


def _named(text: str) -> ColumnElement[bool]:
    begin = text.lower()
    return or_(
        contains(text, transfers.c.file_name),
        transfers.c.uuid.startswith(begin, autoescape=True),
        transfers.c.sha256.startswith(begin, autoescape=True),
        transfers.c.message_id.in_([text, f"<{text}>"]),
    )


async def _envelopes(
    conn: AsyncConnection, wanted: Sequence[str]
) -> Mapping[str, Sequence[EnvelopeId]]:
    links = (
        select(transfer_envelopes)
        .where(transfer_envelopes.c.transfer.in_(wanted))
        .order_by(transfer_envelopes.c.envelope)
    )
    found: dict[str, list[EnvelopeId]] = {}
    for link in await conn.execute(links):
        found.setdefault(link.transfer, []).append(EnvelopeId(link.envelope))
    return found


def _view(
    row: Row[Any], made: Sequence[EnvelopeId], steps: Sequence[TraceLine] = ()
) -> TransferView:
    waiting = TransferState(row.state) is TransferState.QUEUED
    return TransferView(
        id=TransferId(row.uuid),
        mailbox=MailboxId(row.mailbox),
        direction=Direction(row.direction),
        protocol=Channel(row.protocol),
        folder=row.folder,
        file_name=row.file_name,
        content_type=row.content_type,
        blob=BlobRef(row.sha256, row.size),
        state=TransferState(row.state),
        problem=_problem(row.error) if row.error else None,
        envelopes=made,
        attempts=row.attempts,
        created_at=row.created_at,
        finished_at=row.finished_at,
        next_attempt_at=row.not_before if waiting else None,
        rule=RuleId(row.rule) if row.rule else None,
        trace=steps,
    )


def _problem(error: Mapping[str, Any]) -> Problem:
    return Problem(
        code=error["code"],
        message=error["message"],
        step=error["step"],
        rule=RuleId(error["rule"]) if error["rule"] else None,
        line=error["line"],
        remedy=error["remedy"],
        details=tuple(error.get("details", ())),
    )
