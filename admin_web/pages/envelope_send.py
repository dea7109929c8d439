"""Sending an envelope: by the form that its template gives, or as native XML."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from secrets import token_bytes
from uuid import UUID

from aiohttp import web

from admin_web.api.envelopes import TEXT_MAX
from admin_web.pages.envelope import address_of
from admin_web.pages.envelope_filters import LIST, TEMPLATES
from admin_web.pages.page import INPUTS, Page, Visit, see
from admin_web.pages.reader import reader_of
from admin_web.pages.send_form import (
    Kept,
    SendForm,
    blank,
    faults_of,
    sent,
    sources,
    without,
    without_empty_rows,
)
from admin_web.pages.send_native import native
from admin_web.pages.send_records import choices, chosen
from admin_web.pages.texts import N_
from gateway.core.desk.actor import PersonRole
from gateway.core.errors import Invalid, QuotaExceeded
from gateway.core.model import EnvelopeId, MailboxId, TemplateId, TemplateVersionId
from gateway.core.template import FILE_TEMPLATE, Template

NEW = f"{LIST}/new"
UPLOAD = f"{NEW}/xml"
FORM_BYTES = 64 << 20
CHUNK = 256 << 10
SHOWN_AGAIN = 256 << 10  # characters of an XML that is refused
ADD, DROP = "add:", "drop:"
SENT_BEFORE = "envelope/@uuid"


@dataclass(frozen=True, slots=True)
class Tried:
    """What the page shows beside the form; *uuid* is that of the envelope to come."""

    uuid: str
    message: str = ""


async def show_form(visit: Visit) -> web.StreamResponse:
    """Show the form of the chosen template, of the first by name without a choice."""
    query = visit.request.query
    mailbox = await _mailbox(visit, query.get("mailbox", ""))
    if mailbox is None:
        return see(LIST)
    wanted = query.get("template", "").strip().lower()
    if not wanted:
        _total, found = await visit.desk.templates.search("", 1, 0)
        wanted = found[0].uuid if found else FILE_TEMPLATE
    version = (await visit.desk.templates.get(TemplateId(wanted), None)).version
    template = await visit.desk.templates.definition(TemplateId(wanted), version)
    return await _form(visit, mailbox, blank(template), Tried(_fresh()))


async def send_form(visit: Visit) -> web.StreamResponse:
    """Send what the form says, or change its rows, or tell what does not fit."""
    mailbox = MailboxId(visit.form.text("mailbox").lower())
    tried = Tried(visit.form.text("uuid").lower() or _fresh())
    form = sent(visit.form, await _template(visit))
    files, unkept = await _files(visit, mailbox, form)
    form = replace(form, files=files)
    order = visit.form.text("do")
    if order.startswith(ADD):
        rows = {**form.rows}
        table = order.removeprefix(ADD)
        rows[table] = rows.get(table, 0) + 1
        return await _form(visit, mailbox, replace(form, rows=rows), tried)
    if order.startswith(DROP):
        left = without(form, [order.removeprefix(DROP)])
        return await _form(visit, mailbox, left, tried)
    form = without_empty_rows(form)
    records, unknown = await chosen(visit, form)
    errors = {**faults_of(form), **unknown, **unkept}
    if errors:
        return await _form(visit, mailbox, replace(form, errors=errors), tried)
    xml = native(form, tried.uuid, records, reader_of(visit.request).zone)
    try:
        envelope = await visit.desk.envelopes.send(visit.actor, mailbox, xml)
    except Invalid as refusal:
        if SENT_BEFORE in refusal.data:  # the button was pressed twice
            return see(address_of(mailbox, EnvelopeId(tried.uuid)))
        return await _refused(visit, mailbox, form, refusal, tried)
    return see(address_of(mailbox, envelope))


async def _refused(
    visit: Visit, mailbox: MailboxId, form: SendForm, refusal: Invalid, tried: Tried
) -> web.StreamResponse:
    """Show the form with each fault at its input; what has none stands above."""
    inputs = {entry.path for entry in form.entries()}
    inputs |= {path for path, _role, _title in form.roles}
    errors = {path: why for path, why in refusal.data.items() if path in inputs}
    message = refusal.message if len(errors) < len(refusal.data) or not errors else ""
    return await _form(
        visit, mailbox, replace(form, errors=errors), replace(tried, message=message)
    )


async def show_upload(visit: Visit) -> web.StreamResponse:
    """Show where native XML is uploaded or pasted."""
    mailbox = await _mailbox(visit, visit.request.query.get("mailbox", ""))
    if mailbox is None:
        return see(LIST)
    return await _upload(visit, mailbox, "", "")


async def send_upload(visit: Visit) -> web.StreamResponse:
    """Send the XML; if it is wrong, show it again with what is wrong and where."""
    mailbox = MailboxId(visit.form.text("mailbox").lower())
    text = visit.form.raw("data")
    try:
        files = visit.form.files("file")
        text = _decoded(files[0]) if files else text
        if not text.strip():
            raise Invalid(
                N_("There is nothing to send: choose a file or paste the XML.")
            )
        if len(text) > TEXT_MAX:
            raise Invalid(
                N_("The XML may have {most} characters; it has {count}.").format(
                    most=TEXT_MAX, count=len(text)
                )
            )
        envelope = await visit.desk.envelopes.send(visit.actor, mailbox, text)
    except Invalid as refusal:
        line = refusal.data.get("line", "")
        where = f"Line {line}: " if line else ""
        more = refusal.data.get("remedy", "")
        why = f"{where}{refusal.message} {more}".strip()
        return await _upload(visit, mailbox, text, why)
    return see(address_of(mailbox, envelope))


async def _form(
    visit: Visit, mailbox: MailboxId, form: SendForm, tried: Tried
) -> web.StreamResponse:
    desk = visit.desk
    wrong = bool(form.errors or tried.message)
    template = form.template
    return visit.render(
        "envelope_send.html",
        422 if wrong else 200,
        form=form,
        tried=tried,
        wrong=wrong,
        mailbox=await desk.mailboxes.get(mailbox),
        mailboxes=await desk.mailboxes.all(),
        templates=(await desk.templates.search("", TEMPLATES, 0))[1],
        version=await desk.templates.get(template.id, template.version),
        choices=await choices(visit, template),
        max_bytes=FORM_BYTES,
        max_inputs=INPUTS,
        way="form",
    )


async def _upload(
    visit: Visit, mailbox: MailboxId, text: str, error: str
) -> web.StreamResponse:
    return visit.render(
        "envelope_upload.html",
        422 if error else 200,
        mailbox=await visit.desk.mailboxes.get(mailbox),
        mailboxes=await visit.desk.mailboxes.all(),
        text=text if len(text) <= SHOWN_AGAIN else "",
        error=error,
        way="xml",
    )


async def _mailbox(visit: Visit, wanted: str) -> MailboxId | None:
    """Return the wanted mailbox, the first by name without a wish, None if none is."""
    if wanted.strip():
        return MailboxId(wanted.strip().lower())
    every = await visit.desk.mailboxes.all()
    return every[0].id if every else None


async def _template(visit: Visit) -> Template:
    """Return the version that the form was made for: a newer one may have come."""
    version = visit.form.text("templateVersion").lower()
    return await visit.desk.templates.definition(
        TemplateId(visit.form.text("template").lower()),
        TemplateVersionId(version) if version else None,
    )


async def _files(
    visit: Visit, mailbox: MailboxId, form: SendForm
) -> tuple[Mapping[str, Kept], Mapping[str, str]]:
    """Store what was chosen, keep what was stored before; return what could not be."""
    kept, wrong = {}, {}
    for path, source in sources(visit.form, form).items():
        uploads = visit.form.uploads(source)
        before = visit.form.text(f"{source}.uuid")
        if uploads:
            try:
                kept[path] = await _store(visit, mailbox, uploads[0])
            except (Invalid, QuotaExceeded) as refusal:
                wrong[path] = refusal.message
        elif before and not visit.form.has(f"{source}.clear"):
            kept[path] = Kept(before, visit.form.text(f"{source}.name"))
    return kept, wrong


async def _store(visit: Visit, mailbox: MailboxId, upload: web.FileField) -> Kept:
    uuid = await visit.desk.attachments.add(
        visit.actor,
        upload.filename,
        upload.content_type,
        _chunks(upload),
        mailbox,
    )
    return Kept(uuid, upload.filename)


async def _chunks(upload: web.FileField) -> AsyncIterator[bytes]:
    while chunk := await asyncio.to_thread(upload.file.read, CHUNK):
        yield chunk


def _decoded(data: bytes) -> str:
    """Return the text of a file in UTF-8, or in UTF-16 with its mark; else Invalid."""
    encoding = "utf-16" if data[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise Invalid(
            N_(
                "The file is not UTF-8: byte {value} is no character. Save it as "
                "UTF-8 and upload it again."
            ).format(value=error.start + 1)
        ) from error


def _fresh() -> str:
    """Return a uuid for the envelope: the same form sent twice sends it once."""
    return str(UUID(bytes=token_bytes(16), version=4))


PAGES: Sequence[Page] = (
    Page(method="GET", path=NEW, handler=show_form, role=PersonRole.OPERATOR),
    Page(
        method="POST",
        path=NEW,
        handler=send_form,
        role=PersonRole.OPERATOR,
        max_bytes=FORM_BYTES,
    ),
    Page(method="GET", path=UPLOAD, handler=show_upload, role=PersonRole.OPERATOR),
    Page(
        method="POST",
        path=UPLOAD,
        handler=send_upload,
        role=PersonRole.OPERATOR,
        max_bytes=FORM_BYTES,
    ),
)
