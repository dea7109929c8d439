"""People and tokens: who may use the admin listener."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from gateway.core.desk.actor import Actor, PersonRole


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A person; *password_changed_at* is None while a generated password holds.

    *must_change*: somebody else knows the password. *locked_until* is when the wait
    after failed logins ends, None if there is none. *recovery_codes* counts the unused.
    """

    login: str
    role: PersonRole
    created_at: datetime
    password_changed_at: datetime | None = None
    must_change: bool = False
    last_login_at: datetime | None = None
    second_factor: bool = False
    recovery_codes: int = 0
    locked_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A bearer token without its text; *login* is None for one of a program.

    One of a person is a session: *address* and *agent* say from where.
    """

    uuid: str
    name: str
    login: str | None
    role: PersonRole
    created_at: datetime
    expires_at: datetime | None = None
    last_used_at: datetime | None = None
    address: str = ""
    agent: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class UserQuery:
    """Which people are wanted: *text* is looked for in login and role."""

    text: str = ""
    limit: int = 50
    offset: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenQuery:
    """Which tokens of programs are wanted, the newest first."""

    text: str = ""
    limit: int = 50
    offset: int = 0


class PeopleDesk(Protocol):
    """Manage users and tokens."""

    async def users(self) -> Sequence[User]: ...

    async def find_users(self, query: UserQuery) -> tuple[int, Sequence[User]]:
        """Return how many there are in all, and the page that was asked for."""
        ...

    async def get_user(self, login: str) -> User: ...

    async def sessions_of(self, login: str) -> Sequence[Token]:
        """Return where the person is signed in, the newest first."""
        ...

    async def add_user(
        self, actor: Actor, login: str, role: PersonRole, password: str
    ) -> User:
        """Invalid if a value breaks a rule, Conflict if the login is taken."""
        ...

    async def invite(
        self, actor: Actor, login: str, role: PersonRole
    ) -> tuple[User, str]:
        """Add a person with a one-time password; return it, it is not shown again."""
        ...

    async def change_role(self, actor: Actor, login: str, role: PersonRole) -> None:
        """Conflict if it is the last owner or oneself; the person's sessions end."""
        ...

    async def set_password(self, actor: Actor, login: str, password: str) -> None: ...

    async def reset_password(self, actor: Actor, login: str) -> str:
        """Return a one-time password; the person's sessions end."""
        ...

    async def unlock(self, actor: Actor, login: str) -> None:
        """Forget the failed logins of this login."""
        ...

    async def reset_second_factor(self, actor: Actor, login: str) -> None: ...

    async def end_sessions(self, actor: Actor, login: str) -> None: ...

    async def remove_user(self, actor: Actor, login: str) -> None:
        """Conflict if it is the last owner or oneself."""
        ...

    async def tokens(self) -> Sequence[Token]: ...

    async def find_tokens(self, query: TokenQuery) -> tuple[int, Sequence[Token]]:
        """Return how many programs' tokens hold in all, and one page of them."""
        ...

    async def create_token(
        self, actor: Actor, name: str, role: PersonRole, days: int | None
    ) -> tuple[Token, str]:
        """Return the token and its text, which is not shown again."""
        ...

    async def revoke_token(self, actor: Actor, uuid: str) -> None: ...
