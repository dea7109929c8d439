"""What stylesheets are used to look up: asked before the first run, it saves the next.

A partner who orders the same things again is answered with one run instead of two.
"""

from collections import OrderedDict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

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

_Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class _Habit:
    """The last document's look-ups, and whether those before it knew them all."""

    lookups: Sequence[Lookup]
    steady: bool


class Habits:
    """What each stylesheet asked for last, for one pair of mailboxes."""

    def __init__(self) -> None:
        self._kept: OrderedDict[_Key, _Habit] = OrderedDict()

    def expected(self, task: Task) -> Sequence[Lookup]:
        """Return what the document will ask for; nothing if that cannot be told."""
        habit = self._kept.get(_key(task))
        # an explanation shows what the document asked for, and nothing else
        return habit.lookups if habit and habit.steady and not task.want_source else ()

    def learn(self, task: Task, asked: Collection[Lookup]) -> None:
        """Remember what was asked for, what was only expected included."""
        key = _key(task)
        known = self._kept.pop(key, None)
        if 0 < len(asked) <= MOST and all(name in _STEADY for name, _ in asked):
            before = known.lookups if known else ()
            self._kept[key] = _Habit(
                list(asked), steady=all(each in before for each in asked)
            )
        if len(self._kept) > _KEPT:
            self._kept.popitem(last=False)


def _key(task: Task) -> _Key:
    """Apart for each pair of mailboxes: one partner's values are not another's."""
    told = task.parameters
    sender, recipient = "SENDER_MAILBOX", "RECIPIENT_MAILBOX"
    return task.stylesheet, told.get(sender, ""), told.get(recipient, "")
