"""CSV files into a dictionary, shown before they are loaded, and out of it."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aiohttp import web

from admin_web.api.download import download
from admin_web.pages.dictionaries import FILE_BYTES, LIST, ONE, frame
from admin_web.pages.page import Page, Visit, see
from admin_web.pages.texts import N_
from gateway.core.desk.actor import PersonRole
from gateway.core.desk.dictionary_files import DELIMITERS, CsvFile, CsvPreview
from gateway.core.errors import Conflict, Invalid

DELIMITER_NAMES: Mapping[str, str] = dict(
    zip(DELIMITERS, (N_("Comma"), N_("Semicolon"), N_("Tab"), N_("Bar")), strict=True)
)
NOTHING = N_("Choose a CSV file first.")


@dataclass(frozen=True, slots=True)
class ImportForm:
    """How the file is to be read and loaded, as the form shows it."""

    delimiter: str = ""
    encoding: str = ""
    header: bool = True
    append: bool = False


async def show_import(visit: Visit) -> web.StreamResponse:
    """Show the form."""
    return await _page(visit, ImportForm())


async def preview_file(visit: Visit) -> web.StreamResponse:
    """Show what the file would bring; nothing is kept."""
    form, file = await _sent(visit)
    if file is None:
        return await _page(visit, form, error=NOTHING)
    preview = await visit.desk.dictionary_files.preview(visit.path("uuid"), file)
    return await _page(visit, form, preview)


async def load_file(visit: Visit) -> web.StreamResponse:
    """Load the file whole or not at all."""
    desk, uuid = visit.desk.dictionary_files, visit.path("uuid")
    form, file = await _sent(visit)
    if file is None:
        return await _page(visit, form, error=NOTHING)
    seen = visit.form.text("seen") or None
    try:
        await desk.load(visit.actor, uuid, file, append=form.append, seen=seen)
    except (Invalid, Conflict) as refusal:
        preview = await desk.preview(uuid, file)
        return await _page(visit, form, preview, error=refusal.message)
    target = f"{LIST}/{uuid}?loaded={'more' if form.append else 'all'}"
    if visit.by_script:
        return web.Response(headers={"HX-Redirect": target})
    return see(target)


async def export_file(visit: Visit) -> web.StreamResponse:
    """Download the records; `for` in the query may be spreadsheet."""
    spreadsheet = visit.request.query.get("for", "") == "spreadsheet"
    content = await visit.desk.dictionary_files.export(
        visit.path("uuid"), spreadsheet=spreadsheet
    )
    return await download(visit.call, content)


async def _sent(visit: Visit) -> tuple[ImportForm, CsvFile | None]:
    sent = visit.form
    form = ImportForm(
        delimiter=sent.raw("delimiter"),
        encoding=sent.text("encoding"),
        header=sent.has("header"),
        append=sent.text("mode") == "append",
    )
    files = await asyncio.to_thread(sent.files, "file")
    if not files:
        return form, None
    file = CsvFile(
        data=files[0],
        delimiter=form.delimiter,
        encoding=form.encoding,
        header=form.header,
    )
    return form, file


async def _page(
    visit: Visit,
    form: ImportForm,
    preview: CsvPreview | None = None,
    error: str = "",
) -> web.StreamResponse:
    wrong = error or (preview and preview.faults)
    return visit.render(
        "dictionary_import.html",
        422 if wrong else 200,
        **await frame(visit, "import"),
        form=form,
        preview=preview,
        error=error,
        delimiters=DELIMITER_NAMES,
    )


PAGES: Sequence[Page] = (
    Page(
        method="GET",
        path=f"{ONE}/import",
        handler=show_import,
        role=PersonRole.INTEGRATOR,
    ),
    Page(
        method="POST",
        path=f"{ONE}/import",
        handler=load_file,
        role=PersonRole.INTEGRATOR,
        max_bytes=FILE_BYTES,
    ),
    Page(
        method="POST",
        path=f"{ONE}/import/preview",
        handler=preview_file,
        role=PersonRole.INTEGRATOR,
        max_bytes=FILE_BYTES,
    ),
    Page(
        method="GET", path=f"{ONE}/export", handler=export_file, role=PersonRole.AUDITOR
    ),
)
