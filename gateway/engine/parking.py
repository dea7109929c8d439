"""Mailboxes that are switched off: their jobs are parked, and woken when on again."""

from datetime import UTC, datetime

from gateway.core.integration import Integration
from gateway.core.model import MailboxId
from gateway.store import integrations, jobs, settings
from gateway.store.database import Connection
from gateway.store.jobs import Job

PARKED = datetime(9999, 1, 1, tzinfo=UTC)
"""When a parked job is due: never by itself."""


async def active(conn: Connection, mailbox: MailboxId) -> Integration | None:
    """Return how the remote server connects; None while that is switched off."""
    integration = await integrations.get(conn, mailbox)
    if not integration.enabled:
        return None
    return integration if (await settings.get(conn)).integrations_enabled else None


async def park(conn: Connection, job: Job, mailbox: MailboxId, now: datetime) -> None:
    """Lay the job aside until the mailbox is switched on.

    Looks again first: who switched it on meanwhile woke only jobs that nobody held.
    """
    await jobs.again(conn, job, PARKED if await active(conn, mailbox) is None else now)
