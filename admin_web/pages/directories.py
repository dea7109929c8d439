"""Message directories: the list, uploading one's own, downloading, deleting."""

import asyncio
from collections.abc import AsyncIterator, Sequence

from aiohttp import web

from admin_web.api.download import download
from admin_web.api.upload import CHUNK
from admin_web.pages.page import Page, Visit, see
from admin_web.pages.paging import Paging
from admin_web.pages.texts import N_
from gateway.core.desk.actor import PersonRole
from gateway.core.desk.directories import Uploaded
from gateway.core.errors import Conflict, Invalid, QuotaExceeded

LIST = "/admin/templates/directories"
ONE = f"{LIST}/{{name}}"
FILE_BYTES = 17 << 20  # a form with the largest file


async def show_directories(visit: Visit) -> web.StreamResponse:
    """Show one page of the list."""
    return await _list(visit, Paging.read(visit.request, LIST))


async def upload_directory(visit: Visit) -> web.StreamResponse:
    """Keep the file; what is wrong with it, or was left out, is told on the page."""
    uploads = visit.form.uploads("file")
    try:
        if not uploads or not uploads[0].filename:
            raise Invalid(N_("Choose a file."))
        file = uploads[0]
        made = await visit.desk.directories.add(
            visit.actor, file.filename, _chunks(file)
        )
    except (Invalid, Conflict, QuotaExceeded) as refusal:
        return await _list(visit, Paging(LIST), refusal=refusal)
    if made.warnings:
        return await _list(visit, Paging(LIST), made=made)
    return see(f"{LIST}?uploaded={made.directory.name}")


async def get_table(visit: Visit) -> web.StreamResponse:
    """Download a directory's table."""
    found = await visit.desk.directories.table(visit.path("name").upper())
    return await download(visit.call, found)


async def remove_directory(visit: Visit) -> web.StreamResponse:
    await visit.desk.directories.remove(visit.actor, visit.path("name").upper())
    return see(LIST)


async def _list(
    visit: Visit,
    paging: Paging,
    *,
    made: Uploaded | None = None,
    refusal: Invalid | Conflict | QuotaExceeded | None = None,
) -> web.StreamResponse:
    total, found = await visit.desk.directories.search(
        paging.text, paging.size, paging.offset
    )
    return visit.render(
        "directories.html",
        422 if refusal else 200,
        paging=paging,
        total=total,
        directories=found,
        made=made,
        uploaded=visit.request.query.get("uploaded", "")[:16],
        refusal=refusal,
        may_edit=visit.actor.role.covers(PersonRole.INTEGRATOR),
    )


async def _chunks(upload: web.FileField) -> AsyncIterator[bytes]:
    while chunk := await asyncio.to_thread(upload.file.read, CHUNK):
        yield chunk


PAGES: Sequence[Page] = (
    Page(method="GET", path=LIST, handler=show_directories, role=PersonRole.AUDITOR),
    Page(
        method="POST",
        path=LIST,
        handler=upload_directory,
        role=PersonRole.INTEGRATOR,
        max_bytes=FILE_BYTES,
    ),
    Page(
        method="GET",
        path=f"{ONE}/table",
        handler=get_table,
        role=PersonRole.AUDITOR,
    ),
    Page(
        method="POST",
        path=f"{ONE}/delete",
        handler=remove_directory,
        role=PersonRole.INTEGRATOR,
    ),
)
