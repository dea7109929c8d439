"""Templates: import, look up, examples and skeletons; the schemas, for everybody."""

from collections.abc import Sequence
from datetime import datetime

from aiohttp import web
from pydantic import Field

from admin_web.api.models import Answer, Body, Query
from admin_web.api.operation import Call, Operation
from gateway.core.desk.actor import PersonRole
from gateway.core.desk.templates import TemplateView
from gateway.core.model import MailboxId, TemplateId, TemplateVersionId
from gateway.core.rules import RuleDirection

XML = "application/xml"
TEXT_MAX = 10 << 20


class TemplateBody(Body):
    """Template XML; a `uuid` in it that is known makes a new version."""

    data: str = Field(max_length=TEXT_MAX)


class VersionQuery(Query):
    """Which version; the latest if none is named."""

    version: str | None = None


class ExampleFileQuery(VersionQuery):
    """Which version, and the uuid of the mailbox that would send the file."""

    mailbox: str


class SkeletonQuery(VersionQuery):
    """Which kind of rule the stylesheet is for."""

    direction: RuleDirection


class ImportAnswer(Answer):
    """The template and the version that holds this XML."""

    uuid: str
    version: str


class VersionAnswer(Answer):
    """One version; `number` counts from 1."""

    version: str
    number: int
    created_at: datetime


class TemplateRow(VersionAnswer):
    """A template in the list: its latest version."""

    uuid: str
    name: str


class TemplateAnswer(TemplateRow):
    """One version of a template with its XML."""

    data: str


class OpenedAnswer(TemplateAnswer):
    """A template: its latest version, and what versions there are."""

    versions: list[VersionAnswer]


async def add_template(call: Call) -> ImportAnswer:
    view = await call.desk.templates.add(call.actor, call.body(TemplateBody).data)
    return ImportAnswer(uuid=view.uuid, version=view.version)


async def list_templates(call: Call) -> list[TemplateRow]:
    return [
        TemplateRow(
            uuid=one.uuid,
            name=one.name,
            version=one.version,
            number=one.number,
            created_at=one.created_at,
        )
        for one in await call.desk.templates.latest()
    ]


async def get_template(call: Call) -> OpenedAnswer:
    versions = await call.desk.templates.versions(_template(call))
    return OpenedAnswer(
        **_answer(versions[0]).model_dump(),
        versions=[
            VersionAnswer(
                version=one.version, number=one.number, created_at=one.created_at
            )
            for one in versions
        ],
    )


async def get_template_version(call: Call) -> TemplateAnswer:
    version = TemplateVersionId(call.path("version"))
    return _answer(await call.desk.templates.get(_template(call), version))


async def get_template_example(call: Call) -> web.Response:
    version = _version(call.query(VersionQuery))
    data = await call.desk.templates.example(_template(call), version)
    return web.Response(body=data, content_type=XML)


async def get_template_example_file(call: Call) -> web.Response:
    query = call.query(ExampleFileQuery)
    example = await call.desk.templates.example_file(
        _template(call), _version(query), MailboxId(query.mailbox.lower())
    )
    return web.Response(body=example.data, content_type=XML)


async def get_template_skeleton(call: Call) -> web.Response:
    query = call.query(SkeletonQuery)
    text = await call.desk.templates.skeleton(
        _template(call), _version(query), query.direction
    )
    return web.Response(text=text, content_type=XML)


async def get_schema(call: Call) -> web.Response:
    data = call.desk.templates.schema(call.path("name"))
    return web.Response(body=data, content_type=XML)


def _template(call: Call) -> TemplateId:
    return TemplateId(call.path("uuid"))


def _version(query: VersionQuery) -> TemplateVersionId | None:
    return TemplateVersionId(query.version.lower()) if query.version else None


def _answer(view: TemplateView) -> TemplateAnswer:
    return TemplateAnswer(
        uuid=view.uuid,
        name=view.name,
        version=view.version,
        number=view.number,
        created_at=view.created_at,
        data=view.data,
    )


TAGS = ("templates",)
BASE = "/api/v1/templates"
OPERATIONS: Sequence[Operation] = (
    Operation(
        method="GET",
        path=BASE,
        handler=list_templates,
        summary="Every template with its latest version, by name",
        role=PersonRole.AUDITOR,
        tags=TAGS,
        answer=list[TemplateRow],
    ),
    Operation(
        method="POST",
        path=BASE,
        handler=add_template,
        summary="Import a template, or a new version of one",
        role=PersonRole.INTEGRATOR,
        tags=TAGS,
        body=TemplateBody,
        max_bytes=12 << 20,
        answer=ImportAnswer,
        status=201,
    ),
    Operation(
        method="GET",
        path=f"{BASE}/{{uuid}}",
        handler=get_template,
        summary="One template: its latest version, and which versions there are",
        role=PersonRole.AUDITOR,
        tags=TAGS,
        answer=OpenedAnswer,
    ),
    Operation(
        method="GET",
        path=f"{BASE}/{{uuid}}/versions/{{version}}",
        handler=get_template_version,
        summary="One version of a template",
        role=PersonRole.AUDITOR,
        tags=TAGS,
        answer=TemplateAnswer,
    ),
    Operation(
        method="GET",
        path=f"{BASE}/{{uuid}}/example",
        handler=get_template_example,
        summary="An example envelope of the template",
        role=PersonRole.AUDITOR,
        tags=TAGS,
        query=VersionQuery,
        produces=XML,
    ),
    Operation(
        method="GET",
        path=f"{BASE}/{{uuid}}/example-file",
        handler=get_template_example_file,
        summary="An example file, on which the skeleton of an OUT rule runs as it is",
        role=PersonRole.AUDITOR,
        tags=TAGS,
        query=ExampleFileQuery,
        produces=XML,
    ),
    Operation(
        method="GET",
        path=f"{BASE}/{{uuid}}/skeleton",
        handler=get_template_skeleton,
        summary="A stylesheet to begin a rule with",
        role=PersonRole.AUDITOR,
        tags=TAGS,
        query=SkeletonQuery,
        produces=XML,
    ),
    Operation(
        method="GET",
        path="/xsd/{name}.xsd",
        handler=get_schema,
        summary="The schema of native envelopes (envelope) or of templates (template)",
        role=None,
        tags=TAGS,
        produces=XML,
    ),
)
