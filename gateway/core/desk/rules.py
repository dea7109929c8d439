"""Conversion rules: write, try, order, switch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

from gateway.core.desk.actor import Actor
from gateway.core.desk.content import Content
from gateway.core.desk.explained import Explanation
from gateway.core.model import MailboxId, RuleId, TemplateId, TemplateVersionId
from gateway.core.rules import (
    Level,
    Match,
    Rule,
    RuleDirection,
    Validation,
    ZipKind,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleDraft:
    """What a person writes into the form of a rule; not checked yet."""

    direction: RuleDirection
    template: TemplateId
    name: str = "New rule"
    level: Level = Level.MAILBOX
    enabled: bool = True
    template_version: TemplateVersionId | None = None
    match: Match | None = None
    multiple_envelopes: bool = False
    stylesheet: str = ""
    file_name_pattern: str = ""
    zip: ZipKind | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)
    validations: Sequence[Validation] = ()

    @classmethod
    def of(cls, rule: Rule) -> "RuleDraft":
        """Return the rule as the form shows it."""
        return cls(
            direction=rule.direction,
            template=rule.template,
            name=rule.name,
            level=rule.level,
            enabled=rule.enabled,
            template_version=rule.template_version,
            match=rule.match,
            multiple_envelopes=rule.multiple_envelopes,
            stylesheet=rule.stylesheet,
            file_name_pattern=rule.file_name_pattern,
            zip=rule.zip,
            attributes=rule.attributes,
            validations=rule.validations,
        )


@dataclass(frozen=True, slots=True)
class Example:
    """The file, or for an IN rule the native envelope, that a rule is tried on."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Executed:
    """What became of the example; *source_xml* is what the stylesheet saw."""

    execute_token: str
    source_xml: bytes
    file_name: str
    result: bytes
    warnings: Sequence[str] = ()
    explanation: Explanation = field(default_factory=Explanation)


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """An example as a stylesheet sees it; *token* stands for its bytes for 24 hours."""

    token: str
    source_xml: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a rule would do: the name of the file, or whether the example matches.

    *file_name* is of IN rules; *matches* is None without an example, and for what only
    the transport can tell.
    """

    file_name: str = ""
    matches: bool | None = None


@dataclass(frozen=True, slots=True)
class RuleDay:
    """How many documents a rule converted, and how many not, on a day (UTC)."""

    day: date
    succeeded: int
    failed: int


class RuleDesk(Protocol):
    """What people may ask and order of rules; what is unknown is NotFound."""

    async def listing(self, mailbox: MailboxId) -> Sequence[Rule]:
        """Return the mailbox's rules, then the account's, each in order."""
        ...

    async def get(self, rule: RuleId) -> Rule: ...

    async def days(self, rule: RuleId, count: int) -> Sequence[RuleDay]:
        """Return the last *count* days, today first, as far as the log is kept."""
        ...

    async def example(self, rule: RuleId) -> Content:
        """Return the last good example; NotFound if the rule has none."""
        ...

    async def look(
        self, example: Example, attributes: Mapping[str, str] | None = None
    ) -> Looked:
        """Read the file as the stylesheet of an OUT rule will; Invalid with the line.

        *attributes* are the rule's, which may say how the file is read.
        Nothing but its bytes is stored, for two days.
        """
        ...

    async def looked(self, token: str) -> Example:
        """Return the example that `look` gave the token for; Invalid if it ended."""
        ...

    async def preview(
        self, mailbox: MailboxId, draft: RuleDraft, example: Example | None
    ) -> Preview:
        """Tell what pattern and template give; Invalid if the draft is wrong.

        The stylesheet is not run.
        """
        ...

    async def add(
        self, actor: Actor, mailbox: MailboxId, draft: RuleDraft, token: str
    ) -> Rule:
        """Add the rule at the end; Invalid if it is wrong or was not executed so."""
        ...

    async def save(
        self, actor: Actor, rule: RuleId, draft: RuleDraft, token: str
    ) -> Rule:
        """Change the rule; `token` is needed unless only name and switch change."""
        ...

    async def execute(
        self,
        mailbox: MailboxId,
        draft: RuleDraft,
        example: Example | None,
        rule: RuleId | None,
    ) -> Executed:
        """Run the draft on the example and return the token that lets it be saved.

        Without an example an OUT rule is tried on the one kept with `rule`, an IN
        rule on an envelope made from the template. Invalid if the conversion failed.
        """
        ...

    async def clone(self, actor: Actor, rule: RuleId) -> Rule:
        """Add a copy at the end: "Copy of X", off, its counters at zero."""
        ...

    async def switch(self, actor: Actor, rule: RuleId, *, enabled: bool) -> Rule: ...

    async def order(
        self, actor: Actor, mailbox: MailboxId, order: Sequence[RuleId]
    ) -> Sequence[Rule]:
        """Put the rules of the mailbox's list into this order.

        The account's rules may be left out. Conflict if the list has changed
        meanwhile, Invalid if a rule of the account stands before one of the mailbox.
        """
        ...

    async def remove(self, actor: Actor, rule: RuleId) -> None: ...
