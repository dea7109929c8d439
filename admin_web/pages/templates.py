"""Templates: the list, import, one version with its fields, roles and example."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass

from aiohttp import web

from admin_web.api.download import download
from admin_web.pages.code_lines import Lines, lines_of, text_of
from admin_web.pages.page import Page, Visit, see
from admin_web.pages.paging import Paging
from admin_web.pages.texts import N_
from gateway.core.desk.actor import PersonRole
from gateway.core.desk.content import Content
from gateway.core.desk.uses import Uses
from gateway.core.errors import Conflict, Invalid, NotFound
from gateway.core.model import TemplateId, TemplateVersionId
from gateway.core.rules import RuleDirection
from gateway.core.template import FILE_TEMPLATE, DocumentDef, FieldDef, FieldType

LIST = "/admin/templates"
ONE = f"{LIST}/{{uuid}}"
FILE_BYTES = 12 << 20
VERSIONS = 20  # that one page shows
AROUND = 4  # lines shown before and after the faulty one
LONGEST = 300  # characters shown of a line
XML = "application/xml"
TYPES: Mapping[FieldType, str] = {
    FieldType.TEXT: N_("Text"),
    FieldType.TEXTAREA: N_("Long text"),
    FieldType.NUMBER: N_("Number"),
    FieldType.CURRENCY: N_("Amount of money"),
    FieldType.DATE: N_("Date"),
    FieldType.TIME: N_("Time"),
    FieldType.DATETIME: N_("Date and time"),
    FieldType.CHECKBOX: N_("Yes or no"),
    FieldType.SELECT: N_("One of a list"),
    FieldType.DICTIONARY: N_("Record of a dictionary"),
    FieldType.LOOKUP: N_("Looked up"),
    FieldType.FORMULA: N_("Computed"),
    FieldType.DUPLICATE: N_("Copy of another field"),
    FieldType.AUTONUMBER: N_("Running number"),
    FieldType.ATTACHMENT: N_("Attachment"),
    FieldType.EMAIL: N_("E-mail address"),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with an XML, and the lines around it; *first* is their number."""

    message: str
    line: int = 0
    first: int = 0
    lines: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """Fields that stand together: those of a table, or those of no table."""

    name: str
    fields: Sequence[FieldDef]


async def show_templates(visit: Visit) -> web.StreamResponse:
    """Show one page of the list."""
    paging = Paging.read(visit.request, LIST)
    total, found = await visit.desk.templates.search(
        paging.text, paging.size, paging.offset
    )
    return visit.render(
        "templates.html",
        paging=paging,
        total=total,
        templates=found,
        builtin=FILE_TEMPLATE,
        may_edit=visit.actor.role.covers(PersonRole.INTEGRATOR),
    )


async def show_import(visit: Visit) -> web.StreamResponse:
    """Show the form; `of` names the template whose XML it begins with."""
    of = visit.request.query.get("of", "").lower()
    text = ""
    if of:
        text = (await visit.desk.templates.get(TemplateId(of), None)).data
    return _import(visit, text)


async def import_template(visit: Visit) -> web.StreamResponse:
    """Import the file or the pasted text as a new template or a new version."""
    files = await asyncio.to_thread(visit.form.files, "file")
    text = visit.form.raw("data").replace("\r\n", "\n")
    try:
        if files:
            text = _decoded(files[0])
        view = await visit.desk.templates.add(visit.actor, text)
    except (Invalid, Conflict) as refusal:
        return _import(visit, text, _fault(refusal, text))
    return see(f"{LIST}/{view.uuid}?imported={'new' if view.fresh else 'same'}")


def _import(visit: Visit, text: str, fault: Fault | None = None) -> web.StreamResponse:
    return visit.render(
        "template_import.html", 422 if fault else 200, text=text, fault=fault
    )


def _decoded(file: bytes) -> str:
    text = text_of(file)
    if text is None:
        raise Invalid(N_("The file is no text; choose the XML of a template."))
    return text


def _fault(refusal: Invalid | Conflict, text: str) -> Fault:
    """Return what is wrong with the lines around it; some faults have no line."""
    line = refusal.data.get("line", "")
    if not line.isdecimal():
        return Fault(refusal.message)
    number = int(line)
    first = max(1, number - AROUND)
    lines = text.split("\n")[first - 1 : number + AROUND]
    return Fault(refusal.message, number, first, [each[:LONGEST] for each in lines])


