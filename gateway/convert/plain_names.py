"""Names of elements for what a template names: the plain XML of skeletons."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from gateway.core.template import DocumentDef, FieldDef, FieldType, Template

# XML 1.0 section 2.3, without the colon
_STARTS = (
    "A-Z_a-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff"
    "\u200c\u200d\u2070-\u218f\u2c00-\u2fef\u3001-\ud7ff\uf900-\ufdcf"
    "\ufdf0-\ufffd\U00010000-\U000effff"
)
_NOT_IN_NAMES = re.compile(rf"[^{_STARTS}\-.0-9\u00b7\u0300-\u036f\u203f-\u2040]")
_NAME_START = re.compile(f"[{_STARTS}]")

MESSAGE = "message"
SUBJECT, TEXT, ROLES = "subject", "text", "roles"
ROW = "row"


@dataclass(frozen=True, slots=True)
class PlainNames:
    """The elements of one template: each name once where it stands.

    The message is `<message><subject/><text/><roles><role id mailbox alias/></roles>`,
    then an element for each document; in it one for each value of a field, and for each
    table one with `<row>`s.
    """

    documents: Mapping[str, str]
    fields: Mapping[tuple[str, str], str]
    tables: Mapping[tuple[str, str], str]

    @classmethod
    def of(cls, template: Template) -> "PlainNames":
        taken = {SUBJECT, TEXT, ROLES}
        documents = _distinct([d.id for d in template.documents], taken)
        fields: dict[tuple[str, str], str] = {}
        tables: dict[tuple[str, str], str] = {}
        for document in template.documents:
            inside: set[str] = set()
            names = [field.name for field in document.fields]
            for name, tag in _distinct(names, inside).items():
                fields[document.id, name] = tag
            for name, tag in _distinct(groups(document), inside).items():
                tables[document.id, name] = tag
        return cls(documents, fields, tables)

    def field(self, field: FieldDef) -> str:
        return self.fields[field.document, field.name]


def groups(document: DocumentDef) -> Sequence[str]:
    """Return the names of the document's tables."""
    return list(dict.fromkeys(field.group for field in document.fields if field.group))


def columns(document: DocumentDef, group: str) -> Sequence[FieldDef]:
    """Return the fields of the table; "" for those outside of tables."""
    return [field for field in document.fields if field.group == group]


def source_fields(template: Template) -> Sequence[FieldDef]:
    """Return the attachments that the source file itself goes into.

    They are the sender's first one, and every one that the sender must fill.
    """
    ours = {"", template.sending_role.id}
    attachments = [
        field
        for document in template.documents
        for field in document.fields
        if field.type is FieldType.ATTACHMENT and field.role in ours
    ]
    first = next((field for field in attachments if not field.group), None)
    return [field for field in attachments if field.required or field is first]


def _distinct(names: Iterable[str], taken: set[str]) -> dict[str, str]:
    found = {}
    for name in names:
        tag, count = _tag(name), 1
        candidate = tag
        while candidate in taken:
            count += 1
            candidate = f"{tag}_{count}"
        taken.add(candidate)
        found[name] = candidate
    return found


def _tag(text: str) -> str:
    """Return an element's name that is as near to `text` as XML allows."""
    name = _NOT_IN_NAMES.sub("_", text)
    return name if _NAME_START.match(name) else "_" + name
