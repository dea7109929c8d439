"""What goes to remote servers: enqueued once, settled after each attempt."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import assert_never

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.core.model import (
    AwaitingMdn,
    BlobRef,
    Channel,
    Delivered,
    DeliveryState,
    Direction,
    EnvelopeId,
    Failed,
    FileName,
    Folder,
    MailboxId,
    Parcel,
    Problem,
    Queued,
    RuleId,
    TransferId,
    TransferState,
)
from gateway.store import jobs
from gateway.store.tables import transfer_envelopes, transfers
from gateway.store.transfers import mark_reprocessed, note


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A transfer to a remote server as the pipeline sees it.

    *not_before* is when its next attempt, or its MDN, is due.
    """

    parcel: Parcel
    channel: Channel
    rule: RuleId | None
    state: TransferState
    attempts: int
    not_before: datetime | None = None


async def enqueue(
    conn: AsyncConnection,
    parcel: Parcel,
    channel: Channel,
    rule: RuleId | None,
    at: datetime,
    problem: Problem | None = None,
) -> bool:
    """Record a delivery and its job; False if the same one is on its way already.

    One of (envelope, mailbox, rule) may be unfinished at a time: a dispatch that runs
    twice delivers once, one that a person orders again delivers again. They are
    numbered, so that of two at once the second breaks the unique key. With a
    `problem` it is recorded as failed, without a job. A failed transfer that is tried
    again is written over.
    """
    pair = (
        select(transfers.c.uuid, transfers.c.rule, transfers.c.delivery_key)
        .add_columns(transfers.c.finished_at)
        .where(transfers.c.envelope == parcel.envelope)
        .where(transfers.c.mailbox == parcel.mailbox)
        .where(transfers.c.direction == Direction.DELIVERED.value)
    )
    twins = {row.uuid: row for row in await conn.execute(pair)}
    numbers = [int(row.delivery_key.rpartition("|")[2]) for row in twins.values()]
    again = twins.pop(parcel.transfer, None)
    if any(r.rule == rule and r.finished_at is None for r in twins.values()):
        return False
    number = max(numbers, default=-1) + 1
    key = f"{parcel.envelope}|{parcel.mailbox}|{rule or 'default'}|{number}"
    state = Queued(0, at) if problem is None else Failed(at, 0, problem)
    values = {
        **_file(parcel, channel),
        "rule": rule,
        "delivery_key": key,
        **_columns(state),
    }
    if again is None:
        await _insert(conn, parcel, at, values)
    else:
        await conn.execute(
            update(transfers)
            .where(transfers.c.uuid == parcel.transfer)
            .values(**values)
        )
    if problem is None:
        lane = _lane(channel, parcel.mailbox)
        await jobs.add(conn, "deliver", parcel.transfer, at, lane)
    return True


async def answer(
    conn: AsyncConnection, parcel: Parcel, channel: Channel, key: str, at: datetime
) -> None:
    """Record the delivery of an acknowledgement, and its job; *key* is its own."""
    values = {**_file(parcel, channel), "delivery_key": key, **_columns(Queued(0, at))}
    await _insert(conn, parcel, at, values)
    lane = _lane(channel, parcel.mailbox)
    await jobs.add(conn, "deliver", parcel.transfer, at, lane)


async def is_answered(conn: AsyncConnection, key: str) -> bool:
    """Whether there is a delivery of this key."""
    there = select(transfers.c.uuid).where(transfers.c.delivery_key == key)
    return (await conn.execute(there)).first() is not None


def _file(parcel: Parcel, channel: Channel) -> Mapping[str, object]:
    return {
        "protocol": channel.value,
        "folder": parcel.folder.text,
        "file_name": parcel.name.text,
        "sha256": parcel.blob.sha256,
        "size": parcel.blob.size,
        "content_type": parcel.content_type,
    }


async def _insert(
    conn: AsyncConnection, parcel: Parcel, at: datetime, values: Mapping[str, object]
) -> None:
    await conn.execute(
        insert(transfers).values(
            uuid=parcel.transfer,
            mailbox=parcel.mailbox,
            direction=Direction.DELIVERED.value,
            attributes={},
            envelope=parcel.envelope,
            created_at=at,
            **values,
        )
    )
    if parcel.envelope is not None:
        await conn.execute(
            insert(transfer_envelopes).values(
                transfer=parcel.transfer, envelope=parcel.envelope
            )
        )


