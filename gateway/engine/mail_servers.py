"""Which mail server takes our mails: the configuration's, else the page's."""

from base64 import b64decode
from dataclasses import dataclass, field, replace
from typing import Any

from gateway.adapters.mail import SmtpMailer, SmtpOptions
from gateway.adapters.mail_texts import MailTexts
from gateway.core.errors import N_, StorageError
from gateway.core.ports import Letter, MailRefused, MailResult, Vault
from gateway.store import settings
from gateway.store.database import Connection, Database

PASSWORD = "smtp-password"  # noqa: S105 - the vault's purpose, not a password
LOST = N_(
    "The stored password of the mail server cannot be opened with this master key; "
    "write it anew in the settings, or restore database and master key from the same "
    "backup."
)


@dataclass(frozen=True, slots=True)
class Known:
    """A mail server; *lost*: its password is stored but cannot be opened."""

    options: SmtpOptions
    lost: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServers:
    """The mail server in use, asked before each mail: the page may change it.

    *configured* wins if it has a host; its sender is the default in any case.
    """

    db: Database
    vault: Vault
    configured: SmtpOptions
    texts: MailTexts = field(default_factory=MailTexts)

    async def now(self) -> Known:
        """Return the mail server; without a host there is none."""
        async with self.db.read() as conn:
            return await self.used(conn)

    async def used(self, conn: Connection) -> Known:
        if self.configured.host:
            return Known(self.configured)
        return await self.kept(conn)

    async def kept(self, conn: Connection) -> Known:
        """Return what was set on the page."""
        found: dict[str, Any] = {**await settings.value(conn, settings.MAIL_SERVER)}
        if not found:
            return Known(replace(self.configured, username="", password=""))
        options = SmtpOptions(
            host=found["host"],
            port=found["port"],
            username=found["username"],
            starttls=found["starttls"],
            sender=found["sender"] or self.configured.sender,
        )
        sealed = b64decode(str(found["password"]))
        if not sealed:
            return Known(options)
        try:
            password = self.vault.open(sealed, PASSWORD).decode()
        except StorageError:
            return Known(options, lost=True)
        return Known(replace(options, password=password))

    async def there(self, conn: Connection) -> bool:
        """Whether there is a mail server."""
        return bool((await self.used(conn)).options.host)


@dataclass(frozen=True, slots=True)
class CurrentMailer:
    """The Mailer that sends by whatever server is set when it sends."""

    servers: MailServers

    async def send(self, letter: Letter) -> MailResult:
        server = await self.servers.now()
        if server.lost:
            return MailRefused(LOST, permanent=False)
        mailer = SmtpMailer(server.options, self.servers.texts)
        return await mailer.send(letter)
