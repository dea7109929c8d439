"""The envelope: one business message, as values."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum

from gateway.core.model import (
    AttachmentId,
    EnvelopeId,
    MailboxId,
    TemplateId,
    TemplateVersionId,
)


class EnvelopeStatus(Enum):
    """SENT is the sender's view of WAITING."""

    DRAFT = "DRAFT"
    SENT = "SENT"
    WAITING = "WAITING"
    COMPLETED = "COMPLETED"
    CANCELLED = "CANCELLED"
    EXPIRED = "EXPIRED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field; a multi-value field has several *values*, an unfilled one none.

    *record* is the dictionary record and *attachment* the attachment it points to.
    """

    name: str
    values: Sequence[str] = ()
    record: str = ""
    attachment: AttachmentId | None = None


@dataclass(frozen=True, slots=True)
class FieldGroup:
    """A table: rows of fields in order of their index."""

    name: str
    rows: Sequence[Sequence[Field]]


@dataclass(frozen=True, slots=True)
class Document:
    """One document: its id in the template, fields, tables."""

    id: str
    fields: Sequence[Field]
    groups: Sequence[FieldGroup] = ()


@dataclass(frozen=True, slots=True)
class Role:
    """Who takes part; *mailbox* empty means: the sender's, to be filled in."""

    id: str
    mailbox: MailboxId


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An envelope that is not posted yet: what native XML says (SPEC section 7).

    *expires_after_days* and *notify_in_days* are days, 0 for never; *expires_on* is a
    date or instant given instead. *delegation* and *sharing* are what recipients may
    do with it, None when the sender did not say.
    """

    template: TemplateId
    template_version: TemplateVersionId | None
    subject: str = ""
    message: str = ""
    roles: Sequence[Role] = ()
    documents: Sequence[Document] = ()
    uuid: EnvelopeId | None = None
    chain: EnvelopeId | None = None
    scenario: str = ""
    expires_after_days: int = 0
    notify_in_days: int = 0
    expires_on: date | datetime | None = None
    delegation: bool | None = None
    sharing: bool | None = None

    @property
    def attachments(self) -> Sequence[AttachmentId]:
        """The attachments that fields name, in tables too, each once."""
        fields = [
            field
            for document in self.documents
            for row in (document.fields, *(r for g in document.groups for r in g.rows))
            for field in row
        ]
        return list(dict.fromkeys(f.attachment for f in fields if f.attachment))


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """A posted envelope: the draft, complete, with its identity and its way."""

    id: EnvelopeId
    sender: MailboxId
    draft: Draft
    created_at: datetime
    status: EnvelopeStatus = EnvelopeStatus.SENT

    @property
    def recipients(self) -> Sequence[MailboxId]:
        """Every mailbox of a role that is not the sender's, once, in order.

        An envelope whose roles all lie with the sender is an envelope to oneself.
        """
        others = [r.mailbox for r in self.draft.roles if r.mailbox != self.sender]
        return list(dict.fromkeys(others)) or [self.sender]
