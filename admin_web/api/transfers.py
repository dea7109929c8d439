"""Transfers: list, open with the trace, download, run again."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from aiohttp import web
from pydantic import AwareDatetime, Field

from admin_web.api.download import OCTETS, download
from admin_web.api.listing import Listing, Paged, listing
from admin_web.api.models import Answer, Body
from admin_web.api.operation import Call, Operation
from admin_web.api.problems import ProblemAnswer
from gateway.core.desk.actor import PersonRole
from gateway.core.desk.transfers import TransferQuery, TransferView
from gateway.core.model import (
    Channel,
    Direction,
    MailboxId,
    TransferId,
    TransferState,
)

MANY = 500


class TransfersQuery(Paged):
    """Which transfers; created at `from` or later and before `to`.

    `q` is looked for in file names, and is a Message-ID or how a uuid or a SHA-256
    begins.
    """

    mailbox: str | None = None
    direction: Direction | None = None
    protocol: Channel | None = None
    state: TransferState | None = None
    since: AwareDatetime | None = Field(default=None, alias="from")
    until: AwareDatetime | None = Field(default=None, alias="to")
    q: str = Field(default="", max_length=255)


class ManyBody(Body):
    """Which transfers to run again: all of them or none."""

    ids: Annotated[list[str], Field(min_length=1, max_length=MANY)]


class ManyAnswer(Answer):
    """Which transfers run again now."""

    reprocessed: Sequence[str]


class TraceAnswer(Answer):
    """One step of the way."""

    at: datetime
    step: str
    detail: str


class TransferAnswer(Answer):
    """One transfer; the trace is there when one is opened, not in lists."""

    uuid: str
    mailbox: str
    direction: str
    protocol: str
    folder: str
    file_name: str
    content_type: str
    size: int
    sha256: str
    state: str
    error: ProblemAnswer | None
    envelopes: list[str]
    attempts: int
    created_at: datetime
    finished_at: datetime | None
    next_attempt_at: datetime | None
    trace: list[TraceAnswer]


async def list_transfers(call: Call) -> Listing[TransferAnswer]:
    query = call.query(TransfersQuery)
    total, found = await call.desk.transfers.search(
        TransferQuery(
            mailbox=MailboxId(query.mailbox.lower()) if query.mailbox else None,
            direction=query.direction,
            protocol=query.protocol,
            states=[query.state] if query.state else (),
            since=query.since,
            until=query.until,
            text=query.q,
            limit=query.limit,
            offset=query.offset,
        )
    )
    return listing(total, query, [_answer(one) for one in found])


async def get_transfer(call: Call) -> TransferAnswer:
    return _answer(await call.desk.transfers.get(TransferId(call.path("uuid"))))


async def get_transfer_content(call: Call) -> web.StreamResponse:
    transfer = TransferId(call.path("uuid"))
    return await download(call, await call.desk.transfers.content(transfer))


async def get_transfer_evidence(call: Call) -> web.StreamResponse:
    transfer = TransferId(call.path("uuid"))
    return await download(call, await call.desk.evidence.zip(transfer))


async def reprocess_transfer(call: Call) -> TransferAnswer:
    transfer = TransferId(call.path("uuid"))
    await call.desk.transfers.reprocess(call.actor, [transfer])
    return _answer(await call.desk.transfers.get(transfer))


async def reprocess_transfers(call: Call) -> ManyAnswer:
    wanted = [TransferId(uuid.lower()) for uuid in call.body(ManyBody).ids]
    await call.desk.transfers.reprocess(call.actor, wanted)
    return ManyAnswer(reprocessed=wanted)


def _answer(view: TransferView) -> TransferAnswer:
    return TransferAnswer(
        uuid=view.id,
        mailbox=view.mailbox,
        direction=view.direction.value,
        protocol=view.protocol.value,
        folder=view.folder,
        file_name=view.file_name,
        content_type=view.content_type,
        size=view.blob.size,
        sha256=view.blob.sha256,
        state=view.state.value,
        error=ProblemAnswer.of(view.problem) if view.problem else None,
        envelopes=list(view.envelopes),
        attempts=view.attempts,
        created_at=view.created_at,
        finished_at=view.finished_at,
        next_attempt_at=view.next_attempt_at,
        trace=[
            TraceAnswer(at=one.at, step=one.step, detail=one.detail)
            for one in view.trace
        ],
    )


TAGS = ("transfers",)
OPERATIONS: Sequence[Operation] = (
    Operation(
        method="GET",
        path="/api/v1/transfers",
        handler=list_transfers,
        summary="What came in and went out, newest first",
        role=PersonRole.AUDITOR,
        tags=TAGS,
        query=TransfersQuery,
        answer=Listing[TransferAnswer],
    ),
    Operation(
        method="POST",
        path="/api/v1/transfers/reprocess",
        handler=reprocess_transfers,
        summary="Run several failed transfers again, all of them or none",
        role=PersonRole.OPERATOR,
        tags=TAGS,
        body=ManyBody,
        answer=ManyAnswer,
    ),
    Operation(
        method="GET",
        path="/api/v1/transfers/{uuid}",
        handler=get_transfer,
        summary="One transfer with its trace",
        role=PersonRole.AUDITOR,
        tags=TAGS,
        answer=TransferAnswer,
    ),
    Operation(
        method="GET",
        path="/api/v1/transfers/{uuid}/content",
        handler=get_transfer_content,
        summary="The file as it was received or sent",
        role=PersonRole.AUDITOR,
        tags=TAGS,
        produces=OCTETS,
    ),
    Operation(
        method="GET",
        path="/api/v1/transfers/{uuid}/evidence",
        handler=get_transfer_evidence,
        summary="AS2 messages, MDNs and certificates, with a script that checks them",
        role=PersonRole.AUDITOR,
        tags=TAGS,
        produces="application/zip",
    ),
    Operation(
        method="POST",
        path="/api/v1/transfers/{uuid}/reprocess",
        handler=reprocess_transfer,
        summary="Run a failed transfer again",
        role=PersonRole.OPERATOR,
        tags=TAGS,
        answer=TransferAnswer,
    ),
)
