"""Envelopes as JSON."""

from datetime import datetime

from admin_web.api.models import Answer
from gateway.core.desk.envelopes import EnvelopeRow, EnvelopeView, Party
from gateway.core.envelope import Document, Field


class EnvelopeRowAnswer(Answer):
    """One line of a list; `status` is the mailbox's own view, `how` it came about.

    `recipients` are names. `held`: an archive for the mailbox's remote server waits
    until all have done their part.
    """

    envelope_uuid: str
    scope: str
    subject: str
    message: str
    status: str
    how: str
    created_at: datetime
    status_at: datetime
    expires_at: datetime | None
    sender_mailbox_uuid: str
    sender_name: str
    recipients: list[str]
    template_uuid: str
    template_version: str
    template_name: str
    chain_uuid: str | None
    reject_reason: str
    held: bool

    @classmethod
    def of(cls, row: EnvelopeRow) -> "EnvelopeRowAnswer":
        return cls(
            envelope_uuid=row.envelope,
            scope=row.scope.value,
            subject=row.subject,
            message=row.message,
            status=row.status.value,
            how=row.how,
            created_at=row.created_at,
            status_at=row.status_at,
            expires_at=row.expires_at,
            sender_mailbox_uuid=row.sender,
            sender_name=row.sender_name,
            recipients=list(row.recipients),
            template_uuid=row.template,
            template_version=row.template_version,
            template_name=row.template_name,
            chain_uuid=row.chain,
            reject_reason=row.reject_reason,
            held=row.held,
        )


class FieldAnswer(Answer):
    """One field; several values if it may have them, none if it is not filled."""

    name: str
    values: list[str]
    record_uuid: str
    attachment_uuid: str | None

    @classmethod
    def of(cls, field: Field) -> "FieldAnswer":
        return cls(
            name=field.name,
            values=list(field.values),
            record_uuid=field.record,
            attachment_uuid=field.attachment,
        )


class GroupAnswer(Answer):
    """A table: its rows of fields."""

    name: str
    rows: list[list[FieldAnswer]]


class DocumentAnswer(Answer):
    """One document."""

    id: str
    fields: list[FieldAnswer]
    groups: list[GroupAnswer]

    @classmethod
    def of(cls, document: Document) -> "DocumentAnswer":
        return cls(
            id=document.id,
            fields=[FieldAnswer.of(field) for field in document.fields],
            groups=[
                GroupAnswer(
                    name=group.name,
                    rows=[
                        [FieldAnswer.of(field) for field in row] for row in group.rows
                    ],
                )
                for group in document.groups
            ],
        )


class RoleAnswer(Answer):
    """Who takes part."""

    id: str
    mailbox_uuid: str


class PartyAnswer(Answer):
    """A mailbox that takes part, in its roles, and what became of its part."""

    mailbox_uuid: str
    name: str
    scope: str
    roles: list[str]
    status: str
    how: str
    status_at: datetime

    @classmethod
    def of(cls, party: Party) -> "PartyAnswer":
        return cls(
            mailbox_uuid=party.mailbox,
            name=party.name,
            scope=party.scope.value,
            roles=list(party.roles),
            status=party.status.value,
            how=party.how,
            status_at=party.status_at,
        )


class AttachmentRowAnswer(Answer):
    """An attachment; `/api/v1/attachments/{uuid}` is the file."""

    uuid: str
    name: str
    content_type: str
    size: int


class EnvelopeAnswer(EnvelopeRowAnswer):
    """One envelope, opened; `transfers` are the mailbox's own."""

    roles: list[RoleAnswer]
    parties: list[PartyAnswer]
    documents: list[DocumentAnswer]
    attachments: list[AttachmentRowAnswer]
    transfers: list[str]

    @classmethod
    def opened(cls, view: EnvelopeView) -> "EnvelopeAnswer":
        return cls(
            **EnvelopeRowAnswer.of(view.row).model_dump(),
            roles=[
                RoleAnswer(id=role.id, mailbox_uuid=role.mailbox)
                for role in view.draft.roles
            ],
            parties=[PartyAnswer.of(party) for party in view.parties],
            documents=[DocumentAnswer.of(one) for one in view.draft.documents],
            attachments=[
                AttachmentRowAnswer.model_validate(one) for one in view.attachments
            ],
            transfers=list(view.transfers),
        )
