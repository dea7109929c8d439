"""What the gateway knows of an EDIFACT or X12 interchange: who, which numbers, what."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["EDIFACT", "X12"]

ACKNOWLEDGEMENTS = {"CONTRL", "997", "999"}
"""Messages that acknowledge others: these are never acknowledged."""


LISTED = 5000
"""Messages of an interchange that are told one by one; of more there is a count."""
GROUPS = 1000
"""Functional groups that are acknowledged: each takes a control number."""
ANSWERS = 2000
"""Answers that one file may have: each is looked for among what was sent."""

SIDE = 255
"""Characters of an identification with its qualifier that are counted and matched."""

CONTROL_NUMBER = "nextControlNumber"
"""A writer's look-up: kind, sender, receiver, how manieth number of the file."""


@dataclass(frozen=True, slots=True)
class Relation:
    """Whose numbers are counted: kind of number, sender, receiver (id:qualifier)."""

    kind: str
    sender: str
    receiver: str


@dataclass(frozen=True, slots=True)
class Reference:
    """What an acknowledgement names: an interchange (EDIFACT) or a group (X12).

    *sender* and *receiver* are identifications without qualifier.
    """

    kind: Kind
    sender: str
    receiver: str
    number: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What a CONTRL or 997 says of one thing; *why* names what was refused."""

    reference: Reference
    accepted: bool
    why: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """A message or transaction: its type, its reference, its UNH02."""

    kind: str
    reference: str
    identifier: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """A functional group; all is empty but the messages if EDIFACT has no UNG.

    *unlisted* is how many messages it has beside those.
    """

    kind: str = ""
    reference: str = ""
    sender: Sequence[str] = ()
    receiver: Sequence[str] = ()
    version: str = ""
    messages: Sequence[Message] = ()
    unlisted: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """An interchange as its service segments describe it.

    *sender* and *receiver* are id, qualifier and what follows; *syntax* is UNB01, or
    of X12 ISA12, element, component and repetition separator and segment terminator.
    *fault* is the EDIFACT error code (0085) of an interchange that cannot be read.
    """

    kind: Kind
    sender: Sequence[str]
    receiver: Sequence[str]
    reference: str
    syntax: Sequence[str]
    test: bool = False
    groups: Sequence[Group] = ()
    answers: Sequence[Answer] = ()
    fault: str = ""

    @property
    def messages(self) -> Sequence[Message]:
        return [message for group in self.groups for message in group.messages]

    @property
    def whole(self) -> bool:
        """Whether every message is listed."""
        return not any(group.unlisted for group in self.groups)

    @property
    def acknowledges(self) -> bool:
        """Whether it holds acknowledgements and nothing else."""
        kinds = {message.kind for message in self.messages}
        return bool(kinds) and kinds <= ACKNOWLEDGEMENTS

    @property
    def references(self) -> Sequence[Reference]:
        """What a partner's acknowledgement of this interchange would name."""
        sides = self.sender[0], self.receiver[0]
        if self.kind == "EDIFACT":
            return [Reference(self.kind, *sides, self.reference)]
        return [
            Reference(self.kind, *sides, plain(group.reference))
            for group in self.groups
        ]


def plain(number: str) -> str:
    """Return an X12 number as all write it: partners differ in leading zeros."""
    return number.lstrip("0") or "0"


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """A CONTRL or 997 that was made: its file name, its bytes, what it says."""

    name: str
    data: bytes
    says: str
    content_type: str = field(default="application/EDIFACT")
