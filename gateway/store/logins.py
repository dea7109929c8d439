"""Who may log in by SFTP: what the gate asks of the integrations."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from gateway.core.model import Channel, MailboxId
from gateway.store.database import Database
from gateway.store.tables import integrations, settings

SWITCH = "integrations_enabled"  # of the whole appliance; absent means on


@dataclass(frozen=True, slots=True)
class Login:
    """An SFTP integration that is on; *password* is sealed, None before it is made."""

    password: bytes | None
    public_keys: Sequence[str]
    allowed_addresses: Sequence[str]


@dataclass(frozen=True, slots=True)
class Logins:
    """Each method is one transaction."""

    db: Database

    async def find(self, mailbox: MailboxId) -> Login | None:
        """Return the login; None if unknown, switched off or not SFTP."""
        switch = select(settings.c.value).where(settings.c.key == SWITCH)
        query = select(integrations).where(
            integrations.c.mailbox == mailbox,
            integrations.c.enabled.is_(True),
            integrations.c.protocol == Channel.SFTP.value,
        )
        async with self.db.read() as conn:
            if (await conn.execute(switch)).scalar() is False:
                return None
            row = (await conn.execute(query)).one_or_none()
        if row is None:
            return None
        return Login(row.sftp_password, row.public_keys, row.allowed_addresses)
