"""Which mail server takes our mails: the configuration's, else the page's."""

from base64 import b64decode
from dataclasses import dataclass, field, replace
from typing import Any

from gateway.adapters.mail import SmtpMailer, SmtpOptions
from gateway.adapters.mail_texts import MailTexts
from gateway.core.ports import Letter, MailResult, Vault
from gateway.store import settings
from gateway.store.database import Connection, Database

PASSWORD = "smtp-password"  # noqa: S105 - the vault's purpose, not a password


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServers:
    """The mail server in use, asked before each mail: the page may change it.

    *configured* wins if it has a host; its sender is the default in any case.
    """

    db: Database
    vault: Vault
    configured: SmtpOptions
    texts: MailTexts = field(default_factory=MailTexts)

    async def options(self) -> SmtpOptions:
        async with self.db.read() as conn:
            return await self.used(conn)

    async def used(self, conn: Connection) -> SmtpOptions:
        """Return the mail server; without a host there is none."""
        if self.configured.host:
            return self.configured
        return await self.kept(conn)

    async def kept(self, conn: Connection) -> SmtpOptions:
        """Return what was set on the page."""
        found: dict[str, Any] = {**await settings.value(conn, settings.MAIL_SERVER)}
        if not found:
            return replace(self.configured, username="", password="")
        sealed = str(found["password"])
        return SmtpOptions(
            host=found["host"],
            port=found["port"],
            username=found["username"],
            password=self.vault.open(b64decode(sealed), PASSWORD).decode()
            if sealed
            else "",
            starttls=found["starttls"],
            sender=found["sender"] or self.configured.sender,
        )

    async def there(self, conn: Connection) -> bool:
        """Whether there is a mail server."""
        return bool((await self.used(conn)).host)


@dataclass(frozen=True, slots=True)
class CurrentMailer:
    """The Mailer that sends by whatever server is set when it sends."""

    servers: MailServers

    async def send(self, letter: Letter) -> MailResult:
        mailer = SmtpMailer(await self.servers.options(), self.servers.texts)
        return await mailer.send(letter)
