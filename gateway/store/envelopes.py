"""Envelopes: posted into the mailboxes of all who take part, then completed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.core.envelope import Envelope, EnvelopeStatus
from gateway.core.model import (
    BlobRef,
    EnvelopeId,
    MailboxId,
    RuleId,
    TransferId,
)
from gateway.store import jobs
from gateway.store.lookups import INDEXED
from gateway.store.tables import (
    attachments,
    envelope_attachments,
    envelope_fields,
    envelopes,
    mailbox_entries,
)

OPEN = EnvelopeStatus.WAITING.value
# made once: to build a statement costs more than to run it
_INSERT, _INSERT_ENTRIES = insert(envelopes), insert(mailbox_entries)
_INSERT_FIELDS = insert(envelope_fields)
_IN_INBOX = (
    select(envelopes, mailbox_entries.c.status.label("view"))
    .join(mailbox_entries, mailbox_entries.c.envelope == envelopes.c.uuid)
    .where(envelopes.c.uuid == bindparam("envelope"))
    .where(mailbox_entries.c.mailbox == bindparam("mailbox"))
    .where(mailbox_entries.c.scope == "inbox")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """An envelope ready to be written: its native XML is a blob already."""

    envelope: Envelope
    xml: BlobRef
    source: TransferId | None = None
    index: int = 0
    expires_at: datetime | None = None
    notify_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxEntry:
    """What the dispatcher must know of an envelope in one mailbox's inbox."""

    envelope: EnvelopeId
    mailbox: MailboxId
    status: EnvelopeStatus
    sender: MailboxId
    subject: str
    xml: BlobRef
    received_at: datetime


COMPLETED = "completed"
"""The third part of a dispatch job's subject: what was held may go now."""


def dispatch_subject(envelope: EnvelopeId, mailbox: MailboxId) -> str:
    """Return the subject of the job that brings the envelope to the mailbox."""
    return f"{envelope}|{mailbox}"


async def post(conn: AsyncConnection, posted: Posted) -> None:
    """Write the envelope, an entry for each mailbox and the recipients' jobs."""
    envelope, draft = posted.envelope, posted.envelope.draft
    await conn.execute(
        _INSERT,
        {
            "uuid": envelope.id,
            "template": draft.template,
            "template_version": draft.template_version,
            "subject": draft.subject,
            "message": draft.message,
            "sender": envelope.sender,
            "status": OPEN,
            "sha256": posted.xml.sha256,
            "size": posted.xml.size,
            "chain": draft.chain,
            "scenario": draft.scenario,
            "reject_reason": "",
            "source_transfer": posted.source,
            "source_index": posted.index,
            "created_at": envelope.created_at,
            "expires_at": posted.expires_at,
            "notify_at": posted.notify_at,
        },
    )
    await conn.execute(_INSERT_ENTRIES, list(_entries(envelope)))
    fields = [
        {"envelope": envelope.id, "document": d.id, "name": f.name, "value": v}
        for d in draft.documents
        for f in d.fields
        for v in (value[:INDEXED] for value in f.values)
    ]
    if fields:
        await conn.execute(_INSERT_FIELDS, fields)
    used = [{"envelope": envelope.id, "attachment": a} for a in draft.attachments]
    if used:
        await conn.execute(insert(envelope_attachments), used)
        # what nobody owns yet is from now on the sender's alone to use
        await conn.execute(
            update(attachments)
            .where(attachments.c.uuid.in_(draft.attachments))
            .where(attachments.c.mailbox.is_(None))
            .values(mailbox=envelope.sender)
        )
    if envelope.recipients:
        due = envelope.created_at
        subjects = [dispatch_subject(envelope.id, to) for to in envelope.recipients]
        await jobs.add_all(conn, "dispatch", [(each, due) for each in subjects])


def _entries(envelope: Envelope) -> Sequence[Mapping[str, object]]:
    views = [(envelope.sender, "outbox", EnvelopeStatus.SENT)]
    views += [(m, "inbox", EnvelopeStatus.WAITING) for m in envelope.recipients]
    return [
        {
            "envelope": envelope.id,
            "mailbox": mailbox,
            "scope": scope,
            "status": status.value,
            "roles": [r.id for r in envelope.draft.roles if r.mailbox == mailbox],
            "status_at": envelope.created_at,
            "created_at": envelope.created_at,
            "how": "",
        }
        for mailbox, scope, status in views
    ]


async def inbox_entry(
    conn: AsyncConnection, envelope: EnvelopeId, mailbox: MailboxId
) -> InboxEntry | None:
    """Return the envelope as it lies in the mailbox's inbox; None if it does not."""
    wanted = {"envelope": envelope, "mailbox": mailbox}
    row = (await conn.execute(_IN_INBOX, wanted)).one_or_none()
    if row is None:
        return None
    return InboxEntry(
        envelope=envelope,
        mailbox=mailbox,
        status=EnvelopeStatus(row.view),
        sender=MailboxId(row.sender),
        subject=row.subject,
        xml=BlobRef(row.sha256, row.size),
        received_at=row.created_at,
    )


