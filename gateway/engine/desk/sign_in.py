"""Signing in: a password, and a code from who has a second factor."""

import logging
from dataclasses import dataclass
from datetime import timedelta

from pydantic import BaseModel, ConfigDict

from gateway.core.desk.accounts import CodeNeeded, Origin
from gateway.core.desk.actor import Actor
from gateway.core.desk.people import Token
from gateway.core.errors import N_, Outage, Unauthenticated
from gateway.engine.desk.credentials import Credentials, wrong_login
from gateway.engine.desk.secret import digest
from gateway.engine.desk.signed import claims_of, sign
from gateway.store import audit, people, tokens
from gateway.store.people import Person

log = logging.getLogger(__name__)

SESSION = timedelta(hours=12)
TICKET = timedelta(minutes=5)
PURPOSE = "login-ticket"
SEEN = timedelta(minutes=5)  # how exactly it is told when a token was used


class _Claims(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    login: str
    password: str  # a digest of its hash
    until: float


@dataclass(frozen=True, slots=True)
class SignIns:
    """The SignInDesk."""

    by: Credentials

    async def actor(self, token: str) -> Actor | None:
        now = self.by.clock()
        async with self.by.db.read() as conn:
            found = await tokens.bearer(conn, digest(token), now)
        if found is None:
            return None
        if found.last_used_at is None or now - found.last_used_at > SEEN:
            await self._seen(found.actor.token)
        return found.actor

    async def _seen(self, uuid: str) -> None:
        try:
            async with self.by.db.write() as conn:
                await tokens.used(conn, uuid, self.by.clock())
        except Outage as outage:  # a full disk must not keep the person out
            log.warning("when a token was used could not be noted: %s", outage)

    async def login(
        self, login: str, password: str, origin: Origin, code: str = ""
    ) -> str:
        login = login.strip().lower()
        person = await self.by.proved(login, password, origin.address)
        if not person.user.second_factor:
            return await self._let_in(person, origin)
        if not code.strip():
            raise CodeNeeded(
                "The password is right; send the code of the second factor too.",
                self._ticket(person),
            )
        return await self._with_code(person, code, origin)

    async def enter_code(self, ticket: str, code: str, origin: Origin) -> str:
        return await self._with_code(await self._holder(ticket), code, origin)

    async def log_out(self, actor: Actor) -> None:
        async with self.by.db.write() as conn:
            if await tokens.remove(conn, actor.token):
                await audit.add(
                    conn, self.by.clock(), actor.login, "logged-out", actor.login
                )

    async def _with_code(self, person: Person, code: str, origin: Origin) -> str:
        login = person.user.login
        self.by.attempts.begin_code(login)
        async with self.by.db.write() as conn:
            right = await self.by.use_code(conn, login, code)
        if not right:
            log.warning("code of %r from %s is wrong", login, origin.address)
            raise Unauthenticated(
                N_(
                    "The code is wrong, too old or was used before; wait for the next "
                    "one."
                ),
                "wrong-code",
            )
        self.by.attempts.code_succeeded(login)
        return await self._let_in(person, origin)

    async def _let_in(self, person: Person, origin: Origin) -> str:
        text, now, login = self.by.new_secret(), self.by.clock(), person.user.login
        session = Token(
            uuid=self.by.new_id(),
            name="login",
            login=login,
            role=person.user.role,
            created_at=now,
            expires_at=now + SESSION,
            last_used_at=now,
            address=origin.address,
            agent=origin.agent,
        )
        async with self.by.db.write() as conn:
            today = await people.person(conn, login)
            if (
                today is None
                or today.password_hash != person.password_hash
                or today.user.second_factor != person.user.second_factor
            ):
                raise wrong_login()  # changed meanwhile
            await tokens.remove_expired(conn, now)
            await tokens.add(conn, session, digest(text))
            await people.logged_in(conn, login, now)
            await audit.add(conn, now, login, "logged-in", login)
        return text

    def _ticket(self, person: Person) -> str:
        """Return the proof that the password was right; a new password ends it."""
        claims = _Claims(
            login=person.user.login,
            password=digest(person.password_hash),
            until=(self.by.clock() + TICKET).timestamp(),
        )
        return sign(self.by.vault, claims.model_dump_json().encode(), PURPOSE)

    async def _holder(self, ticket: str) -> Person:
        raw = claims_of(self.by.vault, ticket, PURPOSE)
        if raw is None:
            raise _too_old()
        claims = _Claims.model_validate_json(raw)
        async with self.by.db.read() as conn:
            person = await people.person(conn, claims.login)
        if (
            person is None
            or digest(person.password_hash) != claims.password
            or self.by.clock().timestamp() > claims.until
        ):
            raise _too_old()
        return person


def _too_old() -> Unauthenticated:
    return Unauthenticated(
        N_("That took too long; enter login and password again."), "ticket-expired"
    )
