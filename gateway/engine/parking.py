"""Mailboxes that are switched off: their jobs are parked, and woken when on again."""

from datetime import UTC, datetime

from gateway.core.integration import Integration
from gateway.core.model import MailboxId
from gateway.store import integrations, settings
from gateway.store.database import Connection

PARKED = datetime(9999, 1, 1, tzinfo=UTC)
"""When a parked job is due: never by itself."""


async def active(conn: Connection, mailbox: MailboxId) -> Integration | None:
    """Return how the remote server connects; None while that is switched off."""
    if not (await settings.get(conn)).integrations_enabled:
        return None
    integration = await integrations.get(conn, mailbox)
    return integration if integration.enabled else None
