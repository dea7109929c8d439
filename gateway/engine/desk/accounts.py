"""A person's own account: password, sessions, second factor."""

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.core.desk.actor import Actor
from gateway.core.desk.people import Token, User
from gateway.core.errors import (
    N_,
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    Unauthenticated,
)
from gateway.engine.desk import codes
from gateway.engine.desk.credentials import PURPOSE, Credentials, known
from gateway.engine.desk.passwords import check_password
from gateway.engine.desk.secret import digest
from gateway.store import audit, people, second_factor, tokens
from gateway.store.database import Connection
from gateway.store.people import Person


@dataclass(frozen=True, slots=True)
class Accounts:
    """The AccountDesk."""

    by: Credentials

    async def get(self, actor: Actor) -> User:
        async with self.by.db.read() as conn:
            return (await known(conn, actor.login)).user

    async def change_password(
        self, actor: Actor, old: str, new: str, address: str
    ) -> str:
        await self._proved(actor, old, address)
        check_password(new, actor.login)
        if new == old:
            raise Invalid(
                N_("The new password is the old one."),
                data={"password": N_("is the old one")},
            )
        hashed = await self.by.passwords.hash(new)
        async with self.by.db.write() as conn:
            now = self.by.clock()
            await people.set_password(conn, actor.login, hashed, now)
            text = await self._renewed(conn, actor)
            await audit.add(conn, now, actor.login, "password-changed", actor.login)
        self.by.password_changed(actor.login)
        return text

    async def sessions(self, actor: Actor) -> Sequence[Token]:
        async with self.by.db.read() as conn:
            return await tokens.sessions(conn, actor.login, self.by.clock())

    async def end_session(self, actor: Actor, uuid: str) -> None:
        async with self.by.db.write() as conn:
            if not await tokens.remove(conn, uuid, actor.login):
                raise NotFound(N_("This session has ended already."))
            await self._booked(conn, actor, "session-ended")

    async def end_other_sessions(self, actor: Actor) -> int:
        async with self.by.db.write() as conn:
            ended = await tokens.end_sessions(conn, actor.login, but=actor.token)
            if ended:
                await self._booked(conn, actor, "sessions-ended")
        return ended

    async def begin_second_factor(
        self, actor: Actor, password: str, address: str
    ) -> None:
        await self._proved(actor, password, address)
        sealed = self.by.vault.seal(codes.new_key(), PURPOSE + actor.login)
        async with self.by.db.write() as conn:
            if not await second_factor.begin(conn, actor.login, sealed):
                raise Conflict(N_("The second factor is on already; remove it first."))

    async def new_secret(self, actor: Actor) -> str | None:
        async with self.by.db.read() as conn:
            sealed = await second_factor.secret(conn, actor.login, confirmed=False)
        if sealed is None:
            return None
        return codes.base32(self.by.vault.open(sealed, PURPOSE + actor.login))

    async def confirm_second_factor(
        self, actor: Actor, code: str
    ) -> tuple[str, Sequence[str]]:
        login, timed = actor.login, codes.typed(code)
        self.by.attempts.begin_code(login)
        fresh = codes.new_recovery_codes()
        async with self.by.db.write() as conn:
            if not await self.by.use_timed(conn, login, timed, confirmed=False):
                raise Invalid(
                    N_("The code is not the one of now."),
                    data={"code": N_("is not the one of now; check the phone's clock")},
                )
            await second_factor.confirm(conn, login, self.by.clock())
            await _write_codes(conn, login, fresh)
            text = await self._renewed(conn, actor)
            await self._booked(conn, actor, "second-factor-on")
        self.by.attempts.code_succeeded(login)
        return text, fresh

    async def new_recovery_codes(
        self, actor: Actor, password: str, address: str
    ) -> Sequence[str]:
        person = await self._proved(actor, password, address)
        if not person.user.second_factor:
            raise Conflict(N_("There is no second factor; set it up first."))
        fresh = codes.new_recovery_codes()
        async with self.by.db.write() as conn:
            await _write_codes(conn, actor.login, fresh)
            await self._booked(conn, actor, "recovery-codes-made")
        return fresh

    async def remove_second_factor(
        self, actor: Actor, password: str, address: str
    ) -> str:
        await self._proved(actor, password, address)
        async with self.by.db.write() as conn:
            was_on = await second_factor.remove(conn, actor.login)
            text = await self._renewed(conn, actor)
            if was_on:
                await self._booked(conn, actor, "second-factor-off")
        return text

    async def _proved(self, actor: Actor, password: str, address: str) -> Person:
        """Check the person's password once more; Invalid, so that a form tells it."""
        try:
            return await self.by.proved(actor.login, password, address)
        except Unauthenticated as error:
            raise Invalid(
                N_("This is not your password."), data={"oldPassword": N_("is wrong")}
            ) from error

    async def _renewed(self, conn: Connection, actor: Actor) -> str:
        """Give this session a new token and end the others."""
        text = self.by.new_secret()
        if not await tokens.renew(conn, actor.token, digest(text)):
            raise Forbidden(N_("Your session has ended meanwhile; sign in again."))
        await tokens.end_sessions(conn, actor.login, but=actor.token)
        return text

    async def _booked(self, conn: Connection, actor: Actor, action: str) -> None:
        await audit.add(conn, self.by.clock(), actor.login, action, actor.login)


async def _write_codes(conn: Connection, login: str, fresh: Sequence[str]) -> None:
    digests = [codes.recovery_digest(each) for each in fresh]
    await second_factor.replace_recovery(conn, login, digests)
