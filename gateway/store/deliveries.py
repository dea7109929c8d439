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
    Queued,
    RuleId,
    TransferId,
    TransferState,
)
from gateway.store import jobs
from gateway.store.tables import transfer_envelopes, transfers
from gateway.store.transfers import note


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A transfer to a remote server as the pipeline sees it."""

    parcel: Parcel
    channel: Channel
    rule: RuleId | None
    state: TransferState
    attempts: int


async def enqueue(
    conn: AsyncConnection,
    parcel: Parcel,
    channel: Channel,
    rule: RuleId | None,
    at: datetime,
) -> bool:
    """Record a delivery and its job; False if the same one is on its way already.

    Unique for (envelope, mailbox, rule) among what is not finished: a dispatch that
    runs twice delivers once, one that a person orders again delivers again.
    """
    pair = (transfers.c.envelope == parcel.envelope) & (
        transfers.c.mailbox == parcel.mailbox
    )
    outgoing = transfers.c.direction == Direction.DELIVERED.value
    ended = transfers.c.finished_at.is_not(None)
    generation = await conn.scalar(
        select(func.count()).select_from(transfers).where(pair, outgoing, ended)
    )
    key = f"{parcel.envelope}|{parcel.mailbox}|{rule or 'default'}|{generation}"
    taken = select(transfers.c.uuid).where(transfers.c.delivery_key == key)
    if (await conn.execute(taken)).first() is not None:
        return False
    await conn.execute(
        insert(transfers).values(
            uuid=parcel.transfer,
            mailbox=parcel.mailbox,
            direction=Direction.DELIVERED.value,
            protocol=channel.value,
            folder=parcel.folder.text,
            file_name=parcel.name.text,
            sha256=parcel.blob.sha256,
            size=parcel.blob.size,
            content_type=parcel.content_type,
            attributes={},
            state=TransferState.QUEUED.value,
            attempts=0,
            not_before=at,
            rule=rule,
            envelope=parcel.envelope,
            delivery_key=key,
            created_at=at,
        )
    )
    await conn.execute(
        insert(transfer_envelopes).values(
            transfer=parcel.transfer, envelope=parcel.envelope
        )
    )
    await jobs.add(conn, "deliver", parcel.transfer, at)
    return True


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
            envelope=EnvelopeId(row.envelope),
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


async def deliver_again(
    conn: AsyncConnection, transfer: TransferId, at: datetime, why: str
) -> None:
    """Queue a failed delivery again, its attempts counted from nought."""
    await conn.execute(
        update(transfers)
        .where(transfers.c.uuid == transfer)
        .values(**_columns(Queued(0, at)))
    )
    await note(conn, transfer, at, "deliver", why)
    await jobs.add(conn, "deliver", transfer, at)
