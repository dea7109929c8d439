"""Envelopes as a mailbox sees them: list, open, send, accept, reject."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Protocol

from gateway.core.desk.actor import Actor
from gateway.core.desk.content import Content
from gateway.core.desk.printing import ANYBODY, PrintForm, Reader
from gateway.core.envelope import Draft, EnvelopeStatus
from gateway.core.model import (
    AttachmentId,
    EnvelopeId,
    MailboxId,
    TemplateId,
    TemplateVersionId,
    TransferId,
)
from gateway.core.rules import ZipKind


class Scope(Enum):
    """Received or sent."""

    INBOX = "inbox"
    OUTBOX = "outbox"


class EnvelopeSort(Enum):
    """How a list is sorted."""

    NEWEST = "createdAt,desc"
    OLDEST = "createdAt,asc"
    SUBJECT = "subject,asc"
    SUBJECT_DOWN = "subject,desc"


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvelopeQuery:
    """Which envelopes are wanted; *text* is looked for in subjects and uuids.

    Created at *since* or later and before *until*.
    """

    mailbox: MailboxId
    scope: Scope | None = None
    status: EnvelopeStatus | None = None
    template: TemplateId | None = None
    sender: MailboxId | None = None
    text: str = ""
    since: datetime | None = None
    until: datetime | None = None
    sort: EnvelopeSort = EnvelopeSort.NEWEST
    limit: int = 50
    offset: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvelopeRow:
    """One line of a list; *status* is the mailbox's own view, *how* it came about.

    *recipients* are names; *held* tells that an archive for the mailbox's remote server
    waits until all have done their part.
    """

    envelope: EnvelopeId
    scope: Scope
    subject: str
    message: str
    status: EnvelopeStatus
    how: str
    sender: MailboxId
    sender_name: str
    recipients: Sequence[str]
    template: TemplateId
    template_version: TemplateVersionId
    template_name: str
    chain: EnvelopeId | None
    reject_reason: str
    created_at: datetime
    status_at: datetime
    expires_at: datetime | None
    held: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachmentRow:
    """An attachment that an envelope carries."""

    uuid: AttachmentId
    name: str
    content_type: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """A mailbox that takes part: in which *roles*, and what became of its part.

    Who sends to oneself is two parties, one in each *scope*.
    """

    mailbox: MailboxId
    name: str
    scope: Scope
    roles: Sequence[str]
    status: EnvelopeStatus
    how: str
    status_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvelopeView:
    """One envelope, opened; *transfers* are the mailbox's own, oldest first."""

    row: EnvelopeRow
    draft: Draft
    parties: Sequence[Party]
    attachments: Sequence[AttachmentRow]
    transfers: Sequence[TransferId]


class EnvelopeDesk(Protocol):
    """What people may ask and order of envelopes, each for a mailbox that takes part.

    NotFound if there is no such envelope or the mailbox does not take part.
    """

    async def search(self, query: EnvelopeQuery) -> tuple[int, Sequence[EnvelopeRow]]:
        """Return how many match in all, and one page of them."""
        ...

    async def get(self, mailbox: MailboxId, envelope: EnvelopeId) -> EnvelopeView: ...

    async def parties(self, envelope: EnvelopeId) -> Sequence[Party]:
        """Return all who take part, the sender first."""
        ...

    async def xml(self, mailbox: MailboxId, envelope: EnvelopeId) -> Content:
        """Return the native XML."""
        ...

    async def zip(
        self,
        mailbox: MailboxId,
        envelope: EnvelopeId,
        kind: ZipKind = ZipKind.DOCUMENTS,
    ) -> Content:
        """Return an archive: the native XML, the attachments, and what *kind* adds.

        Invalid if the printable version needs more than a conversion may.
        """
        ...

    async def printable(
        self,
        mailbox: MailboxId,
        envelope: EnvelopeId,
        form: PrintForm,
        reader: Reader = ANYBODY,
    ) -> Content:
        """Return the printable version; Invalid if it needs more than it may."""
        ...

    async def send(self, actor: Actor, mailbox: MailboxId, data: str) -> EnvelopeId:
        """Post native XML as the mailbox's.

        Invalid if it is wrong: with the line, or with what does not fit the template
        by its path in the XML.
        """
        ...

    async def accept(
        self, actor: Actor, mailbox: MailboxId, envelope: EnvelopeId
    ) -> None:
        """Complete the mailbox's part; Conflict unless it is WAITING."""
        ...

    async def reject(
        self, actor: Actor, mailbox: MailboxId, envelope: EnvelopeId, reason: str
    ) -> None:
        """Cancel the envelope for all; Conflict unless it is WAITING."""
        ...

    async def redispatch(
        self, actor: Actor, mailbox: MailboxId, envelope: EnvelopeId
    ) -> None:
        """Bring the envelope to the mailbox's remote server once more."""
        ...