async def show_template(visit: Visit) -> web.StreamResponse:
    """Show one version: what an envelope of it must look like, and who needs it."""
    desk, template, version = visit.desk.templates, _template(visit), _version(visit)
    paging = Paging.read(visit.request, f"{LIST}/{template}", VERSIONS)
    total, versions = await desk.history(template, paging.size, paging.offset)
    latest = versions[0] if paging.number == 1 else None
    view = await desk.get(template, version)
    uses = await desk.uses(template)
    return visit.render(
        "template.html",
        view=view,
        latest=latest.version if latest else (await desk.get(template, None)).version,
        definition=(found := await desk.definition(template, version)),
        documents=[(each, _groups(each)) for each in found.documents],
        sender=found.sending_role,
        types=TYPES,
        example=await _lines(await desk.example(template, view.version)),
        xml=await _lines(view.data.encode()),
        versions=versions,
        numbers=await _numbers(visit, uses),
        paging=paging,
        total=total,
        uses=uses,
        builtin=FILE_TEMPLATE,
        imported=visit.request.query.get("imported", ""),
        may_edit=visit.actor.role.covers(PersonRole.INTEGRATOR),
    )


def _groups(document: DocumentDef) -> Sequence[Group]:
    """Return the fields by their tables, in the order in which those begin."""
    found: dict[str, list[FieldDef]] = {}
    for each in document.fields:
        found.setdefault(each.group, []).append(each)
    return [Group(name, fields) for name, fields in found.items()]


async def _numbers(visit: Visit, uses: Uses) -> Mapping[TemplateVersionId, int]:
    """Return the numbers of the versions to which rules are pinned."""
    found = {}
    for pinned in {rule.version for rule in uses.rules if rule.version}:
        try:
            view = await visit.desk.templates.get(_template(visit), pinned)
        except NotFound:
            continue  # of another template: then the rule says so itself
        found[pinned] = view.number
    return found


async def _lines(data: bytes) -> Lines:
    return await asyncio.to_thread(lines_of, data)


async def get_xml(visit: Visit) -> web.StreamResponse:
    """Download the XML of a version as it was imported."""
    view = await visit.desk.templates.get(_template(visit), _version(visit))
    name = f"{view.name} v{view.number}.xml"
    return await download(visit.call, _content(name, view.data.encode()))


async def get_example(visit: Visit) -> web.StreamResponse:
    """Download an example envelope of a version."""
    desk = visit.desk.templates
    view = await desk.get(_template(visit), _version(visit))
    data = await desk.example(view.uuid, view.version)
    name = f"{view.name} v{view.number} example.xml"
    return await download(visit.call, _content(name, data))


async def get_skeleton(visit: Visit) -> web.StreamResponse:
    """Download a stylesheet to begin a rule with; `direction` is IN or OUT."""
    try:
        direction = RuleDirection(visit.request.query.get("direction", "OUT"))
    except ValueError as error:
        raise NotFound(N_("A stylesheet is for the direction IN or OUT.")) from error
    desk = visit.desk.templates
    view = await desk.get(_template(visit), _version(visit))
    text = await desk.skeleton(view.uuid, view.version, direction)
    name = f"{view.name} {direction.value.lower()}.xslt"
    return await download(visit.call, _content(name, text.encode()))


def _content(name: str, data: bytes) -> Content:
    async def chunks() -> AsyncIterator[bytes]:
        yield data

    return Content(name=name, content_type=XML, size=len(data), chunks=chunks())


def _template(visit: Visit) -> TemplateId:
    return TemplateId(visit.path("uuid"))


def _version(visit: Visit) -> TemplateVersionId | None:
    wanted = visit.request.query.get("version", "").lower()
    return TemplateVersionId(wanted) if wanted else None


PAGES: Sequence[Page] = (
    Page(method="GET", path=LIST, handler=show_templates, role=PersonRole.AUDITOR),
    Page(
        method="GET",
        path=f"{LIST}/import",
        handler=show_import,
        role=PersonRole.INTEGRATOR,
    ),
    Page(
        method="POST",
        path=f"{LIST}/import",
        handler=import_template,
        role=PersonRole.INTEGRATOR,
        max_bytes=FILE_BYTES,
    ),
    Page(method="GET", path=ONE, handler=show_template, role=PersonRole.AUDITOR),
    Page(method="GET", path=f"{ONE}/xml", handler=get_xml, role=PersonRole.AUDITOR),
    Page(
        method="GET",
        path=f"{ONE}/example",
        handler=get_example,
        role=PersonRole.AUDITOR,
    ),
    Page(
        method="GET",
        path=f"{ONE}/skeleton",
        handler=get_skeleton,
        role=PersonRole.AUDITOR,
    ),
)