async def complete(
    conn: AsyncConnection,
    envelope: EnvelopeId,
    mailbox: MailboxId,
    how: str,
    at: datetime,
) -> bool:
    """Complete the mailbox's part, if it is still open; True if that was the last.

    What was decided before (accepted, rejected, expired) stays as it is.
    """
    await lock(conn, envelope)
    if not await _view(conn, envelope, mailbox, EnvelopeStatus.COMPLETED, how, at):
        return False
    inboxes = (
        select(mailbox_entries)
        .where(mailbox_entries.c.envelope == envelope)
        .where(mailbox_entries.c.scope == "inbox")
    )
    recipients = (await conn.execute(inboxes)).all()
    if any(each.status == OPEN for each in recipients):
        return False
    ended = await conn.execute(
        update(envelopes)
        .where(envelopes.c.uuid == envelope, envelopes.c.status == OPEN)
        .values(status=EnvelopeStatus.COMPLETED.value, completed_at=at)
    )
    if ended.rowcount != 1:
        return False
    await conn.execute(
        update(mailbox_entries)
        .where(mailbox_entries.c.envelope == envelope)
        .where(mailbox_entries.c.scope == "outbox")
        .values(status=EnvelopeStatus.COMPLETED.value, status_at=at)
    )
    held = [MailboxId(each.mailbox) for each in recipients if each.held_by]
    if held:
        subjects = [f"{dispatch_subject(envelope, to)}|{COMPLETED}" for to in held]
        await jobs.add_all(conn, "dispatch", [(each, at) for each in subjects])
    return True


async def hold(
    conn: AsyncConnection, envelope: EnvelopeId, mailbox: MailboxId, rule: RuleId
) -> tuple[EnvelopeStatus, bool]:
    """Let the mailbox's file wait until the envelope is completed.

    Return the envelope's status, and whether the rule holds it from now on: only an
    envelope that is WAITING can be held, and none is held twice.
    """
    await lock(conn, envelope)
    found = select(envelopes.c.status).where(envelopes.c.uuid == envelope)
    status = EnvelopeStatus((await conn.execute(found)).scalar_one())
    if status is not EnvelopeStatus.WAITING:
        return status, False
    held = await conn.execute(
        update(mailbox_entries)
        .where(mailbox_entries.c.envelope == envelope)
        .where(mailbox_entries.c.mailbox == mailbox)
        .where(mailbox_entries.c.scope == "inbox")
        .where(mailbox_entries.c.held_by.is_distinct_from(rule))
        .values(held_by=rule)
    )
    return status, held.rowcount == 1


async def cancel(
    conn: AsyncConnection,
    envelope: EnvelopeId,
    mailbox: MailboxId,
    reason: str,
    how: str,
    at: datetime,
) -> bool:
    """Reject the envelope for all who take part; `how` says who did it.

    False, and nothing changes, if the mailbox's part is not open any more.
    """
    await lock(conn, envelope)
    if not await _view(conn, envelope, mailbox, EnvelopeStatus.CANCELLED, how, at):
        return False
    await _end(conn, envelope, EnvelopeStatus.CANCELLED, at, reject_reason=reason)
    return True


async def lock(conn: AsyncConnection, envelope: EnvelopeId) -> None:
    """Let decisions about an envelope wait for each other (SQLite's do anyway)."""
    row = select(envelopes.c.uuid).where(envelopes.c.uuid == envelope)
    await conn.execute(row.with_for_update())


async def expire(conn: AsyncConnection, now: datetime) -> Sequence[EnvelopeId]:
    """End every open envelope whose time is over; return which."""
    due = (
        select(envelopes.c.uuid)
        .where(envelopes.c.status == OPEN, envelopes.c.expires_at <= now)
        .limit(500)
        .with_for_update(skip_locked=True)  # being decided: the next look will see
    )
    over = [EnvelopeId(uuid) for uuid in (await conn.execute(due)).scalars()]
    for envelope in over:
        await _end(conn, envelope, EnvelopeStatus.EXPIRED, now)
    return over


async def _end(
    conn: AsyncConnection,
    envelope: EnvelopeId,
    status: EnvelopeStatus,
    at: datetime,
    **more: str,
) -> None:
    await conn.execute(
        update(envelopes)
        .where(envelopes.c.uuid == envelope)
        .values(status=status.value, completed_at=at, **more)
    )
    await conn.execute(
        update(mailbox_entries)
        .where(mailbox_entries.c.envelope == envelope)
        .where(mailbox_entries.c.status.in_([OPEN, EnvelopeStatus.SENT.value]))
        .values(status=status.value, status_at=at)
    )


async def _view(
    conn: AsyncConnection,
    envelope: EnvelopeId,
    mailbox: MailboxId,
    status: EnvelopeStatus,
    how: str,
    at: datetime,
) -> bool:
    """Set the status that `mailbox` sees in its inbox; False if it was decided."""
    set_ = await conn.execute(
        update(mailbox_entries)
        .where(mailbox_entries.c.envelope == envelope)
        .where(mailbox_entries.c.mailbox == mailbox)
        .where(mailbox_entries.c.scope == "inbox", mailbox_entries.c.status == OPEN)
        .values(status=status.value, status_at=at, how=how)
    )
    return set_.rowcount == 1
