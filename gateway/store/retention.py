"""Clearing away what is finished and old; what is unfinished stays, however old.

Each method deletes one batch in one transaction and returns how many things went.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    and_,
    delete,
    exists,
    func,
    literal,
    or_,
    select,
    union,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.core.envelope import EnvelopeStatus
from gateway.core.model import Direction
from gateway.store.database import Database
from gateway.store.mails import MailState
from gateway.store.tables import (
    as2_message_transfers,
    as2_messages,
    as2_sent,
    attachments,
    audit,
    conversions,
    entries,
    envelope_attachments,
    envelope_fields,
    envelopes,
    given_numbers,
    jobs,
    mailbox_entries,
    mails,
    message_directories,
    rules,
    sent_interchanges,
    trace,
    transfer_envelopes,
    transfers,
)

REFERENCES = (
    as2_messages.c.sha256,
    as2_sent.c.sha256,
    attachments.c.sha256,
    entries.c.sha256,
    envelopes.c.sha256,
    message_directories.c.sha256,
    rules.c.example_sha256,
    transfers.c.sha256,
)
"""Every column that names a blob."""

WAITING = EnvelopeStatus.WAITING.value


@dataclass(frozen=True, slots=True)
class Finished:
    """What is finished, batch by batch of at most `batch` things."""

    db: Database
    batch: int = 100

    async def drop_mails(self, before: datetime) -> int:
        """Delete mails sent or given up that were due before *before*."""
        async with self.db.write() as conn:
            old = _old_mails(before).limit(self.batch)
            gone = await conn.execute(delete(mails).where(mails.c.id.in_(old)))
            return gone.rowcount

    async def drop_audit(self, before: datetime) -> int:
        """Delete audit entries made before *before*."""
        async with self.db.write() as conn:
            old = _old_audit(before).limit(self.batch)
            gone = await conn.execute(delete(audit).where(audit.c.id.in_(old)))
            return gone.rowcount

    async def drop_received(self, before: datetime) -> int:
        """Delete received transfers that ended before *before*, with trace and log.

        One whose file still lies in a folder (error/ above all) stays.
        """
        async with self.db.write() as conn:
            old = _old_received(before).limit(self.batch)
            return await _drop(conn, (await conn.execute(old)).scalars().all())

    async def drop_delivered(self, before: datetime) -> int:
        """Delete deliveries that ended before *before*, with trace and log.

        All deliveries of an envelope to a mailbox go at once, since they are numbered;
        all stay while one of them, or the envelope, is unfinished, or while the
        delivered file has not been fetched.
        """
        async with self.db.write() as conn:
            old = _old_delivered(before, self.batch)
            return await _drop(conn, (await conn.execute(old)).scalars().all())

    async def drop_answers(self, before: datetime) -> int:
        """Delete acknowledgements sent before *before*: they belong to no envelope."""
        async with self.db.write() as conn:
            old = _old_answers(before).limit(self.batch)
            return await _drop(conn, (await conn.execute(old)).scalars().all())

    async def drop_numbers(self, before: datetime) -> int:
        """Forget for which job control numbers were given; the count goes on."""
        old = delete(given_numbers).where(given_numbers.c.given_at < before)
        async with self.db.write() as conn:
            return (await conn.execute(old)).rowcount

    async def drop_envelopes(self, before: datetime) -> int:
        """Delete envelopes that ended before *before*, with their deliveries.

        One that waits for anybody, has a job or a delivery under way, or a file that
        has not been fetched, stays.
        """
        async with self.db.write() as conn:
            old = _old_envelopes(before).limit(self.batch)
            gone = (await conn.execute(old)).scalars().all()
            if gone:
                await _drop_envelopes(conn, gone)
            return len(gone)

    async def drop_attachments(self, before: datetime) -> int:
        """Delete attachments added before *before* that no envelope carries."""
        used = exists().where(envelope_attachments.c.attachment == attachments.c.uuid)
        old = (
            select(attachments.c.uuid)
            .where(attachments.c.created_at < before, ~used)
            .limit(self.batch)
        )
        async with self.db.write() as conn:
            gone = await conn.execute(
                delete(attachments).where(attachments.c.uuid.in_(old))
            )
            return gone.rowcount

    async def unused(self, digests: Sequence[str]) -> Sequence[str]:
        """Return those of `digests` (1000 at most) that nothing refers to.

        Each is a parameter for every column; PostgreSQL takes 32767 of them.
        """
        found = union(*(select(c).where(c.in_(digests)) for c in REFERENCES))
        async with self.db.read() as conn:
            used = set((await conn.execute(found)).scalars())
        return [digest for digest in digests if digest not in used]


async def over(conn: AsyncConnection, before: Mapping[str, datetime]) -> dict[str, int]:
    """Return how many things of each kind ended before the moment beside it."""
    counts = {
        "transfers": (_old_received, _old_delivered, _old_answers),
        "envelopes": (_old_envelopes,),
        "mails": (_old_mails,),
        "audit": (_old_audit,),
    }
    return {
        kind: sum([await _count(conn, old(moment)) for old in counts[kind]])
        for kind, moment in before.items()
    }


async def _count(conn: AsyncConnection, found: Select[Any]) -> int:
    counted = select(func.count()).select_from(found.subquery())
    number: int = (await conn.execute(counted)).scalar_one()
    return number


def _old_mails(before: datetime) -> Select[Any]:
    return select(mails.c.id).where(
        mails.c.state != MailState.WAITING.value, mails.c.due_at < before
    )


def _old_audit(before: datetime) -> Select[Any]:
    return select(audit.c.id).where(audit.c.at < before)


def _old_received(before: datetime) -> Select[Any]:
    return (
        select(transfers.c.uuid)
        .where(transfers.c.direction == Direction.RECEIVED.value)
        .where(~_busy(before))
    )


def _old_delivered(before: datetime, batch: int | None = None) -> Select[Any]:
    """Return the deliveries of at most *batch* pairs of envelope and mailbox."""
    sibling = transfers.alias("sibling")
    same = and_(
        sibling.c.envelope == transfers.c.envelope,
        sibling.c.mailbox == transfers.c.mailbox,
        sibling.c.direction == Direction.DELIVERED.value,
    )
    pairs = (
        select(transfers.c.envelope, transfers.c.mailbox)
        .where(transfers.c.direction == Direction.DELIVERED.value)
        .where(~_busy(before), ~_open(transfers.c.envelope))
        .where(~exists().where(same, _busy(before, sibling)))
        .distinct()
        .limit(batch)
    ).subquery()
    return select(transfers.c.uuid).join(
        pairs,
        and_(
            pairs.c.envelope == transfers.c.envelope,
            pairs.c.mailbox == transfers.c.mailbox,
            transfers.c.direction == Direction.DELIVERED.value,
        ),
    )


def _old_answers(before: datetime) -> Select[Any]:
    return (
        select(transfers.c.uuid)
        .where(transfers.c.direction == Direction.DELIVERED.value)
        .where(transfers.c.envelope.is_(None), ~_busy(before))
    )


def _old_envelopes(before: datetime) -> Select[Any]:
    own = transfers.alias("own")
    underway = exists().where(own.c.envelope == envelopes.c.uuid, _busy(None, own))
    subjects = envelopes.c.uuid + literal("|%")
    job = exists().where(jobs.c.kind == "dispatch", jobs.c.subject.like(subjects))
    return (
        select(envelopes.c.uuid)
        .where(envelopes.c.status != WAITING, envelopes.c.completed_at < before)
        .where(~_open(envelopes.c.uuid), ~underway, ~job)
    )


def _busy(
    before: datetime | None, table: FromClause = transfers
) -> ColumnElement[bool]:
    """Whether a transfer is unfinished, ended later, has a job or a file there."""
    unfinished = table.c.finished_at.is_(None)
    late = table.c.finished_at >= before if before else literal(value=False)
    job = exists().where(
        jobs.c.kind.in_(("route", "deliver")), jobs.c.subject == table.c.uuid
    )
    file = exists().where(entries.c.transfer == table.c.uuid)
    return or_(unfinished, late, job, file)


def _open(envelope: ColumnElement[str | None]) -> ColumnElement[bool]:
    """Whether an envelope waits for somebody."""
    other = envelopes.alias("other")
    whole = exists().where(other.c.uuid == envelope, other.c.status == WAITING)
    part = exists().where(
        mailbox_entries.c.envelope == envelope, mailbox_entries.c.status == WAITING
    )
    return or_(whole, part)


async def _drop(conn: AsyncConnection, gone: Sequence[str]) -> int:
    if gone:
        links = as2_message_transfers.c
        came_by = select(links.message).where(links.transfer.in_(gone))
        messages = (await conn.execute(came_by)).scalars().all()
        for child in (
            as2_message_transfers,
            as2_sent,
            sent_interchanges,
            trace,
            transfer_envelopes,
            conversions,
        ):
            await conn.execute(delete(child).where(child.c.transfer.in_(gone)))
        await conn.execute(delete(transfers).where(transfers.c.uuid.in_(gone)))
        await _drop_messages(conn, messages)
    return len(gone)


async def _drop_messages(conn: AsyncConnection, named: Sequence[str]) -> None:
    """Delete those AS2 messages of which no document is left."""
    left = exists().where(as2_message_transfers.c.message == as2_messages.c.uuid)
    await conn.execute(
        delete(as2_messages).where(as2_messages.c.uuid.in_(named), ~left)
    )


async def _drop_envelopes(conn: AsyncConnection, gone: Sequence[str]) -> None:
    own = select(transfers.c.uuid).where(transfers.c.envelope.in_(gone))
    await _drop(conn, (await conn.execute(own)).scalars().all())
    # the log of a received file stays with its transfer
    kept = update(conversions).where(
        conversions.c.envelope.in_(gone), conversions.c.transfer.is_not(None)
    )
    await conn.execute(kept.values(envelope=None))
    for child in (
        conversions,
        transfer_envelopes,
        mailbox_entries,
        envelope_fields,
        envelope_attachments,
    ):
        await conn.execute(delete(child).where(child.c.envelope.in_(gone)))
    await conn.execute(delete(envelopes).where(envelopes.c.uuid.in_(gone)))
