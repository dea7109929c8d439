"""An example file of a template: what the skeleton of its OUT rules runs on."""

from collections.abc import Sequence
from datetime import datetime

from lxml import etree

from gateway.convert.example import example_envelope
from gateway.convert.plain_names import (
    MESSAGE,
    ROLES,
    ROW,
    SUBJECT,
    TEXT,
    PlainNames,
    source_fields,
)
from gateway.core.envelope import Document, Field
from gateway.core.model import MailboxId
from gateway.core.template import FieldDef, Template

NAME = "example-of-template.xml"


def example_file(
    template: Template, recipient: MailboxId, alias: str, now: datetime
) -> bytes:
    """Return plain XML with plausible values for every field; the same each time.

    The recipient is named by the alias, without one by its uuid. Attachments are left
    out but for those that the source file itself goes into.
    """
    envelope = example_envelope(template, MailboxId(""), recipient, now)
    names = PlainNames.of(template)
    root = etree.Element(MESSAGE)
    etree.SubElement(root, SUBJECT).text = envelope.draft.subject
    etree.SubElement(root, TEXT).text = envelope.draft.message
    roles = etree.SubElement(root, ROLES)
    to = {"alias": alias} if alias else {"mailbox": recipient}
    for role in template.roles:
        if role != template.sending_role:
            etree.SubElement(roles, "role", {"id": role.id, **to})
    writer = _Writer(template, names)
    for document in envelope.draft.documents:
        writer.document(root, document)
    etree.indent(root)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8") + b"\n"


class _Writer:
    def __init__(self, template: Template, names: PlainNames) -> None:
        self._names = names
        self._sources = source_fields(template)
        self._fields = {
            (field.document, field.name): field
            for document in template.documents
            for field in document.fields
        }

    def document(self, root: etree._Element, document: Document) -> None:
        made = etree.SubElement(root, self._names.documents[document.id])
        self._row(made, document.id, document.fields)
        for group in document.groups:
            tag = self._names.tables[document.id, group.name]
            table = etree.SubElement(made, tag)
            for row in group.rows:
                self._row(etree.SubElement(table, ROW), document.id, row)

    def _row(
        self, parent: etree._Element, document: str, fields: Sequence[Field]
    ) -> None:
        for field in fields:
            definition = self._fields[document, field.name]
            if field.attachment and definition not in self._sources:
                continue
            values = [NAME] if field.attachment else field.values
            for value in values:
                self._value(parent, definition, field, value)

    def _value(
        self, parent: etree._Element, definition: FieldDef, field: Field, value: str
    ) -> None:
        made = etree.SubElement(parent, self._names.field(definition))
        made.text = value
        if field.record and not definition.multiple:
            made.set("record", field.record)
