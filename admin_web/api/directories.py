"""Message directories: which there are, uploading and deleting one's own."""

from collections.abc import Sequence
from datetime import datetime

from aiohttp import web
from pydantic import Field

from admin_web.api.download import download
from admin_web.api.listing import Listing, Paged, listing
from admin_web.api.models import Answer, Query
from admin_web.api.operation import Call, Operation
from admin_web.api.upload import chunks, sent_name
from gateway.core.desk.actor import PersonRole
from gateway.core.desk.directories import DirectoryView


class DirectoriesQuery(Paged):
    """Which directories: `q` is looked for in names and message types."""

    q: str = Field(default="", max_length=255)


class UploadQuery(Query):
    """The file's name, unless Content-Disposition gives it."""

    name: str = Field(default="", max_length=255)


class UploadedAnswer(Answer):
    """What was uploaded under the directory's name; `size` in bytes."""

    file_name: str
    size: int
    by: str
    at: datetime


class DirectoryAnswer(Answer):
    """A directory; one that is built in and uploaded has the messages of both."""

    name: str
    syntax: str
    messages: Sequence[str]
    built_in: bool
    uploaded: UploadedAnswer | None


class AddedAnswer(DirectoryAnswer):
    """The directory, and what was left out of the file."""

    warnings: Sequence[str]


async def list_directories(call: Call) -> Listing[DirectoryAnswer]:
    query = call.query(DirectoriesQuery)
    total, found = await call.desk.directories.search(
        query.q, query.limit, query.offset
    )
    return listing(total, query, [_answer(each) for each in found])


async def add_directory(call: Call) -> AddedAnswer:
    name = call.query(UploadQuery).name or sent_name(call.request, "directory")
    made = await call.desk.directories.add(call.actor, name, chunks(call.request))
    return AddedAnswer(
        **_answer(made.directory).model_dump(), warnings=list(made.warnings)
    )


async def get_directory(call: Call) -> web.StreamResponse:
    return await download(call, await call.desk.directories.table(_name(call)))


async def delete_directory(call: Call) -> None:
    await call.desk.directories.remove(call.actor, _name(call))


def _name(call: Call) -> str:
    return call.path("name").upper()


def _answer(view: DirectoryView) -> DirectoryAnswer:
    own = view.uploaded
    return DirectoryAnswer(
        name=view.name,
        syntax=view.syntax,
        messages=list(view.messages),
        built_in=view.built_in,
        uploaded=own
        and UploadedAnswer(
            file_name=own.file_name, size=own.size, by=own.by, at=own.at
        ),
    )


TAGS = ("directories",)
PATH = "/api/v1/directories"
OPERATIONS: Sequence[Operation] = (
    Operation(
        method="GET",
        path=PATH,
        handler=list_directories,
        summary="Message directories of EDIFACT and X12, by name",
        role=PersonRole.AUDITOR,
        tags=TAGS,
        query=DirectoriesQuery,
        answer=Listing[DirectoryAnswer],
    ),
    Operation(
        method="POST",
        path=PATH,
        handler=add_directory,
        summary="Upload a directory: the body is the zip of UNECE, or a table as JSON",
        role=PersonRole.INTEGRATOR,
        tags=TAGS,
        query=UploadQuery,
        accepts=("*/*",),
        answer=AddedAnswer,
        status=201,
    ),
    Operation(
        method="GET",
        path=f"{PATH}/{{name}}",
        handler=get_directory,
        summary="The table of a directory, as it can be uploaded again",
        role=PersonRole.AUDITOR,
        tags=TAGS,
        produces="application/json",
    ),
    Operation(
        method="DELETE",
        path=f"{PATH}/{{name}}",
        handler=delete_directory,
        summary="Delete what was uploaded; one that is built in stays",
        role=PersonRole.INTEGRATOR,
        tags=TAGS,
        status=204,
    ),
)
