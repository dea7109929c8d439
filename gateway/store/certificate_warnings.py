"""Which ends of certificates a mailbox's owner was warned of, so that each is once."""

from collections.abc import Mapping

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.core.model import MailboxId
from gateway.store.tables import certificate_warnings as table


async def given(
    conn: AsyncConnection,
) -> Mapping[tuple[MailboxId, str], int]:
    """Return the last threshold by mailbox and fingerprint (SHA-256, hex)."""
    rows = await conn.execute(select(table))
    return {(MailboxId(row.mailbox), row.fingerprint): row.days for row in rows}


async def remember(
    conn: AsyncConnection, mailbox: MailboxId, fingerprint: str, days: int
) -> None:
    """Write that the owner was warned at the threshold of so many days."""
    same = (table.c.mailbox == mailbox, table.c.fingerprint == fingerprint)
    await conn.execute(delete(table).where(*same))
    await conn.execute(
        insert(table).values(mailbox=mailbox, fingerprint=fingerprint, days=days)
    )
