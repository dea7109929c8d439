"""Transfers as the list and the page of one show them."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from admin_web.pages.formats import said
from admin_web.pages.page import Visit
from gateway.core.desk.transfers import TraceLine, TransferView
from gateway.core.model import Direction, MailboxId, TransferState

TONES = {
    TransferState.RECEIVED: "live",
    TransferState.PROCESSING: "live",
    TransferState.PROCESSED: "ok",
    TransferState.QUEUED: "live",
    TransferState.AWAITING_MDN: "info",
    TransferState.DELIVERED: "ok",
    TransferState.FAILED: "err",
}
OPEN = {
    TransferState.RECEIVED,
    TransferState.PROCESSING,
    TransferState.QUEUED,
    TransferState.AWAITING_MDN,
}
REFUSED = "receive"
"""The step of what was kept for inspection only: it never runs again."""
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:[+-]\d\d:\d\d|Z)")
_ENDED = re.compile(r"failed: |given up after ")
_RETRIED = re.compile(r"attempt \d+ failed")


@dataclass(frozen=True, slots=True)
class TransferRow:
    """One line of the list; *tone* is the colour of its state."""

    view: TransferView
    name: str

    @property
    def tone(self) -> str:
        tried = self.view.state is TransferState.QUEUED and self.view.attempts > 0
        return "warn" if tried else TONES[self.view.state]

    @property
    def received(self) -> bool:
        return self.view.direction is Direction.RECEIVED

    @property
    def open(self) -> bool:
        """Whether it still goes on by itself."""
        return self.view.state in OPEN

    @property
    def again(self) -> bool:
        """Whether a person may have it run again."""
        return (
            self.view.state is TransferState.FAILED
            and self.view.problem is not None
            and self.view.problem.step != REFUSED
        )


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the trace."""

    at: datetime
    step: str
    tone: str
    detail: str

    @property
    def pieces(self) -> Sequence[str | datetime]:
        """The reader's texts and the instants between them."""
        return list(_pieces(said(self.detail)))


def steps(view: TransferView) -> Sequence[Step]:
    """Return the trace as a timeline."""
    last = len(view.trace) - 1
    return [
        Step(line.at, line.step, tone, line.detail)
        for number, line in enumerate(view.trace)
        for tone in [_tone(view, line, newest=number == last)]
    ]


def _tone(view: TransferView, line: TraceLine, *, newest: bool) -> str:
    if _RETRIED.match(line.detail):
        return "warn"
    stopped = newest and view.state is TransferState.FAILED
    return "err" if stopped or _ENDED.match(line.detail) else "ok"


def _pieces(text: str) -> Iterator[str | datetime]:
    place = 0
    for found in _INSTANT.finditer(text):
        try:
            at = datetime.fromisoformat(found[0])
        except ValueError:
            continue
        yield text[place : found.start()]
        yield at
        place = found.end()
    yield text[place:]


async def mailbox_names(visit: Visit) -> Mapping[MailboxId, str]:
    """Return the name of every mailbox, sorted by it."""
    return {each.id: each.name for each in await visit.desk.mailboxes.all()}
