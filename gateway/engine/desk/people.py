"""People: the first administrator, who may what, locks and resets."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from gateway.core.desk.actor import COMMAND_LINE, Actor, PersonRole
from gateway.core.desk.people import Token, TokenQuery, User, UserQuery
from gateway.core.errors import N_, Conflict, Forbidden, Invalid, NotFound
from gateway.engine.desk.credentials import Credentials, known
from gateway.engine.desk.passwords import check_password
from gateway.engine.desk.secret import digest
from gateway.store import audit, people, second_factor, tokens
from gateway.store.database import Connection

ADMIN = "admin"
_LOGIN = re.compile(r"[a-z0-9][a-z0-9._@+-]{0,254}")
_TOKEN_NAME = 255


@dataclass(frozen=True, slots=True)
class People:
    """The PeopleDesk, and what the command line needs of it."""

    by: Credentials

    async def users(self) -> Sequence[User]:
        async with self.by.db.read() as conn:
            return self._today(await people.listing(conn))

    async def find_users(self, query: UserQuery) -> tuple[int, Sequence[User]]:
        async with self.by.db.read() as conn:
            total, found = await people.find(conn, query)
        return total, self._today(found)

    async def get_user(self, login: str) -> User:
        async with self.by.db.read() as conn:
            return self._today([(await known(conn, login)).user])[0]

    async def sessions_of(self, login: str) -> Sequence[Token]:
        async with self.by.db.read() as conn:
            return await tokens.sessions(conn, login, self.by.clock())

    def _today(self, users: Sequence[User]) -> Sequence[User]:
        """Return them with how long they wait after failed logins."""
        locked = self.by.attempts.locked()
        return [replace(user, locked_until=locked.get(user.login)) for user in users]

    async def ensure_admin(
        self, keep: Callable[[str], None] = lambda _password: None
    ) -> str | None:
        """Make the first person, `admin`, with a generated password; return that.

        None if there are people already. `keep` is given the password before it
        becomes valid, so that it cannot be lost between the two.
        """
        async with self.by.db.read() as conn:
            if await people.listing(conn):
                return None
        password = self.by.new_secret()
        hashed = await self.by.passwords.hash(password)
        keep(password)
        now = self.by.clock()
        # nobody else knows the password: the page asks for another, and takes this one
        admin = User(login=ADMIN, role=PersonRole.OWNER, created_at=now)
        async with self.by.db.write() as conn:
            await people.add(conn, admin, hashed)
            await audit.add(
                conn,
                now,
                COMMAND_LINE.login,
                "user-added",
                ADMIN,
                after={"role": admin.role.value},
            )
        return password

    async def add_user(
        self, actor: Actor, login: str, role: PersonRole, password: str
    ) -> User:
        login = login.strip().lower()
        _check_login(login)
        check_password(password, login)
        now = self.by.clock()
        user = User(login=login, role=role, created_at=now, password_changed_at=now)
        return await self._add(actor, user, password)

    async def invite(
        self, actor: Actor, login: str, role: PersonRole
    ) -> tuple[User, str]:
        login = login.strip().lower()
        _check_login(login)
        password = self.by.new_secret()
        now = self.by.clock()
        user = User(login=login, role=role, created_at=now, must_change=True)
        return await self._add(actor, user, password), password

    async def _add(self, actor: Actor, user: User, password: str) -> User:
        hashed = await self.by.passwords.hash(password)
        async with self.by.db.write() as conn:
            if await people.person(conn, user.login):
                raise Conflict(
                    N_("There is a user {login} already.").format(login=user.login),
                    data={"login": N_("is taken")},
                )
            await people.add(conn, user, hashed)
            await audit.add(
                conn,
                user.created_at,
                actor.login,
                "user-added",
                user.login,
                after={"role": user.role.value},
            )
        return user

    async def change_role(self, actor: Actor, login: str, role: PersonRole) -> None:
        if login == actor.login:
            raise Conflict(N_("Nobody changes their own role; ask another OWNER."))
        async with self.by.db.write() as conn:
            user = (await known(conn, login)).user
            if user.role is role:
                return
            await _check_not_last(conn, user)
            await people.set_role(conn, login, role)
            await tokens.end_sessions(conn, login)
            await audit.add(
                conn,
                self.by.clock(),
                actor.login,
                "role-changed",
                login,
                before={"role": user.role.value},
                after={"role": role.value},
            )

    async def set_password(self, actor: Actor, login: str, password: str) -> None:
        """Change it and end the login's other sessions; one's own, or by an OWNER."""
        login = login.strip().lower()
        if actor.login != login and not actor.role.covers(PersonRole.OWNER):
            raise Forbidden(N_("Only an OWNER changes the password of somebody else."))
        check_password(password, login)
        hashed = await self.by.passwords.hash(password)
        now = self.by.clock()
        async with self.by.db.write() as conn:
            await known(conn, login)
            await people.set_password(conn, login, hashed, now)
            await tokens.end_sessions(conn, login, but=actor.token)
            await audit.add(conn, now, actor.login, "password-changed", login)
        self.by.password_changed(login)

    async def reset_password(self, actor: Actor, login: str) -> str:
        _check_other(actor, login)
        password = self.by.new_secret()
        hashed = await self.by.passwords.hash(password)
        async with self.by.db.write() as conn:
            await known(conn, login)
            await people.set_password(conn, login, hashed, None)
            await tokens.end_sessions(conn, login)
            await self._booked(conn, actor, "password-reset", login)
        self.by.attempts.forget(login)
        self.by.password_changed(login)
        return password

    async def unlock(self, actor: Actor, login: str) -> None:
        async with self.by.db.write() as conn:
            await known(conn, login)
            await self._booked(conn, actor, "user-unlocked", login)
        self.by.attempts.forget(login)

    async def reset_second_factor(self, actor: Actor, login: str) -> None:
        _check_other(actor, login)
        async with self.by.db.write() as conn:
            await known(conn, login)
            if not await second_factor.remove(conn, login):
                raise Conflict(N_("{login} has no second factor.").format(login=login))
            await tokens.end_sessions(conn, login)
            await audit.add(
                conn,
                self.by.clock(),
                actor.login,
                "second-factor-reset",
                login,
                before={"secondFactor": True},
                after={"secondFactor": False},
            )

    async def end_sessions(self, actor: Actor, login: str) -> None:
        async with self.by.db.write() as conn:
            await known(conn, login)
            await tokens.end_sessions(conn, login, but=actor.token)
            await self._booked(conn, actor, "sessions-ended", login)

    async def remove_user(self, actor: Actor, login: str) -> None:
        login = login.strip().lower()
        if login == actor.login:
            raise Conflict(N_("Nobody removes themselves; ask another OWNER."))
        async with self.by.db.write() as conn:
            user = (await known(conn, login)).user
            await _check_not_last(conn, user)
            await people.remove(conn, login)
            await audit.add(
                conn,
                self.by.clock(),
                actor.login,
                "user-removed",
                login,
                before={"role": user.role.value},
            )
        self.by.password_changed(login)

    async def tokens(self) -> Sequence[Token]:
        async with self.by.db.read() as conn:
            return await tokens.listing(conn, self.by.clock())

    async def find_tokens(self, query: TokenQuery) -> tuple[int, Sequence[Token]]:
        async with self.by.db.read() as conn:
            return await tokens.find(conn, query, self.by.clock())

    async def create_token(
        self, actor: Actor, name: str, role: PersonRole, days: int | None
    ) -> tuple[Token, str]:
        name = name.strip()
        if not name.isprintable() or not 1 <= len(name) <= _TOKEN_NAME:
            raise Invalid(
                N_("A token needs a name of 1 to 255 printable characters."),
                data={"name": N_("needs 1 to 255 printable characters")},
            )
        text = self.by.new_secret()
        now = self.by.clock()
        token = Token(
            uuid=self.by.new_id(),
            name=name,
            login=None,
            role=role,
            created_at=now,
            expires_at=now + timedelta(days=days) if days else None,
        )
        facts = {"name": name, "role": role.value}
        async with self.by.db.write() as conn:
            await tokens.add(conn, token, digest(text))
            await audit.add(
                conn, now, actor.login, "token-created", token.uuid, after=facts
            )
        return token, text

    async def revoke_token(self, actor: Actor, uuid: str) -> None:
        now = self.by.clock()
        async with self.by.db.write() as conn:
            known = {each.uuid: each for each in await tokens.listing(conn, now)}
            if not await tokens.remove(conn, uuid):
                raise NotFound(N_("There is no token {uuid}.").format(uuid=uuid))
            gone = known.get(uuid)  # not there if it had ended already
            facts = {"name": gone.name, "role": gone.role.value} if gone else {}
            await audit.add(conn, now, actor.login, "token-revoked", uuid, before=facts)

    async def _booked(
        self, conn: Connection, actor: Actor, action: str, subject: str
    ) -> None:
        await audit.add(conn, self.by.clock(), actor.login, action, subject)


async def _check_not_last(conn: Connection, user: User) -> None:
    if user.role is PersonRole.OWNER and await people.owners(conn) == 1:
        raise Conflict(
            N_("{login} is the last OWNER; add another one first.").format(
                login=user.login
            )
        )


def _check_other(actor: Actor, login: str) -> None:
    if login == actor.login:
        raise Conflict(N_("Change your own on the page of your account."))


def _check_login(login: str) -> None:
    if not _LOGIN.fullmatch(login):
        allowed = N_("1 to 255 of a-z 0-9 . _ @ + -, beginning with a letter or digit")
        raise Invalid(
            N_("The login must have {allowed}.").format(allowed=allowed),
            data={"login": N_("must have {allowed}").format(allowed=allowed)},
        )
