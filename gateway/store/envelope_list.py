"""Envelopes as a mailbox sees them: lists, one opened, what belongs to it."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Row, Select, select
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.core.desk.envelopes import (
    AttachmentRow,
    EnvelopeQuery,
    EnvelopeRow,
    EnvelopeSort,
    Party,
    Scope,
)
from gateway.core.envelope import EnvelopeStatus
from gateway.core.model import (
    AttachmentId,
    BlobRef,
    EnvelopeId,
    MailboxId,
    TemplateId,
    TemplateVersionId,
    TransferId,
)
from gateway.store.listing import contains, page
from gateway.store.tables import (
    attachments,
    envelope_attachments,
    envelopes,
    mailbox_entries,
    mailboxes,
    templates,
    transfer_envelopes,
    transfers,
)

_ORDER = {
    EnvelopeSort.NEWEST: mailbox_entries.c.created_at.desc(),
    EnvelopeSort.OLDEST: mailbox_entries.c.created_at.asc(),
    EnvelopeSort.SUBJECT: envelopes.c.subject.asc(),
    EnvelopeSort.SUBJECT_DOWN: envelopes.c.subject.desc(),
}


async def search(
    conn: AsyncConnection, query: EnvelopeQuery
) -> tuple[int, Sequence[EnvelopeRow]]:
    """Return how many match in all, and one page of them."""
    found = _filtered(query).order_by(
        _ORDER[query.sort], mailbox_entries.c.envelope, mailbox_entries.c.scope
    )
    total, rows = await page(conn, found, query.limit, query.offset)
    names = await _recipients(conn, [row.uuid for row in rows])
    return total, [_row(row, names.get(row.uuid, ())) for row in rows]


async def opened(
    conn: AsyncConnection, envelope: EnvelopeId, mailbox: MailboxId
) -> tuple[EnvelopeRow, BlobRef] | None:
    """Return the envelope as the mailbox sees it and its native XML; None if not.

    Who sent it to oneself sees it as received.
    """
    found = (
        _visible()
        .where(mailbox_entries.c.mailbox == mailbox, envelopes.c.uuid == envelope)
        .order_by(mailbox_entries.c.scope)
        .limit(1)
    )
    row = (await conn.execute(found)).one_or_none()
    if row is None:
        return None
    names = await _recipients(conn, [row.uuid])
    return _row(row, names.get(row.uuid, ())), BlobRef(row.sha256, row.size)


async def parties_of(conn: AsyncConnection, envelope: EnvelopeId) -> Sequence[Party]:
    """Return all who take part, the sender first, then by name."""
    found = (
        select(mailbox_entries, mailboxes.c.name)
        .join(mailboxes, mailboxes.c.uuid == mailbox_entries.c.mailbox)
        .where(mailbox_entries.c.envelope == envelope)
        .order_by(
            mailbox_entries.c.scope.desc(), mailboxes.c.name, mailbox_entries.c.mailbox
        )
    )
    return [
        Party(
            mailbox=MailboxId(row.mailbox),
            name=row.name,
            scope=Scope(row.scope),
            roles=row.roles,
            status=EnvelopeStatus(row.status),
            how=row.how,
            status_at=row.status_at,
        )
        for row in await conn.execute(found)
    ]


async def _recipients(
    conn: AsyncConnection, wanted: Sequence[str]
) -> Mapping[str, Sequence[str]]:
    """Return the names of each envelope's recipients."""
    found = (
        select(mailbox_entries.c.envelope, mailboxes.c.name)
        .join(mailboxes, mailboxes.c.uuid == mailbox_entries.c.mailbox)
        .where(mailbox_entries.c.envelope.in_(wanted))
        .where(mailbox_entries.c.scope == Scope.INBOX.value)
        .order_by(mailboxes.c.name, mailbox_entries.c.mailbox)
    )
    names: dict[str, list[str]] = {}
    for row in await conn.execute(found):
        names.setdefault(row.envelope, []).append(row.name)
    return names


async def attachments_of(
    conn: AsyncConnection, envelope: EnvelopeId
) -> Sequence[tuple[AttachmentRow, BlobRef]]:
    """Return the attachments that the envelope carries, by name."""
    found = (
        select(attachments)
        .join(
            envelope_attachments,
            envelope_attachments.c.attachment == attachments.c.uuid,
        )
        .where(envelope_attachments.c.envelope == envelope)
        .order_by(attachments.c.name, attachments.c.uuid)
    )
    return [
        (
            AttachmentRow(
                uuid=AttachmentId(row.uuid),
                name=row.name,
                content_type=row.content_type,
                size=row.size,
            ),
            BlobRef(row.sha256, row.size),
        )
        for row in await conn.execute(found)
    ]


async def transfers_of(
    conn: AsyncConnection, envelope: EnvelopeId, mailbox: MailboxId
) -> Sequence[TransferId]:
    """Return the mailbox's transfers of this envelope, oldest first."""
    found = (
        select(transfers.c.uuid)
        .join(transfer_envelopes, transfer_envelopes.c.transfer == transfers.c.uuid)
        .where(transfer_envelopes.c.envelope == envelope)
        .where(transfers.c.mailbox == mailbox)
        .order_by(transfers.c.created_at, transfers.c.uuid)
    )
    return [TransferId(uuid) for uuid in (await conn.execute(found)).scalars()]


def _visible() -> Select[Any]:
    return (
        select(
            envelopes,
            mailbox_entries.c.scope,
            mailbox_entries.c.status.label("view"),
            mailbox_entries.c.how,
            mailbox_entries.c.status_at,
            mailbox_entries.c.held_by,
            mailboxes.c.name.label("sender_name"),
            templates.c.name.label("template_name"),
        )
        .join(mailbox_entries, mailbox_entries.c.envelope == envelopes.c.uuid)
        .join(mailboxes, mailboxes.c.uuid == envelopes.c.sender)
        .outerjoin(templates, templates.c.uuid == envelopes.c.template)
    )


def _filtered(query: EnvelopeQuery) -> Select[Any]:
    found = _visible().where(mailbox_entries.c.mailbox == query.mailbox)
    if query.text:
        found = found.where(
            contains(
                query.text,
                envelopes.c.subject,
                envelopes.c.message,
                envelopes.c.uuid,
            )
        )
    if query.since is not None:
        found = found.where(mailbox_entries.c.created_at >= query.since)
    if query.until is not None:
        found = found.where(mailbox_entries.c.created_at < query.until)
    exact = {
        mailbox_entries.c.scope: query.scope and query.scope.value,
        mailbox_entries.c.status: query.status and query.status.value,
        envelopes.c.template: query.template,
        envelopes.c.sender: query.sender,
    }
    for column, value in exact.items():
        if value is not None:
            found = found.where(column == value)
    return found


def _row(row: Row[Any], recipients: Sequence[str]) -> EnvelopeRow:
    return EnvelopeRow(
        envelope=EnvelopeId(row.uuid),
        scope=Scope(row.scope),
        subject=row.subject,
        message=row.message,
        status=EnvelopeStatus(row.view),
        how=row.how,
        sender=MailboxId(row.sender),
        sender_name=row.sender_name,
        recipients=recipients,
        template=TemplateId(row.template),
        template_version=TemplateVersionId(row.template_version),
        template_name=row.template_name or "",
        chain=EnvelopeId(row.chain) if row.chain else None,
        reject_reason=row.reject_reason,
        created_at=row.created_at,
        status_at=row.status_at,
        expires_at=row.expires_at,
        held=bool(row.held_by) and row.status == EnvelopeStatus.WAITING.value,
    )
