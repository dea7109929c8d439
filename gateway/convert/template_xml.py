"""Templates as XML (SPEC section 7): read on import, liberal about layout."""

from collections.abc import Sequence
from dataclasses import dataclass

from lxml import etree

from gateway.convert.safe_xml import XmlFault, line_of, read_xml
from gateway.convert.schema import TEMPLATE
from gateway.core.errors import N_, Invalid
from gateway.core.model import TemplateId, TemplateVersionId
from gateway.core.template import DocumentDef, FieldDef, FieldType, RoleDef, Template

_TRUE = {"true", "1", "yes"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedTemplate:
    """What a template's XML says; *uuid* is None when it names none."""

    uuid: TemplateId | None
    name: str
    documents: Sequence[DocumentDef]
    roles: Sequence[RoleDef]


def parse(data: bytes) -> ParsedTemplate:
    """Return the template; Invalid, with the line in the message, if it is wrong."""
    root = read_xml(data)
    if isinstance(root, XmlFault):
        raise _invalid(root)
    fault = TEMPLATE.fault(data, root)
    if fault is not None:
        raise _invalid(fault)
    if root.tag != "template":
        wrong = f"The root element is {root.tag}; it must be <template>."
        raise _invalid(XmlFault(wrong, line_of(root)))
    roles = _roles(root)
    known = {role.id for role in roles}
    uuid = root.get("uuid", "").lower()
    return ParsedTemplate(
        uuid=TemplateId(uuid) if uuid else None,
        name=_name(root),
        documents=_documents(root, known),
        roles=roles,
    )


def to_template(
    parsed: ParsedTemplate, template: TemplateId, version: TemplateVersionId
) -> Template:
    """Return the template under the identity that the gateway gives it."""
    return Template(
        id=template,
        version=version,
        name=parsed.name,
        documents=parsed.documents,
        roles=parsed.roles,
    )


def _invalid(fault: XmlFault) -> Invalid:
    message = f"Line {fault.line}: {fault.message}"
    place = {"data": message, "line": str(fault.line)}
    return Invalid(message, "template-invalid", place)


def _wrong(element: etree._Element, message: str) -> Invalid:
    return _invalid(XmlFault(message, line_of(element)))


def _name(root: etree._Element) -> str:
    texts = (root.get("name"), root.findtext("info/name"), root.findtext("name"))
    name = next((text.strip() for text in texts if text and text.strip()), "")
    if not name:
        raise _wrong(root, N_("The template has no name; give the attribute name."))
    if len(name) > 255:  # noqa: PLR2004 - the column's width
        raise _wrong(root, N_("The template's name is longer than 255 characters."))
    return name


def _roles(root: etree._Element) -> Sequence[RoleDef]:
    elements = root.findall("flow/roles/role")
    if not elements:
        raise _wrong(
            root, N_("The template has no role; give <flow><roles><role id=...>.")
        )
    roles: dict[str, RoleDef] = {}
    for position, element in enumerate(elements):
        role = RoleDef(
            id=element.get("id", ""),
            title=element.get("title", ""),
            type=element.get("type", ""),
            order=int(element.get("order") or position),
        )
        if role.id in roles:
            raise _wrong(element, f"Role {role.id} stands here a second time.")
        roles[role.id] = role
    return list(roles.values())


def _documents(root: etree._Element, roles: set[str]) -> Sequence[DocumentDef]:
    elements = root.findall("documents/document")
    if not elements:
        raise _wrong(
            root, N_("The template has no document; give <documents><document>.")
        )
    documents: dict[str, DocumentDef] = {}
    for element in elements:
        document = element.get("id", "")
        if document in documents:
            raise _wrong(element, f"Document {document} stands here a second time.")
        fields = _fields(element, document, roles)
        name = element.get("name") or document
        documents[document] = DocumentDef(document, name, fields)
    return list(documents.values())


def _fields(
    document: etree._Element, document_id: str, roles: set[str]
) -> Sequence[FieldDef]:
    fields: dict[str, FieldDef] = {}
    groups: set[str] = set()
    for element in document.iter("field", "fieldgroup"):
        group = _group(element)
        if element.tag == "fieldgroup":
            if group or element.get("name", "") in groups:
                raise _wrong(
                    element,
                    f"Table {element.get('name')} "
                    + (
                        "stands inside another."
                        if group
                        else "stands here a second time."
                    ),
                )
            groups.add(element.get("name", ""))
            continue
        field = _field(element, document_id, group)
        if field.name in fields:
            raise _wrong(
                element,
                f"Document {document_id} has a second field {field.name};"
                " names count in the whole document, its tables included.",
            )
        if field.role and field.role not in roles:
            known = ", ".join(sorted(roles))
            raise _wrong(
                element,
                f"Field {field.name} is of role {field.role}, which is not in"
                f" flow/roles; there: {known}.",
            )
        fields[field.name] = field
    return list(fields.values())


def _group(element: etree._Element) -> str:
    """Return the name of the table around the element, empty outside of tables."""
    around = next(element.iterancestors("fieldgroup"), None)
    return "" if around is None else around.get("name", "")


def _field(element: etree._Element, document: str, group: str) -> FieldDef:
    return FieldDef(
        document=document,
        name=element.get("name", ""),
        type=FieldType(element.get("type", "")),
        group=group,
        required=_flag(element, "required"),
        multiple=_flag(element, "multiple"),
        role=element.get("roleId") or element.get("role") or "",
        title=element.get("title", ""),
        dictionary=element.get("dictionaryUuid") or element.get("dictionary") or "",
        options=[
            option.get("value") or (option.text or "").strip()
            for option in element.iter("option")
        ],
    )


def _flag(element: etree._Element, name: str) -> bool:
    return element.get(name, "") in _TRUE
