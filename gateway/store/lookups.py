"""What a document refers to: mailboxes, attachments, other envelopes."""

from collections.abc import Sequence

from sqlalchemy import bindparam, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.core.model import AttachmentId, EnvelopeId, MailboxId
from gateway.store.tables import (
    attachments,
    envelope_attachments,
    envelope_fields,
    envelopes,
    mailbox_entries,
    mailboxes,
)

_MAILBOXES = select(mailboxes.c.uuid).where(
    mailboxes.c.uuid.in_(bindparam("wanted", expanding=True))
)
INDEXED = 1000  # characters of a field's value that can be searched


async def unknown_attachments(
    conn: AsyncConnection, mailbox: MailboxId, wanted: Sequence[AttachmentId]
) -> Sequence[AttachmentId]:
    """Return those that do not exist for the mailbox.

    It may send its own, those that no envelope has carried yet, and those it got or
    sent: who only knows a uuid may not.
    """
    if not wanted:
        return []
    carried = (
        exists()
        .where(envelope_attachments.c.attachment == attachments.c.uuid)
        .where(mailbox_entries.c.envelope == envelope_attachments.c.envelope)
        .where(mailbox_entries.c.mailbox == mailbox)
    )
    owner = attachments.c.mailbox
    there = (
        select(attachments.c.uuid)
        .where(attachments.c.uuid.in_(wanted))
        .where(or_(owner.is_(None), owner == mailbox, carried))
    )
    found = set((await conn.execute(there)).scalars())
    return [uuid for uuid in wanted if uuid not in found]


async def unknown_mailboxes(
    conn: AsyncConnection, wanted: Sequence[MailboxId]
) -> Sequence[MailboxId]:
    """Return those that do not exist."""
    found = set((await conn.execute(_MAILBOXES, {"wanted": wanted})).scalars())
    return [uuid for uuid in wanted if uuid not in found]


async def envelope_exists(conn: AsyncConnection, envelope: EnvelopeId) -> bool:
    known = select(envelopes.c.uuid).where(envelopes.c.uuid == envelope)
    return (await conn.execute(known)).first() is not None


async def by_field(
    conn: AsyncConnection, mailbox: MailboxId, template: str, name: str, value: str
) -> Sequence[EnvelopeId]:
    """Return up to two envelopes of `mailbox` whose field has exactly this value."""
    found = (
        select(envelopes.c.uuid)
        .distinct()
        .join(envelope_fields, envelope_fields.c.envelope == envelopes.c.uuid)
        .join(mailbox_entries, mailbox_entries.c.envelope == envelopes.c.uuid)
        .where(envelopes.c.template == template)
        .where(envelope_fields.c.name == name)
        .where(envelope_fields.c.value == value[:INDEXED])
        .where(mailbox_entries.c.mailbox == mailbox)
        .limit(2)
    )
    return [EnvelopeId(uuid) for uuid in (await conn.execute(found)).scalars()]


async def chain_of(
    conn: AsyncConnection, mailbox: MailboxId, envelope: str
) -> EnvelopeId | None:
    """Return the chain that the envelope belongs to (itself begins one)."""
    row = (
        await conn.execute(
            select(envelopes.c.uuid, envelopes.c.chain)
            .join(mailbox_entries, mailbox_entries.c.envelope == envelopes.c.uuid)
            .where(envelopes.c.uuid == envelope)
            .where(mailbox_entries.c.mailbox == mailbox)
            .limit(1)
        )
    ).one_or_none()
    return row and EnvelopeId(row.chain or row.uuid)
