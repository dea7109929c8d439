"""People and tokens: who may use the admin listener."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from gateway.core.desk.actor import Actor, PersonRole


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A person; *password_changed_at* is None while the generated one holds."""

    login: str
    role: PersonRole
    created_at: datetime
    password_changed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A bearer token without its text; *login* is None for one the appliance owns."""

    uuid: str
    name: str
    login: str | None
    role: PersonRole
    created_at: datetime
    expires_at: datetime | None = None


class PeopleDesk(Protocol):
    """Log in, manage users and tokens."""

    async def actor(self, token: str) -> Actor | None:
        """Return who holds the bearer token; None if nobody does."""
        ...

    async def login(self, login: str, password: str, address: str) -> str:
        """Return a token for 12 hours; Unauthenticated or TooManyAttempts."""
        ...

    async def log_out(self, actor: Actor) -> None:
        """End the session that the actor came with."""
        ...

    async def users(self) -> Sequence[User]: ...

    async def add_user(
        self, actor: Actor, login: str, role: PersonRole, password: str
    ) -> User:
        """Invalid if a value breaks a rule, Conflict if the login is taken."""
        ...

    async def set_password(self, actor: Actor, login: str, password: str) -> None: ...

    async def remove_user(self, actor: Actor, login: str) -> None:
        """Conflict if it is the last owner or oneself."""
        ...

    async def tokens(self) -> Sequence[Token]: ...

    async def create_token(
        self, actor: Actor, name: str, role: PersonRole, days: int | None
    ) -> tuple[Token, str]:
        """Return the token and its text, which is not shown again."""
        ...

    async def revoke_token(self, actor: Actor, uuid: str) -> None: ...
