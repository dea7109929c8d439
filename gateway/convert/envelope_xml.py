"""Native envelopes (SPEC section 7): bytes to drafts and back."""

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime

from lxml import etree

from gateway.convert.safe_xml import XmlFault, line_of, read_xml
from gateway.convert.schema import ENVELOPE
from gateway.core.envelope import (
    Document,
    Draft,
    Envelope,
    Field,
    FieldGroup,
    Role,
)
from gateway.core.errors import N_
from gateway.core.model import (
    AttachmentId,
    EnvelopeId,
    MailboxId,
    Problem,
    TemplateId,
    TemplateVersionId,
)

REMEDY = N_("Correct the envelope and send it again; its schema is /xsd/envelope.xsd.")

YEARS = range(1900, 9000)
"""The years of an expiry: with days of notice and any zone it stays in the calendar."""

ELEMENTS_MAX = 200_000
"""How many elements a document may have: as many as fit into about 200 MB."""

_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_BEFORE_ROOT = re.compile(
    r"\s*(?:<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^>\[]*(?:\[.*?\]\s*)?>)", re.DOTALL
)
_ROOT = re.compile(r"\s*<envelopes?(?P<rest>\s[^>]*|/?)>")
_NAMESPACE = re.compile(r"""\sxmlns\s*=\s*(?:"[^"]|'[^'])""")


class _Wrong(Exception):
    """A fault that the schema cannot express; leaves this module as a Problem."""

    def __init__(self, message: str, element: etree._Element) -> None:
        super().__init__(message)
        self.fault = XmlFault(message, line_of(element))


def is_native(head: bytes) -> bool:
    """Tell whether a payload that begins with `head` has a native envelope's root."""
    encoding = next((e for bom, e in _BOMS if head.startswith(bom)), "utf-8")
    text = head.decode(encoding, errors="replace").removeprefix("\ufeff")
    start = 0
    while skipped := _BEFORE_ROOT.match(text, start):
        start = skipped.end()
    root = _ROOT.match(text, start)
    return root is not None and not _NAMESPACE.search(root["rest"])


def parse(data: bytes) -> Draft | Problem:
    """Return the one envelope of `data`; otherwise what is wrong, with its line."""
    drafts = parse_many(data)
    if isinstance(drafts, Problem):
        return drafts
    if len(drafts) > 1:
        found = f"The document holds {len(drafts)} envelopes; one is allowed here."
        return _problem("envelope-many", XmlFault(found, 1))
    return drafts[0]


def parse_many(data: bytes) -> Sequence[Draft] | Problem:
    """Return the envelopes of `data`, at least one, in order."""
    # counted first: as a tree they need a hundred times the memory
    elements_about = data.count(b"<") - data.count(b"</")
    if elements_about > ELEMENTS_MAX:
        found = (
            f"The document has {elements_about} elements; {ELEMENTS_MAX} are allowed."
        )
        return Problem(
            "envelope-too-large",
            found,
            "validate",
            remedy=N_(
                "Split it into several envelopes, or send the content as an attachment."
            ),
        )
    root = read_xml(data)
    if isinstance(root, XmlFault):
        return _problem("envelope-xml", root)
    fault = ENVELOPE.fault(data, root)
    if fault is not None:
        return _problem("envelope-structure", fault)
    elements = [root] if root.tag == "envelope" else root.findall("envelope")
    try:
        return [_draft(element) for element in elements]
    except _Wrong as wrong:
        return _problem("envelope-structure", wrong.fault)


def _problem(code: str, fault: XmlFault) -> Problem:
    return Problem(code, fault.message, "validate", line=fault.line, remedy=REMEDY)


# --- Reading -------------------------------------------------------------------------


def _draft(element: etree._Element) -> Draft:
    version = element.get("templateVersion")
    uuid, chain = element.get("uuid"), element.get("chainUuid")
    roles = element.findall("flow/roles/role")
    _unique(roles, "id", "Role")
    documents = element.findall("documents/document")
    _unique(documents, "id", "Document")
    days, notify, on = _expiry(element.find("info/expire"))
    forwarding = element.find("info/forwarding")
    return Draft(
        template=TemplateId(element.get("templateUuid", "")),
        template_version=TemplateVersionId(version) if version else None,
        subject=element.findtext("info/subject", ""),
        message=element.findtext("info/message", ""),
        roles=[
            Role(role.get("id", ""), MailboxId(role.get("mailboxUuid", "")))
            for role in roles
        ],
        documents=[_document(document) for document in documents],
        uuid=EnvelopeId(uuid.lower()) if uuid else None,
        chain=EnvelopeId(chain) if chain else None,
        scenario=element.get("scenarioUuid", ""),
        expires_after_days=days,
        notify_in_days=notify,
        expires_on=on,
        delegation=_flag(forwarding, "delegation"),
        sharing=_flag(forwarding, "sharing"),
    )


def _expiry(element: etree._Element | None) -> tuple[int, int, date | datetime | None]:
    """Return days, days of notice, and the date or instant given instead of days."""
    if element is None:
        return 0, 0, None
    after_days = element.get("afterDays", "").strip()
    after = element.get("after", "").strip()
    notify = int(element.get("notifyIn") or 0)
    if after_days and after:
        raise _Wrong("<expire> has both afterDays and after; give one.", element)
    days = after_days or after
    if not days:
        return 0, notify, None
    if days.lstrip("+-").isdigit():
        return int(days), notify, None
    allowed = (
        f"<expire> has after={days!r}; allowed is a date as 2024-01-11 or an instant"
        f" as 2024-01-11T09:30:00Z, in the years {YEARS[0]} to {YEARS[-1]}."
    )
    try:
        on = date.fromisoformat(days) if "T" not in days else _instant(days)
    except ValueError as error:
        raise _Wrong(allowed, element) from error
    if on.year not in YEARS:
        raise _Wrong(allowed, element)
    return 0, notify, on


