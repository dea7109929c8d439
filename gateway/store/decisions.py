"""An envelope in an inbox when a person decides over it, or has it brought again."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.core.envelope import EnvelopeStatus
from gateway.core.errors import N_, Conflict, NotFound
from gateway.core.model import EnvelopeId, MailboxId
from gateway.store import jobs
from gateway.store.envelopes import InboxEntry, dispatch_subject, inbox_entry, lock


async def _found(
    conn: AsyncConnection, envelope: EnvelopeId, mailbox: MailboxId
) -> InboxEntry:
    entry = await inbox_entry(conn, envelope, mailbox)
    if entry is None:
        raise NotFound(
            N_("no envelope {envelope} in the inbox of this mailbox").format(
                envelope=envelope
            )
        )
    return entry


async def must_wait(
    conn: AsyncConnection, envelope: EnvelopeId, mailbox: MailboxId
) -> InboxEntry:
    """Return the entry if a person may still decide; NotFound or Conflict if not."""
    await lock(conn, envelope)
    entry = await _found(conn, envelope, mailbox)
    if entry.status is not EnvelopeStatus.WAITING:
        raise Conflict(
            N_(
                "the envelope is {value}; only a WAITING one can be accepted or "
                "rejected"
            ).format(value=entry.status.value),
            "envelope-not-waiting",
        )
    return entry


async def redispatch(
    conn: AsyncConnection, envelope: EnvelopeId, mailbox: MailboxId, at: datetime
) -> None:
    """Bring the envelope to the mailbox's remote server once more.

    NotFound, or Conflict if it was rejected or has expired.
    """
    entry = await _found(conn, envelope, mailbox)
    if entry.status not in {EnvelopeStatus.WAITING, EnvelopeStatus.COMPLETED}:
        raise Conflict(
            N_(
                "the envelope is {value}; only a WAITING or COMPLETED one is brought "
                "to the remote server; have it sent anew"
            ).format(value=entry.status.value),
            "envelope-ended",
        )
    await jobs.add(conn, "dispatch", f"{dispatch_subject(envelope, mailbox)}|again", at)
