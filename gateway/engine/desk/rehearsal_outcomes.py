"""What a changed rule makes of a document of the past, in one word and in lines."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from gateway.convert.difference import difference
from gateway.core.desk.rehearsal import Outcome
from gateway.core.model import MailboxId, RuleId
from gateway.core.rules import Rule
from gateway.engine.desk.rule_bench import RANDOM_NUMBER
from gateway.engine.desk.trials import Trial
from gateway.store.history import Handled


@dataclass(frozen=True, slots=True, kw_only=True)
class Play:
    """The rule that is tried, and the other rules of the mailbox in their order."""

    mailbox: MailboxId
    rule: Rule
    listed: Sequence[Rule]
    of: Sequence[RuleId] | None


@dataclass(frozen=True, slots=True)
class Found:
    """What is known of a document now; *then* and *now* are compared.

    *taken*: with the other rules as they are it would be this rule's.
    """

    trial: Trial | None = None
    then: bytes | None = None
    now: bytes = b""
    name_then: str = ""
    note: str = ""
    gone: bool = False
    taken: bool = True


def judged(
    play: Play, one: Handled, found: Found
) -> tuple[Outcome, Sequence[str], bool]:
    """Return the outcome, the lines of the difference, and whether they are cut."""
    mine = one.rule == play.rule.id or (play.of is not None and one.rule in play.of)
    trial = found.trial
    if found.gone:
        return Outcome.GONE, [], False
    if trial is None:
        lost = Outcome.NO_LONGER_MATCHES if mine else Outcome.NOT_CONCERNED
        return lost, [], False
    if not mine and not found.taken:
        return Outcome.NOT_CONCERNED, [], False
    if trial.problem is not None:
        failed = Outcome.FAILS if one.ok else Outcome.STILL_FAILS
        return (failed if mine else Outcome.MATCHES_NOW), [], False
    lines: Sequence[str] = []
    cut = False
    if found.then is not None:
        lines, cut = difference(found.then, found.now)
    if not mine:
        outcome = Outcome.MATCHES_NOW
    elif not one.ok:
        outcome = Outcome.WORKS_NOW
    else:
        same = not lines and _named_alike(found.name_then, trial.file_name)
        outcome = Outcome.SAME if same else Outcome.DIFFERENT
    return outcome, lines, cut


def _named_alike(then: str, now: str) -> bool:
    """Whether the names differ in nothing but the random number; "" is no name."""
    pattern = re.escape(now).replace(RANDOM_NUMBER, "[0-9]{10}")
    return not then or re.fullmatch(pattern, then) is not None
