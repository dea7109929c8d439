"""Envelopes: send, list, open, accept, reject, bring to the remote server again."""

import asyncio
from collections.abc import Sequence

from aiohttp import web
from pydantic import AwareDatetime
from pydantic import Field as Setting

from admin_web.api.download import download
from admin_web.api.envelope_models import EnvelopeAnswer, EnvelopeRowAnswer
from admin_web.api.listing import Listing, Paged, listing
from admin_web.api.models import Answer, Body, Query
from admin_web.api.operation import Call, Operation
from gateway.core.desk.actor import PersonRole
from gateway.core.desk.envelopes import EnvelopeQuery, EnvelopeSort, Scope
from gateway.core.desk.printing import PrintForm
from gateway.core.envelope import EnvelopeStatus
from gateway.core.model import EnvelopeId, MailboxId, TemplateId
from gateway.core.rules import ZipKind

MAILBOX = "mailbox"
TEXT_MAX = 30 << 20
REASON_MAX = 2000


class EnvelopesQuery(Paged):
    """Which envelopes; `from` is included, `to` is not; `template`, `sender`: uuids."""

    scope: Scope | None = None
    status: EnvelopeStatus | None = None
    template: str | None = None
    sender: str | None = None
    q: str = Setting(default="", max_length=255)
    since: AwareDatetime | None = Setting(default=None, alias="from")
    until: AwareDatetime | None = Setting(default=None, alias="to")
    sort: EnvelopeSort = EnvelopeSort.NEWEST


class ZipQuery(Query):
    """What is packed beside the native XML and the attachments."""

    kind: ZipKind = ZipKind.DOCUMENTS


class PrintQuery(Query):
    """HTML or PDF."""

    form: PrintForm = PrintForm.PDF


class SendBody(Body):
    """Native envelope XML."""

    data: str = Setting(max_length=TEXT_MAX)


class RejectBody(Body):
    """Why; everybody who takes part sees it."""

    reason: str = Setting(default="", max_length=REASON_MAX)


class SentAnswer(Answer):
    """The envelope that was made."""

    uuid: str


async def send_envelope(call: Call) -> SentAnswer:
    data = call.body(SendBody).data
    envelope = await call.desk.envelopes.send(call.actor, _mailbox(call), data)
    return SentAnswer(uuid=envelope)


async def list_envelopes(call: Call) -> Listing[EnvelopeRowAnswer]:
    query = call.query(EnvelopesQuery)
    total, rows = await call.desk.envelopes.search(
        EnvelopeQuery(
            mailbox=MailboxId(call.path("uuid")),
            scope=query.scope,
            status=query.status,
            template=TemplateId(query.template.lower()) if query.template else None,
            sender=MailboxId(query.sender.lower()) if query.sender else None,
            text=query.q,
            since=query.since,
            until=query.until,
            sort=query.sort,
            limit=query.limit,
            offset=query.offset,
        )
    )
    return listing(total, query, [EnvelopeRowAnswer.of(row) for row in rows])


async def get_envelope(call: Call) -> EnvelopeAnswer:
    view = await call.desk.envelopes.get(_mailbox(call), _envelope(call))
    # a hundred thousand fields take most of a second
    return await asyncio.to_thread(EnvelopeAnswer.opened, view)


async def get_envelope_xml(call: Call) -> web.StreamResponse:
    content = await call.desk.envelopes.xml(_mailbox(call), _envelope(call))
    return await download(call, content)


async def get_envelope_zip(call: Call) -> web.StreamResponse:
    kind = call.query(ZipQuery).kind
    content = await call.desk.envelopes.zip(_mailbox(call), _envelope(call), kind)
    return await download(call, content)


async def get_envelope_printable(call: Call) -> web.StreamResponse:
    form = call.query(PrintQuery).form
    content = await call.desk.envelopes.printable(_mailbox(call), _envelope(call), form)
    return await download(call, content)


