"""The desk of attachments."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from gateway.core.desk import sentences
from gateway.core.desk.actor import Actor
from gateway.core.desk.content import Content
from gateway.core.errors import N_, Invalid, NotFound, QuotaExceeded
from gateway.core.model import AttachmentId, FileName, MailboxId
from gateway.core.ports import Blobs, Clock, NewId
from gateway.store import attachments, audit, mailboxes
from gateway.store.attachments import Attachment
from gateway.store.database import Database

TYPE_MAX = 255


@dataclass(frozen=True, slots=True)
class Attachments:
    """Stores attachments; one may have *max_bytes*."""

    db: Database
    blobs: Blobs
    clock: Clock
    new_id: NewId
    max_bytes: int

    async def add(
        self,
        actor: Actor,
        name: str,
        content_type: str,
        chunks: AsyncIterator[bytes],
        mailbox: MailboxId | None = None,
    ) -> AttachmentId:
        file_name = _file_name(name)
        if mailbox is not None:
            async with self.db.read() as conn:
                if await mailboxes.get(conn, mailbox) is None:
                    raise NotFound(sentences.NO_MAILBOX(id=mailbox))
        if not content_type.isprintable() or len(content_type) > TYPE_MAX:
            raise Invalid(
                N_(
                    "The content type must be at most {most} printable characters."
                ).format(most=TYPE_MAX)
            )
        size = 0
        async with self.blobs.writer() as writer:
            async for chunk in chunks:
                size += len(chunk)
                if size > self.max_bytes:
                    raise QuotaExceeded(
                        N_(
                            "An attachment may have {most} bytes; this one has more."
                        ).format(most=self.max_bytes),
                        "attachment-too-large",
                    )
                await writer.write(chunk)
            blob = await writer.commit()
        attachment = Attachment(
            id=AttachmentId(self.new_id()),
            name=file_name.text,
            content_type=content_type,
            blob=blob,
            created_at=self.clock(),
            mailbox=mailbox,
        )
        async with self.db.write() as conn:
            await attachments.add(conn, attachment)
            await audit.add(
                conn,
                attachment.created_at,
                actor.login,
                "attachment-add",
                attachment.id,
                after={"name": name, "size": blob.size, "sha256": blob.sha256},
            )
        return attachment.id

    async def get(self, attachment: AttachmentId) -> Content:
        async with self.db.read() as conn:
            found = await attachments.get(conn, attachment)
        if found is None:
            raise NotFound(
                N_("There is no attachment {attachment}.").format(attachment=attachment)
            )
        return Content(
            name=found.name,
            content_type=found.content_type,
            size=found.blob.size,
            chunks=self.blobs.read(found.blob),
        )


def _file_name(name: str) -> FileName:
    try:
        return FileName(name)
    except ValueError as error:
        why = N_("The attachment needs a file name: {error}.").format(error=error)
        raise Invalid(why, data={"name": str(error)}) from error
