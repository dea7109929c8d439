"""What a received CONTRL or 997 says, gathered segment by segment."""

from collections.abc import Callable
from dataclasses import dataclass, field

from gateway.convert.acknowledgement.codes import (
    EDIFACT_ERRORS,
    EDIFACT_REFUSED,
    X12_ACCEPTED,
    X12_ACTIONS,
    X12_ELEMENT,
    X12_GROUP,
    X12_SEGMENT,
    X12_TRANSACTION,
    said,
)
from gateway.core.interchange import ANSWERS, Answer, Reference, plain

Value = Callable[..., str]
"""Gives a value of a segment: element and component, from 1."""
_SHOWN = 20  # details told of one interchange


@dataclass(slots=True)
class _Open:
    reference: Reference
    refused: bool = False
    details: list[str] = field(default_factory=list)

    def note(self, detail: str) -> None:
        self.details.append(detail)

    def closed(self) -> Answer:
        shown = "; ".join(self.details[:_SHOWN])
        if len(self.details) > _SHOWN:
            shown += f"; and {len(self.details) - _SHOWN} more"
        return Answer(self.reference, not self.refused, shown)


class Contrl:
    """Takes UCI, UCF, UCM, UCS and UCD (ISO 9735-4); *answers* is what they say."""

    TAGS = ("UCI", "UCF", "UCM", "UCS", "UCD")

    def __init__(self) -> None:
        self._open: list[_Open] = []
        self._where = ""

    @property
    def answers(self) -> list[Answer]:
        return [each.closed() for each in self._open]

    def take(self, tag: str, value: Value) -> None:
        if len(self._open) > ANSWERS:
            return  # who reads them refuses so many
        if tag == "UCI":
            reference = Reference("EDIFACT", value(2), value(3), value(1))
            self._open.append(_Open(reference))
            self._action("the interchange", value(4), value(5))
        elif not self._open:
            return
        elif tag == "UCF":
            self._action(f"group {value(1)}", value(4), value(5))
        elif tag == "UCM":
            self._action(f"{value(2)} {value(1)}".strip(), value(3), value(4))
        elif tag == "UCS":
            self._where = f"segment {value(1)}"
            self._error(self._where, value(2))
        elif tag == "UCD":
            self._error(f"{self._where} element {value(2)}", value(1))

    def _action(self, what: str, action: str, error: str) -> None:
        if action in EDIFACT_REFUSED:
            why = said(EDIFACT_ERRORS, error)
            self._open[-1].refused = True
            self._open[-1].note(f"{what}: {why}" if why else what)

    def _error(self, where: str, error: str) -> None:
        if error:
            self._open[-1].note(f"{where}: {said(EDIFACT_ERRORS, error)}")


class Functional:
    """Takes the segments of 997 and 999 between ST and SE."""

    TAGS = ("AK1", "AK2", "AK3", "AK4", "AK5", "AK9", "IK3", "IK4", "IK5")

    def __init__(self, sender: str, receiver: str) -> None:
        """Begin; they are those of the interchange that is acknowledged."""
        self._sides = sender, receiver
        self._open: list[_Open] = []
        self._what = self._where = ""

    @property
    def answers(self) -> list[Answer]:
        return [each.closed() for each in self._open]

    def take(self, tag: str, value: Value) -> None:
        if len(self._open) > ANSWERS:
            return  # who reads them refuses so many
        if tag == "AK1":
            reference = Reference("X12", *self._sides, plain(value(2)))
            self._open.append(_Open(reference))
        elif not self._open or tag not in self.TAGS:
            return
        elif tag == "AK9":
            self._group(value)
        else:
            self._part(tag[1:], value)

    def _part(self, tag: str, value: Value) -> None:
        if tag == "K2":
            self._what = f"{value(1)} {value(2)}"
        elif tag == "K3":
            self._where = f"{self._what} segment {value(2)} {value(1)}"
            if value(4):
                self._note(f"{self._where}: {said(X12_SEGMENT, value(4))}")
        elif tag == "K4":
            error = said(X12_ELEMENT, value(3))
            self._note(f"{self._where} element {value(1)}: {error}")
        elif tag == "K5" and value(1) not in X12_ACCEPTED:
            why = said(X12_TRANSACTION, value(2)) or said(X12_ACTIONS, value(1))
            self._note(f"{self._what}: {why}")

    def _group(self, value: Value) -> None:
        if value(1) not in X12_ACCEPTED:
            why = said(X12_GROUP, value(5))
            action = said(X12_ACTIONS, value(1))
            self._open[-1].refused = True
            self._note(f"the group: {action}{', ' if why else ''}{why}")

    def _note(self, detail: str) -> None:
        self._open[-1].note(detail)
