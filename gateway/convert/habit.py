"""What stylesheets are used to look up: asked before the first run, it saves the next.

A partner who orders the same things again is answered with one run instead of two.
"""

from collections import OrderedDict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from gateway.convert.task import Task
from gateway.convert.wire import Lookup

_KEPT = 200
MOST = 20
"""Look-ups: each that is not needed after all costs a question."""
_STEADY = frozenset(
    {
        "getValueFromDictionary",
        "getRecordUuidByValueFromDictionary",
        "getMailboxUuidByAlias",
    }
)
"""Of these many documents have the same; the others name a document or a chain."""

_LONGEST = 4096  # characters of all arguments: what is kept is bounded
_UNSEEN = 6  # documents: to tell what was asked for takes longer
_PATIENCE = 2  # of those seen: an order that names fewer products is no new habit

_Key = tuple[bytes, str, str]


@dataclass(frozen=True, slots=True)
class Habit:
    """Each look-up of late with the documents seen since it was last asked.

    *steady* is whether the documents before the last knew all that it asked; *unseen*
    is how many came since of which nobody saw what they asked.
    """

    lookups: Mapping[Lookup, int]
    steady: bool
    unseen: int = 0

    @property
    def due(self) -> bool:
        """Whether it is time to see what a document asks for."""
        return self.unseen >= _UNSEEN


_NONE = Habit({}, steady=False)


class Habits:
    """What each stylesheet asked for lately, for one pair of mailboxes."""

    def __init__(self) -> None:
        self._kept: OrderedDict[_Key, Habit] = OrderedDict()

    def of(self, task: Task, digest: bytes) -> Habit | None:
        """Return what the document will ask for; None if that cannot be told.

        *digest* is the stylesheet's.
        """
        habit = self._kept.get(_key(task, digest), _NONE)
        return habit if habit.steady and not task.exact else None

    def learn(
        self, task: Task, digest: bytes, asked: Collection[Lookup] | None
    ) -> None:
        """Remember what the stylesheet asked for, without what was only expected.

        None if that was not seen, because it asked for nothing else.
        """
        if task.exact:  # what is tried tells nothing of what comes
            return
        key = _key(task, digest)
        known = self._kept.pop(key, _NONE)
        if asked is None:
            self._kept[key] = replace(known, unseen=known.unseen + 1)
            return
        steady = all(each in known.lookups for each in asked)
        lookups = dict.fromkeys(asked, 0)
        if steady and known.steady:
            lookups = {
                each: lookups.get(each, since + 1)
                for each, since in known.lookups.items()
                if each in lookups or since < _PATIENCE
            }
        if lookups and _short(lookups):
            self._kept[key] = Habit(lookups, steady=steady)
        if len(self._kept) > _KEPT:
            self._kept.popitem(last=False)


def _short(lookups: Collection[Lookup]) -> bool:
    """Whether these are worth their place, and may be another document's, too."""
    return (
        len(lookups) <= MOST
        and all(name in _STEADY for name, _ in lookups)
        and sum(len(value) for _, values in lookups for value in values) <= _LONGEST
    )


def _key(task: Task, digest: bytes) -> _Key:
    """Apart for each pair of mailboxes: one partner's values are not another's."""
    told = task.parameters
    sender, recipient = "SENDER_MAILBOX", "RECIPIENT_MAILBOX"
    return digest, told.get(sender, ""), told.get(recipient, "")