async def accept_envelope(call: Call) -> EnvelopeAnswer:
    await call.desk.envelopes.accept(call.actor, _mailbox(call), _envelope(call))
    return await get_envelope(call)


async def reject_envelope(call: Call) -> EnvelopeAnswer:
    reason = call.body(RejectBody).reason.strip()
    await call.desk.envelopes.reject(
        call.actor, _mailbox(call), _envelope(call), reason
    )
    return await get_envelope(call)


async def reprocess_envelope(call: Call) -> None:
    await call.desk.envelopes.redispatch(
        call.actor,
        MailboxId(call.path("mailbox")),
        EnvelopeId(call.path("envelope")),
    )


def _mailbox(call: Call) -> MailboxId:
    return MailboxId(call.header(MAILBOX))


def _envelope(call: Call) -> EnvelopeId:
    return EnvelopeId(call.path("uuid"))


TAGS = ("envelopes",)
ONE = "/api/v1/envelope/{uuid}"
OPERATIONS: Sequence[Operation] = (
    Operation(
        method="POST",
        path="/api/v1/envelope/send",
        handler=send_envelope,
        summary="Send an envelope as the mailbox",
        role=PersonRole.OPERATOR,
        tags=TAGS,
        headers=(MAILBOX,),
        body=SendBody,
        max_bytes=32 << 20,
        answer=SentAnswer,
        status=201,
    ),
    Operation(
        method="GET",
        path="/api/v1/mailbox/{uuid}",
        handler=list_envelopes,
        summary="The mailbox's envelopes",
        role=PersonRole.AUDITOR,
        tags=TAGS,
        query=EnvelopesQuery,
        answer=Listing[EnvelopeRowAnswer],
    ),
    Operation(
        method="GET",
        path=ONE,
        handler=get_envelope,
        summary="One envelope, opened",
        role=PersonRole.AUDITOR,
        tags=TAGS,
        headers=(MAILBOX,),
        answer=EnvelopeAnswer,
    ),
    Operation(
        method="GET",
        path=f"{ONE}/xml",
        handler=get_envelope_xml,
        summary="The envelope as native XML",
        role=PersonRole.AUDITOR,
        tags=TAGS,
        headers=(MAILBOX,),
        produces="application/xml",
    ),
    Operation(
        method="GET",
        path=f"{ONE}/zip",
        handler=get_envelope_zip,
        summary="The native XML and the attachments in one archive",
        role=PersonRole.AUDITOR,
        tags=TAGS,
        headers=(MAILBOX,),
        query=ZipQuery,
        produces="application/zip",
    ),
    Operation(
        method="GET",
        path=f"{ONE}/printable",
        handler=get_envelope_printable,
        summary="The printable version, as PDF or HTML",
        role=PersonRole.AUDITOR,
        tags=TAGS,
        headers=(MAILBOX,),
        query=PrintQuery,
        produces="application/pdf",
    ),
    Operation(
        method="POST",
        path=f"{ONE}/accept",
        handler=accept_envelope,
        summary="Accept: the mailbox's part is complete",
        role=PersonRole.OPERATOR,
        tags=TAGS,
        headers=(MAILBOX,),
        answer=EnvelopeAnswer,
    ),
    Operation(
        method="POST",
        path=f"{ONE}/reject",
        handler=reject_envelope,
        summary="Reject: the envelope is cancelled for all who take part",
        role=PersonRole.OPERATOR,
        tags=TAGS,
        headers=(MAILBOX,),
        body=RejectBody,
        answer=EnvelopeAnswer,
    ),
    Operation(
        method="POST",
        path="/api/v1/integration/reprocess-mailbox/{mailbox}/inbox-envelope/{envelope}",
        handler=reprocess_envelope,
        summary="Bring an envelope to the mailbox's remote server once more",
        role=PersonRole.OPERATOR,
        tags=TAGS,
    ),
)
