"""The settings of the whole appliance: switches, mail server, retention, limits.

What the configuration (its file or the environment) sets wins over what is set on the
page; an *origin* names the file or the variable, and is empty where neither does.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from gateway.core.desk.actor import Actor
from gateway.core.integration import Settings


class SettingsDesk(Protocol):
    """Read and write the appliance's switches, and whose it is."""

    async def get(self) -> Settings: ...

    async def change(
        self,
        actor: Actor,
        integrations_enabled: bool | None,  # noqa: FBT001 - a setting, not a flag
        show_passwords_once: bool | None,  # noqa: FBT001 - a setting, not a flag
        account_name: str | None = None,
    ) -> Settings:
        """Write what is not None. Invalid names the field."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServerView:
    """The server that takes our mails; without a *host* they wait.

    *starttls* is auto, always or never; *sender* is what mails come from. With an
    *origin* nothing of it can be changed here. *waiting* mails have not been sent yet.
    *password_lost* says what to do when the stored password cannot be opened.
    """

    host: str
    port: int
    username: str
    password_set: bool
    starttls: str
    sender: str
    origin: str = ""
    waiting: int = 0
    password_lost: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServerChange:
    """The whole mail server; *password* None keeps the stored one, "" forgets it."""

    host: str
    port: int
    username: str
    starttls: str
    sender: str
    password: str | None = None


@dataclass(frozen=True, slots=True)
class MailAnswer:
    """What came of a test mail, in the words of the mail server."""

    sent: bool
    text: str


class MailServerDesk(Protocol):
    """Which server takes our mails."""

    async def get(self) -> MailServerView: ...

    async def save(self, actor: Actor, change: MailServerChange) -> MailServerView:
        """Write it, and send what waited. Invalid; Conflict if the origin wins."""
        ...

    async def test(
        self, actor: Actor, to: str, change: MailServerChange | None = None
    ) -> MailAnswer:
        """Send a mail at once by the server in use, or by one not saved yet.

        Invalid names the field.
        """
        ...


@dataclass(frozen=True, slots=True)
class Kept:
    """For how many days finished things of a *kind* are kept; 0 is for ever."""

    kind: str
    days: int
    origin: str = ""


class RetentionDesk(Protocol):
    """What is cleared away; kinds are transfers, envelopes, mails, audit."""

    async def get(self) -> Sequence[Kept]: ...

    async def save(self, actor: Actor, days: Mapping[str, int]) -> Sequence[Kept]:
        """Write the days of the kinds named. Invalid; Conflict if the origin wins."""
        ...

    async def over(self, days: Mapping[str, int]) -> Mapping[str, int]:
        """Return how many things of each kind `days` would remove now."""
        ...


Limit = int | bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Configured:
    """One limit; without an *origin* the page may set it, and has if it is *chosen*.

    A *live* one works at once; of another the value *in_use* is that of the last start.
    """

    section: str
    key: str
    value: Limit
    default: Limit
    in_use: Limit
    origin: str = ""
    chosen: bool = False
    live: bool = True

    @property
    def name(self) -> str:
        """As the configuration's file would have it: limits.idle_seconds."""
        return f"{self.section}.{self.key}"

    @property
    def variable(self) -> str:
        """The environment variable that would set it."""
        return f"GATEWAY_{self.section}_{self.key}".upper()


class ConfigurationDesk(Protocol):
    """What one partner, one document or one conversion may use."""

    async def limits(self) -> Sequence[Configured]: ...

    async def save(
        self, actor: Actor, values: Mapping[str, Limit | None]
    ) -> Sequence[Configured]:
        """Write the limits named; None gives one its default back.

        Invalid names the limit; Conflict if its origin wins.
        """
        ...
