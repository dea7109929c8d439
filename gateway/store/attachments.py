"""Attachments: a name, a type and a blob; envelopes point to them."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.core.model import AttachmentId, BlobRef, MailboxId
from gateway.store.tables import attachments


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A stored file that envelopes of its *mailbox* may carry; None: nobody's yet."""

    id: AttachmentId
    name: str
    content_type: str
    blob: BlobRef
    created_at: datetime
    mailbox: MailboxId | None = None


async def add(conn: AsyncConnection, attachment: Attachment) -> None:
    await conn.execute(
        insert(attachments).values(
            uuid=attachment.id,
            name=attachment.name,
            content_type=attachment.content_type,
            sha256=attachment.blob.sha256,
            size=attachment.blob.size,
            mailbox=attachment.mailbox,
            created_at=attachment.created_at,
        )
    )


async def get(conn: AsyncConnection, attachment: AttachmentId) -> Attachment | None:
    found = select(attachments).where(attachments.c.uuid == attachment)
    row = (await conn.execute(found)).one_or_none()
    if row is None:
        return None
    return Attachment(
        id=AttachmentId(row.uuid),
        name=row.name,
        content_type=row.content_type,
        blob=BlobRef(row.sha256, row.size),
        created_at=row.created_at,
        mailbox=MailboxId(row.mailbox) if row.mailbox else None,
    )