async def count(conn: AsyncConnection, envelope: EnvelopeId, mailbox: MailboxId) -> int:
    """Return how often the envelope reached the mailbox's remote server."""
    there = (
        select(func.count())
        .select_from(transfers)
        .where(transfers.c.envelope == envelope, transfers.c.mailbox == mailbox)
        .where(transfers.c.state == TransferState.DELIVERED.value)
    )
    number: int = (await conn.execute(there)).scalar_one()
    return number


async def delivery(conn: AsyncConnection, transfer: TransferId) -> Delivery | None:
    """Return the delivery; None if there is none."""
    row = (
        await conn.execute(
            select(transfers).where(
                transfers.c.uuid == transfer,
                transfers.c.direction == Direction.DELIVERED.value,
            )
        )
    ).one_or_none()
    if row is None:
        return None
    return Delivery(
        parcel=Parcel(
            transfer=transfer,
            envelope=row.envelope and EnvelopeId(row.envelope),
            mailbox=MailboxId(row.mailbox),
            name=FileName(row.file_name),
            folder=Folder.parse(row.folder),
            blob=BlobRef(row.sha256, row.size),
            content_type=row.content_type,
        ),
        channel=Channel(row.protocol),
        rule=row.rule and RuleId(row.rule),
        state=TransferState(row.state),
        attempts=row.attempts,
        not_before=row.not_before,
    )


async def settle(
    conn: AsyncConnection, transfer: TransferId, channel: Channel, state: DeliveryState
) -> None:
    """Write the state that a delivery attempt led to."""
    await conn.execute(
        update(transfers)
        .where(transfers.c.uuid == transfer)
        .values(protocol=channel.value, **_columns(state))
    )


async def end(
    conn: AsyncConnection, transfer: TransferId, problem: Problem, at: datetime
) -> None:
    """Record that there is nothing to deliver, and why."""
    await conn.execute(
        update(transfers)
        .where(transfers.c.uuid == transfer)
        .values(**_columns(Failed(at, 0, problem)))
    )
    await note(conn, transfer, at, problem.step, problem.message)


def _columns(state: DeliveryState) -> Mapping[str, object]:
    match state:
        case Queued(attempts, not_before):
            return {
                "state": TransferState.QUEUED.value,
                "attempts": attempts,
                "not_before": not_before,
                "error": None,
                "finished_at": None,
            }
        case AwaitingMdn(message, attempts, deadline):
            return {
                "state": TransferState.AWAITING_MDN.value,
                "attempts": attempts,
                "not_before": deadline,
                "message_id": message,
            }
        case Delivered(at, attempts, _):
            return {
                "state": TransferState.DELIVERED.value,
                "attempts": attempts,
                "not_before": None,
                "error": None,
                "finished_at": at,
            }
        case Failed(at, attempts, problem):
            return {
                "state": TransferState.FAILED.value,
                "attempts": attempts,
                "not_before": None,
                "error": asdict(problem),
                "finished_at": at,
            }
        case _:
            assert_never(state)


async def reprocess(
    conn: AsyncConnection, transfer: TransferId, at: datetime, why: str
) -> None:
    """Try a failed delivery again from the step that failed.

    What failed on the way to the partner is sent again as it is; what failed before
    it was a file is matched and converted again.
    """
    row = (
        await conn.execute(select(transfers).where(transfers.c.uuid == transfer))
    ).one()
    await note(conn, transfer, at, "reprocess", why)
    await mark_reprocessed(conn, transfer)
    await conn.execute(
        update(transfers)
        .where(transfers.c.uuid == transfer)
        .values(**_columns(Queued(0, at)))
    )
    if row.error and row.error["step"] != "deliver":
        subject = f"{row.envelope}|{row.mailbox}|{transfer}"
        await jobs.add(conn, "dispatch", subject, at)
        return
    lane = _lane(Channel(row.protocol), row.mailbox)
    await jobs.add(conn, "deliver", transfer, at, lane)


def _lane(channel: Channel, mailbox: str) -> str:
    """Return whom a delivery waits for: a folder of our own takes no time."""
    return mailbox if channel is Channel.AS2 else ""
