"""What became of an envelope, step by step, for the one mailbox that looks."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from admin_web.pages.texts import N_
from gateway.core.desk.envelopes import EnvelopeView, Party, Scope
from gateway.core.desk.transfers import TransferView
from gateway.core.envelope import EnvelopeStatus
from gateway.core.model import Direction, TransferId, TransferState

_DELIVERED = "delivered: "
_ACCEPTED = "accepted by "
_REJECTED = "rejected by "
_BY_RULE = "rejected by the default rule"


@dataclass(frozen=True, slots=True)
class Event:
    """One step: a text with the words that go into it, and more for who wants it."""

    at: datetime
    tone: str
    text: str
    words: Mapping[str, str] = field(default_factory=dict)
    detail: str = ""
    transfer: TransferId | None = None


def history(view: EnvelopeView, transfers: Sequence[TransferView]) -> Sequence[Event]:
    """Return the steps, the oldest first."""
    row = view.row
    events = [
        Event(row.created_at, "ok", N_("Sent by %(name)s"), {"name": row.sender_name}),
        *(each for one in transfers for each in _moved(one)),
        *(
            _decided(party)
            for party in view.parties
            if party.scope is Scope.INBOX and _decides(party)
        ),
    ]
    if row.status is EnvelopeStatus.EXPIRED:
        events.append(Event(row.status_at, "warn", N_("Expired")))
    return sorted(events, key=lambda event: event.at)


def _decides(party: Party) -> bool:
    """Whether the mailbox itself ended its part: others only learn of it."""
    return bool(party.how) and party.status in {
        EnvelopeStatus.COMPLETED,
        EnvelopeStatus.CANCELLED,
    }


def _decided(party: Party) -> Event:
    how, name, at = party.how, party.name, party.status_at
    if how.startswith(_DELIVERED):
        text = N_("Delivered to the remote server of %(name)s")
        return Event(
            at, "ok", text, {"name": name}, detail=how.removeprefix(_DELIVERED)
        )
    if how.startswith(_ACCEPTED):
        words = {"name": name, "who": how.removeprefix(_ACCEPTED)}
        return Event(at, "ok", N_("Accepted for %(name)s by %(who)s"), words)
    if how == _BY_RULE:
        text = N_("Rejected by the default rule of %(name)s")
        return Event(at, "err", text, {"name": name})
    if how.startswith(_REJECTED):
        words = {"name": name, "who": how.removeprefix(_REJECTED)}
        return Event(at, "err", N_("Rejected for %(name)s by %(who)s"), words)
    return Event(at, "ok", N_("Completed by %(name)s"), {"name": name}, detail=how)


def _moved(one: TransferView) -> Iterator[Event]:
    words = {"file": one.file_name, "protocol": one.protocol.value}
    if one.direction is Direction.RECEIVED:
        text = N_("The file %(file)s was received by %(protocol)s")
        yield Event(one.created_at, "ok", text, words, transfer=one.id)
        return
    text = N_("The file %(file)s was made for the remote server")
    yield Event(one.created_at, "ok", text, words, transfer=one.id)
    if one.state is TransferState.FAILED:
        why = one.problem.message if one.problem else ""
        at = one.finished_at or one.created_at
        text = N_("Its delivery by %(protocol)s failed")
        yield Event(at, "err", text, words, why, one.id)
