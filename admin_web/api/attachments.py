"""Attachments: upload before the envelope that carries them, download."""

from collections.abc import Sequence

from aiohttp import web
from pydantic import Field

from admin_web.api.download import OCTETS, download
from admin_web.api.models import Answer, Query
from admin_web.api.operation import Call, Operation
from admin_web.api.upload import chunks, sent_name
from gateway.core.desk.actor import PersonRole
from gateway.core.model import AttachmentId, MailboxId

MAILBOX = "mailbox"


class AttachmentQuery(Query):
    """The file's name, unless Content-Disposition gives it."""

    name: str = Field(default="", max_length=255)


class AttachmentAnswer(Answer):
    """What an envelope's field names as attachmentUuid."""

    uuid: str


async def add_attachment(call: Call) -> AttachmentAnswer:
    content_type = call.request.headers.get("Content-Type", OCTETS)
    return AttachmentAnswer(
        uuid=await call.desk.attachments.add(
            call.actor, _name(call), content_type, chunks(call.request), _owner(call)
        )
    )


async def get_attachment(call: Call) -> web.StreamResponse:
    attachment = AttachmentId(call.path("uuid"))
    return await download(call, await call.desk.attachments.get(attachment))


def _owner(call: Call) -> MailboxId | None:
    given = call.request.headers.get(MAILBOX, "").strip().lower()
    return MailboxId(given) if given else None


def _name(call: Call) -> str:
    return call.query(AttachmentQuery).name or sent_name(call.request, "attachment")


TAGS = ("attachments",)
OPERATIONS: Sequence[Operation] = (
    Operation(
        method="POST",
        path="/api/v1/attachments",
        handler=add_attachment,
        summary="Store a file for an envelope to come, of this mailbox if it is named; "
        "the body is the file itself",
        role=PersonRole.OPERATOR,
        tags=TAGS,
        query=AttachmentQuery,
        answer=AttachmentAnswer,
        optional_headers=(MAILBOX,),
        accepts=("*/*",),
        status=201,
    ),
    Operation(
        method="GET",
        path="/api/v1/attachments/{uuid}",
        handler=get_attachment,
        summary="The file",
        role=PersonRole.AUDITOR,
        tags=TAGS,
        produces=OCTETS,
    ),
)
