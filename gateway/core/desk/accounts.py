"""Signing in, and what a person does with their own account."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from gateway.core.desk.actor import Actor
from gateway.core.desk.people import Token, User
from gateway.core.errors import Unauthenticated


class CodeNeeded(Unauthenticated):
    """The password is right; a code is needed too, with *ticket* to `enter_code`."""

    code = "second-factor-needed"

    def __init__(self, message: str, ticket: str) -> None:
        super().__init__(message)
        self.ticket = ticket


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a person comes from: the address, and what the browser calls itself."""

    address: str
    agent: str = ""


class SignInDesk(Protocol):
    """Tell who somebody is."""

    async def actor(self, token: str) -> Actor | None:
        """Return who holds the bearer token; None if nobody does."""
        ...

    async def login(
        self, login: str, password: str, origin: Origin, code: str = ""
    ) -> str:
        """Return a token for 12 hours.

        Unauthenticated, TooManyAttempts, or CodeNeeded if the person has a second
        factor and no code came with the password.
        """
        ...

    async def enter_code(self, ticket: str, code: str, origin: Origin) -> str:
        """Return the token that the ticket and a code are good for."""
        ...

    async def log_out(self, actor: Actor) -> None:
        """End the session that the actor came with."""
        ...


class AccountDesk(Protocol):
    """One's own password, sessions and second factor.

    What changes how one signs in asks for the password, ends the other sessions and
    returns a new token for this one.
    """

    async def get(self, actor: Actor) -> User: ...

    async def change_password(
        self, actor: Actor, old: str, new: str, address: str
    ) -> str:
        """Invalid if the old one is wrong or the new one breaks a rule."""
        ...

    async def sessions(self, actor: Actor) -> Sequence[Token]:
        """Return the own sessions, the newest first."""
        ...

    async def end_session(self, actor: Actor, uuid: str) -> None: ...

    async def end_other_sessions(self, actor: Actor) -> int:
        """Return how many there were."""
        ...

    async def begin_second_factor(
        self, actor: Actor, password: str, address: str
    ) -> None:
        """Make a secret; nothing asks for its codes before one was shown to work."""
        ...

    async def new_secret(self, actor: Actor) -> str | None:
        """Return the secret that waits for its first code, in base32."""
        ...

    async def confirm_second_factor(
        self, actor: Actor, code: str
    ) -> tuple[str, Sequence[str]]:
        """Turn it on; return the new token and the recovery codes."""
        ...

    async def new_recovery_codes(
        self, actor: Actor, password: str, address: str
    ) -> Sequence[str]:
        """Return ten new ones; the old ones end."""
        ...

    async def remove_second_factor(
        self, actor: Actor, password: str, address: str
    ) -> str:
        """Turn it off; return the new token."""
        ...
