"""One envelope, opened: what it says, who takes part, what a person may do with it."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from urllib.parse import urlencode

from aiohttp import web

from admin_web.api.download import download
from admin_web.pages.assets import PRINT
from admin_web.pages.envelope_filters import LIST
from admin_web.pages.envelope_history import history
from admin_web.pages.envelope_view import Reading
from admin_web.pages.page import Page, Visit, see
from admin_web.pages.reader import reader_of
from admin_web.pages.render import RENDERER
from admin_web.pages.texts import N_
from gateway.core.desk.actor import Actor, PersonRole
from gateway.core.desk.content import Content
from gateway.core.desk.envelopes import EnvelopeView, Scope
from gateway.core.desk.printing import WORDS, PrintForm, Reader
from gateway.core.desk.templates import TemplateView
from gateway.core.desk.transfers import TransferView
from gateway.core.envelope import EnvelopeStatus
from gateway.core.errors import Conflict, Invalid, NotFound
from gateway.core.model import AttachmentId, EnvelopeId, MailboxId
from gateway.core.rules import ZipKind
from gateway.core.template import Template

ONE = f"{LIST}/{{envelope}}"
REASON_MAX = 2000
TRANSFERS = 50  # the newest that the page names
AGAIN = {EnvelopeStatus.WAITING, EnvelopeStatus.COMPLETED}
Order = Callable[[Actor, MailboxId, EnvelopeId], Awaitable[None]]


async def show_envelope(visit: Visit) -> web.StreamResponse:
    """Show it as the mailbox sees it."""
    return await _show(visit, await _viewer(visit))


async def accept(visit: Visit) -> web.StreamResponse:
    """Complete the mailbox's part."""
    return await _order(visit, visit.desk.envelopes.accept)


async def reject(visit: Visit) -> web.StreamResponse:
    """Cancel it for all who take part."""
    reason = visit.form.text("reason")
    if len(reason) > REASON_MAX:
        why = N_("has {count} characters; {most} are allowed.").format(
            count=len(reason), most=REASON_MAX
        )
        return await _show(visit, _mailbox(visit), reason=(reason, why))
    return await _order(visit, partial(visit.desk.envelopes.reject, reason=reason))


async def bring_again(visit: Visit) -> web.StreamResponse:
    """Bring it to the mailbox's remote server once more."""
    return await _order(visit, visit.desk.envelopes.redispatch)


async def _order(visit: Visit, order: Order) -> web.StreamResponse:
    mailbox, envelope = _mailbox(visit), _envelope(visit)
    try:
        await order(visit.actor, mailbox, envelope)
    except Conflict as refusal:
        return await _show(visit, mailbox, refused=refusal.message)
    return see(address_of(mailbox, envelope))


async def get_xml(visit: Visit) -> web.StreamResponse:
    """Download the native XML."""
    found = await visit.desk.envelopes.xml(await _viewer(visit), _envelope(visit))
    return await download(visit.call, found)


async def get_zip(visit: Visit) -> web.StreamResponse:
    """Download the native XML and the attachments, and what `kind` adds to them."""
    wanted = visit.request.query.get("kind", ZipKind.DOCUMENTS.value)
    if wanted not in {each.value for each in ZipKind}:
        raise Invalid(
            N_("kind={wanted} is no kind of archive.").format(wanted=repr(wanted[:20]))
        )
    found = await visit.desk.envelopes.zip(
        await _viewer(visit), _envelope(visit), ZipKind(wanted)
    )
    return await download(visit.call, found)


async def get_print(visit: Visit) -> web.StreamResponse:
    """Show the printable version, to be printed by the browser."""
    mailbox, envelope = await _viewer(visit), _envelope(visit)
    assets = visit.request.app[RENDERER].assets
    links = {
        "icon": assets["icon.svg"].url,
        "style": assets[PRINT].url,
        "script": assets["envelope.js"].url,
        "pdf": address_of(mailbox, envelope, "/print.pdf"),
    }
    found = await _printable(visit, mailbox, PrintForm.HTML, links)
    body = b"".join([chunk async for chunk in found.chunks])
    response = web.Response(body=body, content_type="text/html", charset="utf-8")
    response.enable_compression()
    return response


async def get_pdf(visit: Visit) -> web.StreamResponse:
    """Download the printable version as PDF."""
    found = await _printable(visit, await _viewer(visit), PrintForm.PDF, {})
    return await download(visit.call, found)


async def _printable(
    visit: Visit, mailbox: MailboxId, form: PrintForm, links: Mapping[str, str]
) -> Content:
    reader = reader_of(visit.request)
    words = {name: reader.texts.gettext(text) for name, text in WORDS.items()}
    return await visit.desk.envelopes.printable(
        mailbox,
        _envelope(visit),
        form,
        Reader(
            words=words, language=reader.language, zone=reader.zone.key, links=links
        ),
    )


