"""What was received, the trace of every transfer, the conversion log."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Row, bindparam, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.core.desk import sentences
from gateway.core.model import (
    BlobRef,
    Channel,
    Direction,
    EnvelopeId,
    FileName,
    Folder,
    MailboxId,
    Problem,
    Receipt,
    RuleId,
    TransferId,
    TransferState,
    Upload,
)
from gateway.store import jobs
from gateway.store.tables import conversions, trace, transfer_envelopes, transfers

# made once: to build a statement costs more than to run it
_RECEIVED = select(transfers).where(
    transfers.c.uuid == bindparam("transfer"),
    transfers.c.direction == Direction.RECEIVED.value,
)
_SETTLE = update(transfers).where(transfers.c.uuid == bindparam("transfer"))
_INSERT = insert(transfers)
_TRACE = insert(trace)
_LOG = insert(conversions)
_MADE = insert(transfer_envelopes)
LINE = 2000  # a trace line longer than this is cut


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """A received transfer as the pipeline sees it."""

    id: TransferId
    upload: Upload
    state: TransferState
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """One line of the conversion log."""

    at: datetime
    mailbox: MailboxId
    rule: RuleId | None
    direction: str
    file_name: str
    status: str
    message: str = ""
    transfer: TransferId | None = None
    envelope: EnvelopeId | None = None


@dataclass(frozen=True, slots=True)
class Arrival:
    """An upload with its receipt, and lines (step, detail) for its trace."""

    receipt: Receipt
    upload: Upload
    lines: Sequence[tuple[str, str]] = ()


async def receive(conn: AsyncConnection, receipt: Receipt, upload: Upload) -> None:
    """Record what was received and the job that will route it."""
    await receive_all(conn, [Arrival(receipt, upload)])


async def receive_all(conn: AsyncConnection, arrived: Sequence[Arrival]) -> None:
    """Record what was received and the jobs that will route it."""
    await _insert(conn, arrived, {"state": TransferState.RECEIVED.value})
    due = [(one.receipt.id, one.receipt.received_at) for one in arrived]
    await jobs.add_all(conn, "route", due)


async def refuse(
    conn: AsyncConnection, receipt: Receipt, upload: Upload, problem: Problem
) -> None:
    """Record what was kept for inspection only: it failed before it was received."""
    values = {
        "state": TransferState.FAILED.value,
        "error": asdict(problem),
        "finished_at": receipt.received_at,
    }
    failure = (problem.step, sentences.FAILED(why=problem.message))
    await _insert(conn, [Arrival(receipt, upload, [failure])], values)


async def _insert(
    conn: AsyncConnection, arrived: Sequence[Arrival], values: Mapping[str, object]
) -> None:
    rows = [
        {
            "uuid": one.receipt.id,
            "mailbox": one.upload.mailbox,
            "direction": Direction.RECEIVED.value,
            "protocol": one.upload.channel.value,
            "content_type": one.upload.attributes.get("contentType", ""),
            "message_id": one.upload.attributes.get("messageId"),
            "attempts": 0,
            "created_at": one.receipt.received_at,
            **_content(one.upload),
            **values,
        }
        for one in arrived
    ]
    await conn.execute(_INSERT, rows)
    lines = [
        _line(one.receipt.id, one.receipt.received_at, step, detail)
        for one in arrived
        for step, detail in (("receive", _arrival(one.upload)), *one.lines)
    ]
    await conn.execute(_TRACE, lines)


def _arrival(upload: Upload) -> str:
    return sentences.ARRIVED(
        file=upload.name.text,
        bytes=upload.blob.size,
        channel=upload.channel.value,
        folder=upload.folder.text,
    )


async def run_again(
    conn: AsyncConnection, transfer: TransferId, upload: Upload, at: datetime, why: str
) -> None:
    """Set a failed transfer back to RECEIVED, with `upload` as its content now."""
    await conn.execute(
        update(transfers)
        .where(transfers.c.uuid == transfer)
        .values(
            state=TransferState.RECEIVED.value,
            error=None,
            finished_at=None,
            **_content(upload),
        )
    )
    await mark_reprocessed(conn, transfer)
    await note(conn, transfer, at, "receive", why)
    await jobs.add(conn, "route", transfer, at)


def _content(upload: Upload) -> dict[str, object]:
    return {
        "folder": upload.folder.text,
        "file_name": upload.name.text,
        "sha256": upload.blob.sha256,
        "size": upload.blob.size,
        "attributes": dict(upload.attributes),
    }


async def received(conn: AsyncConnection, transfer: TransferId) -> Transfer | None:
    """Return the received transfer; None if there is none."""
    row = (await conn.execute(_RECEIVED, {"transfer": transfer})).one_or_none()
    if row is None:
        return None
    return Transfer(
        id=transfer,
        upload=upload_of(row),
        state=TransferState(row.state),
        received_at=row.created_at,
    )


def upload_of(row: Row[tuple[object, ...]]) -> Upload:
    """Return the upload that a row of `transfers` records."""
    return Upload(
        mailbox=MailboxId(row.mailbox),
        channel=Channel(row.protocol),
        name=FileName(row.file_name),
        folder=Folder.parse(row.folder),
        blob=BlobRef(row.sha256, row.size),
        attributes=row.attributes,
    )


async def processed(
    conn: AsyncConnection,
    transfer: TransferId,
    rule: RuleId | None,
    made: list[EnvelopeId],
    at: datetime,
) -> None:
    """Record that the transfer became these envelopes; none if it was an answer."""
    await conn.execute(
        _SETTLE,
        {
            "transfer": transfer,
            "state": TransferState.PROCESSED.value,
            "rule": rule,
            "finished_at": at,
            "error": None,
        },
    )
    if made:
        await conn.execute(
            _MADE,
            [{"transfer": transfer, "envelope": envelope} for envelope in made],
        )


async def failed(
    conn: AsyncConnection, transfer: TransferId, problem: Problem, at: datetime
) -> None:
    """Record that the transfer stopped at `problem`."""
    await conn.execute(
        update(transfers)
        .where(transfers.c.uuid == transfer)
        .values(
            state=TransferState.FAILED.value,
            rule=problem.rule,
            error=asdict(problem),
            finished_at=at,
        )
    )
    await note(conn, transfer, at, problem.step, sentences.FAILED(why=problem.message))


async def count_attempt(conn: AsyncConnection, transfer: TransferId) -> None:
    await conn.execute(
        update(transfers)
        .where(transfers.c.uuid == transfer)
        .values(attempts=transfers.c.attempts + 1)
    )


# --- Trace and conversion log ----------------------------------------------------


async def note(
    conn: AsyncConnection, transfer: TransferId, at: datetime, step: str, detail: str
) -> None:
    """Add a line to the trace."""
    await notes(conn, transfer, at, [(step, detail)])


async def notes(
    conn: AsyncConnection,
    transfer: TransferId,
    at: datetime,
    lines: Sequence[tuple[str, str]],
) -> None:
    """Add lines (step, detail) to the trace."""
    await conn.execute(
        _TRACE, [_line(transfer, at, step, detail) for step, detail in lines]
    )


def _line(
    transfer: TransferId, at: datetime, step: str, detail: str
) -> Mapping[str, object]:
    return {"transfer": transfer, "at": at, "step": step, "detail": detail[:LINE]}


async def log(conn: AsyncConnection, line: LogLine) -> None:
    """Add a line to the conversion log."""
    await conn.execute(_LOG, asdict(line))


async def mark_reprocessed(conn: AsyncConnection, transfer: TransferId) -> None:
    """Say in the log that the failures of this transfer are being tried again."""
    await conn.execute(
        update(conversions)
        .where(conversions.c.transfer == transfer, conversions.c.status == "FAILED")
        .values(status="REPROCESSED")
    )
