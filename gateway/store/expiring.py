"""Envelopes that will expire soon, each told of once (`notifyIn`)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.core.envelope import EnvelopeStatus
from gateway.core.model import EnvelopeId, MailboxId
from gateway.store.tables import envelopes, mailbox_entries

OPEN = EnvelopeStatus.WAITING.value
BATCH = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Expiring:
    """An envelope that still waits in a recipient's inbox."""

    envelope: EnvelopeId
    mailbox: MailboxId
    sender: MailboxId
    subject: str
    expires_at: datetime


async def take(conn: AsyncConnection, now: datetime) -> Sequence[Expiring]:
    """Return what is due to be told of, and mark it as told."""
    due = (
        select(envelopes.c.uuid)
        .where(envelopes.c.status == OPEN, envelopes.c.notify_at <= now)
        .order_by(envelopes.c.notify_at)
        .limit(BATCH)
    )
    found = (await conn.execute(due)).scalars().all()
    if not found:
        return []
    rows = await conn.execute(
        select(envelopes, mailbox_entries.c.mailbox)
        .join(mailbox_entries, mailbox_entries.c.envelope == envelopes.c.uuid)
        .where(envelopes.c.uuid.in_(found), envelopes.c.expires_at > now)
        .where(mailbox_entries.c.scope == "inbox", mailbox_entries.c.status == OPEN)
    )
    waiting = [
        Expiring(
            envelope=EnvelopeId(row.uuid),
            mailbox=MailboxId(row.mailbox),
            sender=MailboxId(row.sender),
            subject=row.subject,
            expires_at=row.expires_at,
        )
        for row in rows
    ]
    told = update(envelopes).where(envelopes.c.uuid.in_(found))
    await conn.execute(told.values(notify_at=None))
    return waiting
