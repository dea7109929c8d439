"""Which interchanges a transfer carried, and what the partner answered to them."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.core.interchange import SIDE, Reference
from gateway.core.model import MailboxId, Parcel, TransferId
from gateway.store.tables import sent_interchanges


async def add(
    conn: AsyncConnection, parcel: Parcel, references: Sequence[Reference]
) -> None:
    """Record what goes to the mailbox's remote server."""
    rows = [
        {
            "transfer": parcel.transfer,
            "mailbox": parcel.mailbox,
            "kind": each.kind,
            "sender": each.sender[:SIDE],
            "receiver": each.receiver[:SIDE],
            "number": each.number[:SIDE],
        }
        for each in references
    ]
    if rows:
        await conn.execute(insert(sent_interchanges), rows)


async def answered(
    conn: AsyncConnection,
    mailbox: MailboxId,
    reference: Reference,
    at: datetime,
    *,
    accepted: bool,
) -> TransferId | None:
    """Record the partner's answer; return the newest transfer that carried this.

    None if nothing of this number went to the mailbox's remote server.
    """
    found = (
        select(sent_interchanges.c.id, sent_interchanges.c.transfer)
        .filter_by(
            mailbox=mailbox,
            kind=reference.kind,
            number=reference.number[:SIDE],
            sender=reference.sender[:SIDE],
            receiver=reference.receiver[:SIDE],
        )
        .order_by(sent_interchanges.c.id.desc())
        .limit(1)
    )
    row = (await conn.execute(found)).one_or_none()
    if row is None:
        return None
    await conn.execute(
        update(sent_interchanges)
        .where(sent_interchanges.c.id == row.id)
        .values(answered_at=at, accepted=accepted)
    )
    return TransferId(row.transfer)
