"""Who may connect by SFTP."""

import hmac
from dataclasses import dataclass

from gateway.core.model import MailboxId
from gateway.core.ports import SftpAccount, Vault
from gateway.store.logins import Logins

PURPOSE = "sftp-password"


@dataclass(frozen=True, slots=True)
class MailboxGate:
    """The port Gate: the login is the mailbox's uuid, in any case."""

    logins: Logins
    vault: Vault

    async def account(self, login: str) -> SftpAccount | None:
        mailbox = MailboxId(login.lower())
        found = await self.logins.find(mailbox)
        if found is None:
            return None
        return SftpAccount(
            mailbox=mailbox,
            public_keys=found.public_keys,
            allowed_addresses=found.allowed_addresses,
        )

    async def password_ok(self, mailbox: MailboxId, password: str) -> bool:
        """Compare in constant time; False if the mailbox has no password.

        Passwords are generated with 160 bits, so no slow hash is needed.
        """
        found = await self.logins.find(mailbox)
        if found is None or found.password is None:
            return False
        secret = self.vault.open(found.password, PURPOSE)
        return hmac.compare_digest(secret, password.encode())