def _instant(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _flag(element: etree._Element | None, name: str) -> bool | None:
    text = "" if element is None else element.get(name, "").strip()
    return text in {"true", "1"} if text else None


def _document(element: etree._Element) -> Document:
    fields, groups = element.findall("field"), element.findall("fieldgroup")
    _unique(fields, "name", "Field")
    _unique(groups, "name", "Table")
    return Document(
        element.get("id", ""),
        [_field(field) for field in fields],
        [_group(group) for group in groups],
    )


def _group(element: etree._Element) -> FieldGroup:
    rows = element.findall("fieldset")
    indexed = [row for row in rows if row.get("index") is not None]
    if indexed and len(indexed) < len(rows):
        bare = next(row for row in rows if row.get("index") is None)
        raise _Wrong("This <fieldset> has no index, and others have one.", bare)
    if indexed:
        _unique(rows, "index", "Row", key=lambda row: int(row.get("index", "")))
        rows = sorted(rows, key=lambda row: int(row.get("index", "")))
    return FieldGroup(element.get("name", ""), [_row(row) for row in rows])


def _row(element: etree._Element) -> Sequence[Field]:
    fields = element.findall("field")
    _unique(fields, "name", "Field")
    return [_field(field) for field in fields]


def _field(element: etree._Element) -> Field:
    attachment = element.get("attachmentUuid")
    return Field(
        name=element.get("name", ""),
        values=_values(element),
        record=element.get("recordUuid", ""),
        attachment=AttachmentId(attachment) if attachment else None,
    )


def _values(element: etree._Element) -> Sequence[str]:
    """Return the values that hold something; whitespace is kept as it is."""
    if not len(element):
        return [element.text] if element.text else []
    stray = (element.text or "") + "".join(value.tail or "" for value in element)
    if stray.strip():
        name = element.get("name")
        raise _Wrong(f"Field {name} has text beside its <value> elements.", element)
    return [value.text for value in element if value.text]


def _unique(
    elements: Iterable[etree._Element],
    attribute: str,
    what: str,
    key: Callable[[etree._Element], str | int] | None = None,
) -> None:
    """Refuse two elements of one name: one of them would be lost."""
    seen: set[str | int] = set()
    for element in elements:
        name = key(element) if key else element.get(attribute, "")
        if name in seen:
            raise _Wrong(f"{what} {name} stands here a second time.", element)
        seen.add(name)


# --- Writing -------------------------------------------------------------------------


def write(envelope: Envelope) -> bytes:
    """Return the envelope as native XML, UTF-8: complete, the same every time.

    A role without a mailbox is the sender's, and is written so.
    """
    draft = envelope.draft
    root = etree.Element("envelope")
    _set(root, "templateUuid", draft.template)
    _set(root, "templateVersion", draft.template_version)
    _set(root, "uuid", envelope.id)
    _set(root, "chainUuid", draft.chain)
    _set(root, "scenarioUuid", draft.scenario)
    _write_info(root, draft)
    roles = etree.SubElement(etree.SubElement(root, "flow"), "roles")
    for role in draft.roles:
        mailbox = role.mailbox or envelope.sender
        etree.SubElement(roles, "role", id=role.id, mailboxUuid=mailbox)
    documents = etree.SubElement(root, "documents")
    for document in draft.documents:
        _write_document(documents, document)
    _indent(root)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8") + b"\n"


def _write_info(root: etree._Element, draft: Draft) -> None:
    info = etree.SubElement(root, "info")
    etree.SubElement(info, "subject").text = draft.subject or None
    etree.SubElement(info, "message").text = draft.message or None
    if draft.expires_after_days or draft.expires_on or draft.notify_in_days:
        expire = etree.SubElement(info, "expire")
        if draft.expires_on is not None:
            expire.set("after", draft.expires_on.isoformat())
        else:
            expire.set("afterDays", str(draft.expires_after_days))
        expire.set("notifyIn", str(draft.notify_in_days))
    flags = {"delegation": draft.delegation, "sharing": draft.sharing}
    given = {
        name: str(flag).lower() for name, flag in flags.items() if flag is not None
    }
    if given:
        etree.SubElement(info, "forwarding", given)


def _write_document(parent: etree._Element, document: Document) -> None:
    element = etree.SubElement(parent, "document", id=document.id)
    for field in document.fields:
        _write_field(element, field)
    for group in document.groups:
        table = etree.SubElement(element, "fieldgroup", name=group.name)
        for index, row in enumerate(group.rows):
            fieldset = etree.SubElement(table, "fieldset", index=str(index))
            for field in row:
                _write_field(fieldset, field)


def _write_field(parent: etree._Element, field: Field) -> None:
    element = etree.SubElement(parent, "field", name=field.name)
    _set(element, "recordUuid", field.record)
    _set(element, "attachmentUuid", field.attachment)
    match field.values:
        case []:
            pass
        case [one]:
            element.text = one
        case several:
            for value in several:
                etree.SubElement(element, "value").text = value


def _set(element: etree._Element, name: str, value: str | None) -> None:
    if value:
        element.set(name, value)


def _indent(root: etree._Element) -> None:
    """Indent what holds elements only; never inside a field, where space counts."""
    for element in root.iter():
        if not len(element) or element.tag == "field":
            continue
        depth = sum(1 for _ in element.iterancestors())
        element.text = "\n" + "  " * (depth + 1)
        for child in element:
            child.tail = element.text
        element[-1].tail = "\n" + "  " * depth
