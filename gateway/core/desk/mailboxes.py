"""Mailboxes: make, name, alias, remove."""

from collections.abc import Sequence
from typing import Protocol

from gateway.core.desk.actor import Actor
from gateway.core.integration import Mailbox
from gateway.core.model import MailboxId


class MailboxDesk(Protocol):
    """What people may ask and order of mailboxes; what is unknown is NotFound."""

    async def all(self) -> Sequence[Mailbox]: ...
    async def get(self, mailbox: MailboxId) -> Mailbox: ...

    async def create(
        self, actor: Actor, name: str, aliases: Sequence[str], uuid: str | None = None
    ) -> Mailbox:
        """Invalid names the field; Conflict if an alias or the uuid is taken."""
        ...

    async def change(
        self,
        actor: Actor,
        mailbox: MailboxId,
        name: str | None,
        aliases: Sequence[str] | None,
    ) -> Mailbox:
        """Write what is not None."""
        ...

    async def remove(self, actor: Actor, mailbox: MailboxId) -> None:
        """Conflict, in words, while documents lie in it."""
        ...
