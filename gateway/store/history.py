"""Documents of the past: what came, by which rule it went, what was made of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.core.model import (
    BlobRef,
    Direction,
    EnvelopeId,
    MailboxId,
    RuleId,
    Top,
    TransferId,
    TransferState,
)
from gateway.core.rules import RuleDirection
from gateway.store.tables import conversions, envelopes, rules, transfers

LINES = 4  # lines of the log that are read for each document that is wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class Handled:
    """A document and the last time it was handled."""

    at: datetime
    ok: bool
    rule: RuleId | None
    rule_name: str
    file_name: str
    transfer: TransferId | None
    envelope: EnvelopeId | None


@dataclass(frozen=True, slots=True)
class Outgoing:
    """The file that an IN rule made, and how often the envelope had arrived before."""

    name: str
    blob: BlobRef
    before: int


async def newest(
    conn: AsyncConnection,
    mailbox: MailboxId,
    direction: RuleDirection,
    of: Sequence[RuleId] | None,
) -> int:
    """Return the id of the newest line; 0 if there is none."""
    row = (await conn.execute(_lines(mailbox, direction, of).limit(1))).first()
    return row.id if row else 0


async def handled(
    conn: AsyncConnection,
    mailbox: MailboxId,
    direction: RuleDirection,
    of: Sequence[RuleId] | None,
    upto: int,
    most: int,
) -> Sequence[Handled]:
    """Return the newest documents that were handled up to the line `upto`.

    `of` None means by any rule or none. At most `most`; fewer, too, if most of the
    log's last lines are of documents that were run again and again.
    """
    found = _lines(mailbox, direction, of).where(conversions.c.id <= upto)
    rows = await conn.execute(found.limit(most * LINES))
    out = direction is RuleDirection.OUT
    last: dict[str, Row[Any]] = {}
    for row in rows:
        last.setdefault(row.transfer if out else row.envelope, row)
    return [_handled(row) for row in list(last.values())[:most]]


def _handled(row: Row[Any]) -> Handled:
    return Handled(
        at=row.at,
        ok=row.status != "FAILED",
        rule=RuleId(row.rule) if row.rule else None,
        rule_name=row.rule_name or "",
        file_name=row.file_name,
        transfer=TransferId(row.transfer) if row.transfer else None,
        envelope=EnvelopeId(row.envelope) if row.envelope else None,
    )


async def made_of(
    conn: AsyncConnection, transfer: TransferId
) -> Sequence[tuple[EnvelopeId, BlobRef]]:
    """Return the envelopes that were made of a received file, in their order."""
    found = (
        select(envelopes.c.uuid, envelopes.c.sha256, envelopes.c.size)
        .where(envelopes.c.source_transfer == transfer)
        .order_by(envelopes.c.source_index)
    )
    rows = await conn.execute(found)
    return [(EnvelopeId(row.uuid), BlobRef(row.sha256, row.size)) for row in rows]


async def sent_as(conn: AsyncConnection, transfer: TransferId) -> Outgoing | None:
    """Return the file that went out by the transfer; None if there is none."""
    row = (
        await conn.execute(select(transfers).where(transfers.c.uuid == transfer))
    ).one_or_none()
    if row is None:
        return None
    earlier = (
        select(func.count())
        .select_from(transfers)
        .where(transfers.c.envelope == row.envelope)
        .where(transfers.c.mailbox == row.mailbox)
        .where(transfers.c.state == TransferState.DELIVERED.value)
        .where(transfers.c.created_at < row.created_at)
    )
    before: int = (await conn.execute(earlier)).scalar_one()
    return Outgoing(row.file_name, BlobRef(row.sha256, row.size), before)


def _lines(
    mailbox: MailboxId, direction: RuleDirection, of: Sequence[RuleId] | None
) -> Select[Any]:
    """Return the lines of the log, the newest first.

    OUT: of files that rules are for, which those in outbox/ are not.
    """
    out = direction is RuleDirection.OUT
    document = conversions.c.transfer if out else conversions.c.envelope
    found = (
        select(conversions, rules.c.name.label("rule_name"))
        .outerjoin(rules, rules.c.uuid == conversions.c.rule)
        .where(conversions.c.mailbox == mailbox)
        .where(conversions.c.direction == direction.value)
        .where(document.is_not(None))
        .order_by(conversions.c.id.desc())
    )
    if out:
        native = Top.OUTBOX.value
        found = found.join(transfers, transfers.c.uuid == conversions.c.transfer).where(
            transfers.c.direction == Direction.RECEIVED.value,
            ~or_(
                transfers.c.folder == native,
                transfers.c.folder.startswith(f"{native}/", autoescape=True),
            ),
        )
    if of is not None:
        found = found.where(conversions.c.rule.in_(of))
    return found
