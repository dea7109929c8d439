"""The dry run: a changed rule on documents of the past, beside what was made then."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Protocol

from gateway.core.desk.rules import RuleDraft
from gateway.core.model import EnvelopeId, MailboxId, Problem, RuleId, TransferId

LAST_MAX = 100
"""How many documents a dry run may look at."""


class Outcome(Enum):
    """What the changed rule makes of a document, beside what was made of it then."""

    SAME = "SAME"
    DIFFERENT = "DIFFERENT"
    FAILS = "FAILS"  # it went well then
    STILL_FAILS = "STILL_FAILS"
    WORKS_NOW = "WORKS_NOW"  # it failed then
    MATCHES_NOW = "MATCHES_NOW"  # another rule or none took it then
    NO_LONGER_MATCHES = "NO_LONGER_MATCHES"
    NOT_CONCERNED = "NOT_CONCERNED"  # neither then nor now
    GONE = "GONE"  # the document is not kept any more


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """Which documents of a mailbox are wanted: those that the rules `of` handled.

    None means every document of the rule's direction. *last* is how many, the newest
    first; *after* is what the answer before gave as its `next`.
    """

    of: Sequence[RuleId] | None = None
    last: int = 20
    after: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsed:
    """One document: what was done *at* that time by *rule*, and what would be now.

    *difference* are the lines of a unified diff, each with its mark; *cut* if there
    are more. *note* tells what else would be otherwise. *name_then* and *name_now* are
    the file names that an IN rule gives.
    """

    at: datetime
    transfer: TransferId | None
    envelope: EnvelopeId | None
    file_name: str
    rule: RuleId | None
    rule_name: str
    outcome: Outcome
    problem: Problem | None = None
    warnings: Sequence[str] = ()
    note: str = ""
    name_then: str = ""
    name_now: str = ""
    difference: Sequence[str] = ()
    cut: bool = False
    milliseconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """Part of a dry run: *done* of *total* documents are through with this part.

    *next* is what to ask with for the next part, empty when this was the last.
    """

    total: int
    done: int
    documents: Sequence[Rehearsed]
    next: str


class RehearsalDesk(Protocol):
    """What people may rehearse; what is unknown is NotFound."""

    async def run(
        self, mailbox: MailboxId, draft: RuleDraft, rule: RuleId | None, past: Past
    ) -> Rehearsal:
        """Run the draft on documents of the past for some seconds; nothing is done.

        `rule` is the one that the draft is to replace, None if it is new. Invalid if
        the draft is wrong, or *past* asks for too many or goes on from nowhere.
        """
        ...
