"""An example envelope of a template, with plausible values, to try IN rules on."""

import uuid
from collections.abc import Sequence
from datetime import datetime

from gateway.core.envelope import Document, Draft, Envelope, Field, FieldGroup, Role
from gateway.core.model import AttachmentId, EnvelopeId, MailboxId
from gateway.core.template import DocumentDef, FieldDef, FieldType, Template

ROWS = 2
"""How many rows a table of an example has."""

_FIXED = {
    FieldType.NUMBER: "12",
    FieldType.CURRENCY: "100.00",
    FieldType.TIME: "09:30",
    FieldType.CHECKBOX: "true",
    FieldType.FORMULA: "12",
    FieldType.AUTONUMBER: "1",
    FieldType.EMAIL: "someone@example.com",
    FieldType.ATTACHMENT: "example.pdf",
}


def example_envelope(
    template: Template, sender: MailboxId, recipient: MailboxId, now: datetime
) -> Envelope:
    """Return an envelope that fits the template; the same for the same arguments.

    The sending role is the sender's, every other one the recipient's. Its uuid and
    those of its records and attachments are made up from the template's version.
    """
    roles = [
        Role(role.id, sender if role == template.sending_role else recipient)
        for role in template.roles
    ]
    draft = Draft(
        template=template.id,
        template_version=template.version,
        subject=f"Example of {template.name}",
        message="This envelope is an example.",
        roles=roles,
        documents=[_document(template, d, now) for d in template.documents],
        expires_after_days=30,
        notify_in_days=1,
    )
    return Envelope(
        id=EnvelopeId(_made_up(template, "envelope")),
        sender=sender,
        draft=draft,
        created_at=now,
    )


def _document(template: Template, document: DocumentDef, now: datetime) -> Document:
    groups = dict.fromkeys(field.group for field in document.fields if field.group)

    def row(group: str) -> Sequence[Field]:
        return [
            _field(template, field, now)
            for field in document.fields
            if field.group == group
        ]

    tables = [FieldGroup(group, [row(group)] * ROWS) for group in groups]
    return Document(document.id, row(""), tables)


def _field(template: Template, field: FieldDef, now: datetime) -> Field:
    about = f"{field.document}/{field.name}"
    is_attachment = field.type is FieldType.ATTACHMENT
    is_record = field.type is FieldType.DICTIONARY
    return Field(
        name=field.name,
        values=_values(field, now),
        record=_made_up(template, about) if is_record else "",
        attachment=AttachmentId(_made_up(template, about)) if is_attachment else None,
    )


def _values(field: FieldDef, now: datetime) -> Sequence[str]:
    match field.type:
        case FieldType.DATE:
            return [now.date().isoformat()]
        case FieldType.DATETIME:
            return [now.isoformat(timespec="seconds")]
        case FieldType.SELECT if field.options:
            return field.options[: 2 if field.multiple else 1]
        case kind if kind in _FIXED:
            return [_FIXED[kind]]
        case _:
            text = (field.title or field.name).strip() or "Example"
            return [f"{text} 1", f"{text} 2"] if field.multiple else [text]


def _made_up(template: Template, about: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"example:{template.version}/{about}"))
