"""Templates: import a version, look at them, get help in writing rules."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from gateway.core.desk.actor import Actor
from gateway.core.desk.rules import Example
from gateway.core.desk.uses import Uses
from gateway.core.model import MailboxId, TemplateId, TemplateVersionId
from gateway.core.rules import RuleDirection
from gateway.core.template import Template


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateView:
    """One version of a template; *number* counts from 1, *data* is the XML.

    *fresh*: it was made by this very import.
    """

    uuid: TemplateId
    name: str
    version: TemplateVersionId
    number: int
    created_at: datetime
    data: str
    fresh: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateRow:
    """One version of a template in a list, without its XML."""

    uuid: TemplateId
    name: str
    version: TemplateVersionId
    number: int
    created_at: datetime


class TemplateDesk(Protocol):
    """What people may ask and order of templates.

    A version of None means the latest; what is unknown is NotFound.
    """

    async def latest(self) -> Sequence[TemplateView]:
        """Return the latest version of each template, by name."""
        ...

    async def search(
        self, text: str, limit: int, offset: int
    ) -> tuple[int, Sequence[TemplateRow]]:
        """Return how many have the text in name or uuid, and one page by name."""
        ...

    async def history(
        self, template: TemplateId, limit: int, offset: int
    ) -> tuple[int, Sequence[TemplateRow]]:
        """Return how many versions there are, and one page, the latest first."""
        ...

    async def uses(self, template: TemplateId) -> Uses:
        """Return the rules of the template, and how many envelopes it has."""
        ...

    async def versions(self, template: TemplateId) -> Sequence[TemplateView]:
        """Return every version, the latest first."""
        ...

    async def get(
        self, template: TemplateId, version: TemplateVersionId | None
    ) -> TemplateView: ...

    async def definition(
        self, template: TemplateId, version: TemplateVersionId | None
    ) -> Template:
        """Return the version as values: its documents, fields and roles."""
        ...

    async def add(self, actor: Actor, data: str) -> TemplateView:
        """Import template XML: a new template, or a new version of the one it names.

        What equals the latest version makes none: that version is returned. Invalid
        (with the line) if the XML is no template, Conflict for the built-in one.
        """
        ...

    async def example(
        self, template: TemplateId, version: TemplateVersionId | None
    ) -> bytes:
        """Return an example envelope as native XML."""
        ...

    async def example_file(
        self,
        template: TemplateId,
        version: TemplateVersionId | None,
        mailbox: MailboxId,
    ) -> Example:
        """Return a file on which the skeleton of OUT rules runs as it is.

        `mailbox` sends it to another mailbox, by name the first; without one to itself.
        """
        ...

    async def skeleton(
        self,
        template: TemplateId,
        version: TemplateVersionId | None,
        direction: RuleDirection,
    ) -> str:
        """Return a stylesheet to begin a rule with."""
        ...

    def schema(self, name: str) -> bytes:
        """Return the XSD of this name ("envelope", "template"); NotFound."""
        ...
