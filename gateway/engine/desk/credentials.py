"""What signing in, one's own account and the people's page have in common."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from gateway.core.desk import sentences
from gateway.core.errors import N_, NotFound, Unauthenticated
from gateway.core.ports import Clock, NewId, Vault
from gateway.engine.desk import codes
from gateway.engine.desk.attempts import Attempts
from gateway.engine.desk.secret import NewSecret, Passwords
from gateway.store import audit, people, second_factor
from gateway.store.database import Connection, Database
from gateway.store.people import Person

log = logging.getLogger(__name__)

PURPOSE = "totp:"  # with the login: a secret sealed for one person opens for no other


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """Passwords and codes: checked, counted, sealed.

    *password_changed* is told the login once its new password is stored.
    """

    db: Database
    clock: Clock
    new_id: NewId
    new_secret: NewSecret
    vault: Vault
    attempts: Attempts
    password_changed: Callable[[str], None] = lambda _login: None
    passwords: Passwords = field(default_factory=Passwords)

    async def proved(self, login: str, password: str, address: str) -> Person:
        """Return the person; Unauthenticated or TooManyAttempts."""
        self.attempts.begin(login, address)
        async with self.db.read() as conn:
            known = await people.person(conn, login)
        stored = known.password_hash if known else None
        if not await self.passwords.verify(stored, password) or known is None:
            log.warning("login %r from %s failed", login, address)
            raise wrong_login()
        self.attempts.succeeded(login, address)
        return known

    async def use_code(self, conn: Connection, login: str, code: str) -> bool:
        """Use up a code by time or for recovery; False if it is neither."""
        timed = codes.typed(code)
        if codes.looks_timed(timed):
            return await self.use_timed(conn, login, timed, confirmed=True)
        sha256 = codes.recovery_digest(code)
        if not await second_factor.use_recovery(conn, login, sha256):
            return False
        await audit.add(conn, self.clock(), login, "recovery-code-used", login)
        return True

    async def use_timed(
        self, conn: Connection, login: str, code: str, *, confirmed: bool
    ) -> bool:
        """Use up a code of the secret in use, or of the one not confirmed yet."""
        sealed = await second_factor.secret(conn, login, confirmed=confirmed)
        if sealed is None:
            return False
        key = self.vault.open(sealed, PURPOSE + login)
        step = codes.step_of(key, code, self.clock())
        return step is not None and await second_factor.use_step(conn, login, step)


def wrong_login() -> Unauthenticated:
    return Unauthenticated(
        N_("Login and password do not belong together."), "wrong-login"
    )


async def known(conn: Connection, login: str) -> Person:
    """Return the person; NotFound."""
    found = await people.person(conn, login)
    if found is None:
        raise NotFound(sentences.NO_USER(login=login))
    return found
