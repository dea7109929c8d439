"""Attachments: files that envelopes carry."""

from collections.abc import AsyncIterator
from typing import Protocol

from gateway.core.desk.actor import Actor
from gateway.core.desk.content import Content
from gateway.core.model import AttachmentId, MailboxId


class AttachmentDesk(Protocol):
    """Store a file for an envelope to come, read one back."""

    async def add(
        self,
        actor: Actor,
        name: str,
        content_type: str,
        chunks: AsyncIterator[bytes],
        mailbox: MailboxId | None = None,
    ) -> AttachmentId:
        """Store the file; durable when this returns.

        Only envelopes of *mailbox* may carry it; without one it becomes the mailbox's
        whose envelope carries it first. Invalid if the name is none, NotFound if there
        is no such mailbox, QuotaExceeded if the file is too large.
        """
        ...

    async def get(self, attachment: AttachmentId) -> Content:
        """Return the file; NotFound."""
        ...
