"""People and tokens: first administrator, log in, who may what."""

import logging
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from gateway.core.desk.actor import COMMAND_LINE, Actor, PersonRole
from gateway.core.desk.people import Token, User
from gateway.core.errors import (
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    Unauthenticated,
)
from gateway.core.ports import Clock, NewId
from gateway.engine.desk.attempts import Attempts
from gateway.engine.desk.secret import NewSecret, Passwords, digest
from gateway.store import audit, people
from gateway.store.database import Connection, Database

log = logging.getLogger(__name__)

ADMIN = "admin"
SESSION = timedelta(hours=12)
SHORTEST, LONGEST = 8, 1024
_LOGIN = re.compile(r"[a-z0-9][a-z0-9._@+-]{0,254}")
_TOKEN_NAME = 255
_WRONG_LOGIN = "Login and password do not belong together."


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """The PeopleDesk, and what the command line needs of it.

    *password_changed* is told the login once its new password is stored.
    """

    db: Database
    clock: Clock
    new_id: NewId
    new_secret: NewSecret
    attempts: Attempts
    password_changed: Callable[[str], None] = lambda _login: None
    passwords: Passwords = field(default_factory=Passwords)

    async def actor(self, token: str) -> Actor | None:
        async with self.db.read() as conn:
            return await people.bearer(conn, digest(token), self.clock())

    async def login(self, login: str, password: str, address: str) -> str:
        login = login.strip().lower()
        self.attempts.begin(login, address)
        async with self.db.read() as conn:
            known = await people.person(conn, login)
        stored = known.password_hash if known else None
        if not await self.passwords.verify(stored, password) or known is None:
            log.warning("login %r from %s failed", login, address)
            raise Unauthenticated(_WRONG_LOGIN, "wrong-login")
        self.attempts.succeeded(login, address)
        text = self.new_secret()
        now = self.clock()
        session = Token(
            uuid=self.new_id(),
            name="login",
            login=login,
            role=known.user.role,
            created_at=now,
            expires_at=now + SESSION,
        )
        async with self.db.write() as conn:
            if await people.person(conn, login) != known:  # changed meanwhile
                raise Unauthenticated(_WRONG_LOGIN, "wrong-login")
            await people.remove_expired(conn, now)
            await people.add_token(conn, session, digest(text))
            await audit.add(conn, now, login, "logged-in", login)
        return text

    async def log_out(self, actor: Actor) -> None:
        async with self.db.write() as conn:
            if await people.remove_token(conn, actor.token):
                await audit.add(
                    conn, self.clock(), actor.login, "logged-out", actor.login
                )

    async def users(self) -> Sequence[User]:
        async with self.db.read() as conn:
            return await people.listing(conn)

    async def ensure_admin(
        self, keep: Callable[[str], None] = lambda _password: None
    ) -> str | None:
        """Make the first person, `admin`, with a generated password; return that.

        None if there are people already. `keep` is given the password before it
        becomes valid, so that it cannot be lost between the two.
        """
        async with self.db.read() as conn:
            if await people.listing(conn):
                return None
        password = self.new_secret()
        hashed = await self.passwords.hash(password)
        keep(password)
        now = self.clock()
        admin = User(login=ADMIN, role=PersonRole.OWNER, created_at=now)
        async with self.db.write() as conn:
            await people.add(conn, admin, hashed)
            await audit.add(conn, now, COMMAND_LINE.login, "user-added", ADMIN)
        return password

    async def add_user(
        self, actor: Actor, login: str, role: PersonRole, password: str
    ) -> User:
        login = login.strip().lower()
        _check_login(login)
        check_password(password, login)
        hashed = await self.passwords.hash(password)
        now = self.clock()
        user = User(login=login, role=role, created_at=now, password_changed_at=now)
        async with self.db.write() as conn:
            if await people.person(conn, login):
                raise Conflict(
                    f"There is a user {login} already.", data={"login": "is taken"}
                )
            await people.add(conn, user, hashed)
            await audit.add(
                conn, now, actor.login, "user-added", login, after={"role": role.value}
            )
        return user

    async def set_password(self, actor: Actor, login: str, password: str) -> None:
        """Change it and end the login's other sessions; one's own, or by an OWNER."""
        login = login.strip().lower()
        if actor.login != login and not actor.role.covers(PersonRole.OWNER):
            raise Forbidden("Only an OWNER changes the password of somebody else.")
        check_password(password, login)
        hashed = await self.passwords.hash(password)
        now = self.clock()
        async with self.db.write() as conn:
            await _known(conn, login)
            await people.set_password(conn, login, hashed, now)
            await people.end_sessions(conn, login, but=actor.token)
            await audit.add(conn, now, actor.login, "password-changed", login)
        self.password_changed(login)

    async def remove_user(self, actor: Actor, login: str) -> None:
        login = login.strip().lower()
        if login == actor.login:
            raise Conflict("Nobody removes themselves; ask another OWNER.")
        async with self.db.write() as conn:
            user = await _known(conn, login)
            if user.role is PersonRole.OWNER and await people.owners(conn) == 1:
                raise Conflict(f"{login} is the last OWNER; add another one first.")
            await people.remove(conn, login)
            await audit.add(
                conn,
                self.clock(),
                actor.login,
                "user-removed",
                login,
                before={"role": user.role.value},
            )

    async def tokens(self) -> Sequence[Token]:
        async with self.db.read() as conn:
            return await people.tokens_listing(conn, self.clock())

    async def create_token(
        self, actor: Actor, name: str, role: PersonRole, days: int | None
    ) -> tuple[Token, str]:
        name = name.strip()
        if not name.isprintable() or not 1 <= len(name) <= _TOKEN_NAME:
            raise Invalid(
                "A token needs a name of 1 to 255 printable characters.",
                data={"name": "1 to 255 printable characters"},
            )
        text = self.new_secret()
        now = self.clock()
        token = Token(
            uuid=self.new_id(),
            name=name,
            login=None,
            role=role,
            created_at=now,
            expires_at=now + timedelta(days=days) if days else None,
        )
        facts = {"name": name, "role": role.value}
        async with self.db.write() as conn:
            await people.add_token(conn, token, digest(text))
            await audit.add(
                conn, now, actor.login, "token-created", token.uuid, after=facts
            )
        return token, text

    async def revoke_token(self, actor: Actor, uuid: str) -> None:
        async with self.db.write() as conn:
            if not await people.remove_token(conn, uuid):
                raise NotFound(f"There is no token {uuid}.")
            await audit.add(conn, self.clock(), actor.login, "token-revoked", uuid)


async def _known(conn: Connection, login: str) -> User:
    known = await people.person(conn, login)
    if known is None:
        raise NotFound(f"There is no user {login}.")
    return known.user


def _check_login(login: str) -> None:
    if not _LOGIN.fullmatch(login):
        allowed = "1 to 255 of a-z 0-9 . _ @ + -, beginning with a letter or digit"
        raise Invalid(f"A login has {allowed}.", data={"login": allowed})


def check_password(password: str, login: str) -> None:
    """Invalid if the password is too short, too long, or the login itself."""
    wrong = ""
    if len(password) < SHORTEST:
        wrong = f"needs {SHORTEST} characters or more"
    elif len(password) > LONGEST:
        wrong = f"has more than {LONGEST} characters"
    elif password.lower() == login:
        wrong = "must not be the login"
    if wrong:
        raise Invalid(f"The password {wrong}.", data={"password": wrong})
