"""The test bench: what rules would do with a document, explained; nothing happens."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from gateway.core.desk.explained import Explanation
from gateway.core.desk.rules import Example
from gateway.core.integration import DefaultRule
from gateway.core.model import MailboxId, Problem, RuleId
from gateway.core.rules import Level, RuleDirection


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """One rule that was looked at; *why* says why it was not taken, empty if it was.

    *matches*: it would have been taken, were it not for the rule above it.
    """

    rule: RuleId
    name: str
    level: Level
    taken: bool
    matches: bool
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tested:
    """What would become of a document.

    *tried* are the rules of its direction in their order; *default_rule* is set for an
    incoming envelope that no rule takes. *file_name* is of IN rules. With a *problem*
    *result* is empty, *source_xml* is there as far as the document could be read.
    """

    direction: RuleDirection
    tried: Sequence[Tried]
    rule: RuleId | None = None
    rule_name: str = ""
    default_rule: DefaultRule | None = None
    file_name: str = ""
    source_xml: bytes = b""
    result: bytes = b""
    warnings: Sequence[str] = ()
    problem: Problem | None = None
    milliseconds: float = 0.0
    explanation: Explanation = field(default_factory=Explanation)


class RuleBenchDesk(Protocol):
    """What people may try; what is unknown is NotFound."""

    async def test(
        self,
        mailbox: MailboxId,
        example: Example,
        attributes: Mapping[str, str],
        direction: RuleDirection | None,
    ) -> Tested:
        """Tell what the mailbox's rules would do with the file; nothing is done.

        `attributes` are the transport's. Without a direction a native envelope is one
        that comes in, anything else is a file to be sent. Invalid if the file's name
        is none, or if an envelope that should come in is none.
        """
        ...