async def get_attachment(visit: Visit) -> web.StreamResponse:
    """Download an attachment that this envelope carries."""
    view = await visit.desk.envelopes.get(await _viewer(visit), _envelope(visit))
    wanted = AttachmentId(visit.path("attachment"))
    if all(each.uuid != wanted for each in view.attachments):
        raise NotFound(
            N_("The envelope carries no attachment {wanted}.").format(wanted=wanted)
        )
    return await download(visit.call, await visit.desk.attachments.get(wanted))


async def _show(
    visit: Visit,
    mailbox: MailboxId,
    *,
    refused: str = "",
    reason: tuple[str, str] = ("", ""),
) -> web.StreamResponse:
    view = await visit.desk.envelopes.get(mailbox, _envelope(visit))
    template, version = await _template(visit, view)
    reading = Reading(view, template)
    starts = _starts(visit.request.query)
    transfers = await _transfers(visit, view)
    mine = view.row.scope is Scope.INBOX
    may_act = visit.actor.role.covers(PersonRole.OPERATOR)
    waits = view.row.status is EnvelopeStatus.WAITING
    return await asyncio.to_thread(  # a page of many fields takes a while
        visit.render,
        "envelope.html",
        409 if refused else 422 if reason[1] else 200,
        view=view,
        row=view.row,
        mailbox=await visit.desk.mailboxes.get(mailbox),
        version=version,
        papers=await asyncio.to_thread(reading.papers, starts),
        roles=reading.roles(),
        transfers=transfers,
        events=history(view, transfers),
        at=partial(address_of, mailbox, view.row.envelope),
        may_decide=may_act and mine and waits,
        may_bring=may_act and mine and view.row.status in AGAIN,
        reason_max=REASON_MAX,
        refused=refused,
        reason=reason,
    )


async def _template(
    visit: Visit, view: EnvelopeView
) -> tuple[Template | None, TemplateView | None]:
    """Return the version it was made for; None if it is not there any more."""
    wanted = view.row.template, view.row.template_version
    templates = visit.desk.templates
    try:
        return await templates.definition(*wanted), await templates.get(*wanted)
    except NotFound:
        return None, None


async def _transfers(visit: Visit, view: EnvelopeView) -> Sequence[TransferView]:
    newest = view.transfers[-TRANSFERS:]
    return [await visit.desk.transfers.get(each) for each in newest]


def _starts(query: Mapping[str, str]) -> Mapping[int, int]:
    """Return the first row that is wanted of each table: `t2=51`."""
    found = {}
    for name, value in query.items():
        number = name.removeprefix("t")
        if name.startswith("t") and _counts(number):
            if not _counts(value):
                raise Invalid(
                    N_("{name}={value} is no row; rows count from 1.").format(
                        name=name, value=repr(value)
                    )
                )
            found[int(number)] = int(value)
    return found


def _counts(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 9 and int(text) > 0  # noqa: PLR2004 - digits of any table there can be


def _envelope(visit: Visit) -> EnvelopeId:
    return EnvelopeId(visit.path("envelope"))


async def _viewer(visit: Visit) -> MailboxId:
    """Return the mailbox that looks; a recipient's if the address names none."""
    if "mailbox" in visit.request.query:
        return _mailbox(visit)
    return (await visit.desk.envelopes.parties(_envelope(visit)))[-1].mailbox


def _mailbox(visit: Visit) -> MailboxId:
    return MailboxId(visit.request.query.get("mailbox", "").strip().lower())


def address_of(mailbox: MailboxId, envelope: EnvelopeId, end: str = "") -> str:
    """Return where the page of the envelope is, or what hangs on it."""
    return f"{LIST}/{envelope}{end}?{urlencode({'mailbox': mailbox})}"


PAGES: Sequence[Page] = (
    Page(method="GET", path=ONE, handler=show_envelope, role=PersonRole.AUDITOR),
    *(
        Page(
            method="GET",
            path=f"{ONE}/{name}",
            handler=handler,
            role=PersonRole.AUDITOR,
        )
        for name, handler in (
            ("xml", get_xml),
            ("zip", get_zip),
            ("print", get_print),
            ("print.pdf", get_pdf),
            ("attachments/{attachment}", get_attachment),
        )
    ),
    *(
        Page(
            method="POST",
            path=f"{ONE}/{name}",
            handler=handler,
            role=PersonRole.OPERATOR,
        )
        for name, handler in (
            ("accept", accept),
            ("reject", reject),
            ("again", bring_again),
        )
    ),
)
