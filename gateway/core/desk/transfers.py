"""Transfers: what came in and what went out, with its trace."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Protocol

from gateway.core.desk.actor import Actor
from gateway.core.desk.content import Content
from gateway.core.model import (
    BlobRef,
    Channel,
    Direction,
    EnvelopeId,
    MailboxId,
    Problem,
    RuleId,
    TransferId,
    TransferState,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferQuery:
    """Which transfers are wanted; no *states* means any.

    *text* is looked for in file names, and is a Message-ID or how a uuid or a SHA-256
    begins. Created at *since* or later and before *until*.
    """

    mailbox: MailboxId | None = None
    direction: Direction | None = None
    protocol: Channel | None = None
    states: Sequence[TransferState] = ()
    text: str = ""
    since: datetime | None = None
    until: datetime | None = None
    limit: int = 50
    offset: int = 0


@dataclass(frozen=True, slots=True)
class TraceLine:
    """One step of a transfer's way."""

    at: datetime
    step: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferView:
    """One transfer as its mailbox's owner sees it; lists leave *trace* empty."""

    id: TransferId
    mailbox: MailboxId
    direction: Direction
    protocol: Channel
    folder: str
    file_name: str
    content_type: str
    blob: BlobRef
    state: TransferState
    problem: Problem | None
    envelopes: Sequence[EnvelopeId]
    attempts: int
    created_at: datetime
    finished_at: datetime | None = None
    next_attempt_at: datetime | None = None
    rule: RuleId | None = None
    trace: Sequence[TraceLine] = field(default=())


class MdnStanding(Enum):
    """What is known of the MDN of an AS2 message.

    UNPROVEN: one came that proves nothing. EXPECTED, also: ours is on its way.
    """

    NONE = "NONE"
    EXPECTED = "EXPECTED"
    CONFIRMED = "CONFIRMED"
    DENIED = "DENIED"
    UNPROVEN = "UNPROVEN"


@dataclass(frozen=True, slots=True, kw_only=True)
class As2View:
    """An AS2 message of a transfer: names, checksum, and what its MDN says.

    *mic* is `base64, algorithm`; *detail* says in words what the MDN or the check of
    the message found; *posts* counts the tries of one that we sent, 0 for a received.
    """

    message_id: str
    sender: str
    receiver: str
    size: int
    mic: str
    detail: str
    mdn: MdnStanding
    mdn_at: datetime | None
    cipher: str = ""
    posts: int = 0


class TransferDesk(Protocol):
    """What people may ask and order of transfers."""

    async def search(self, query: TransferQuery) -> tuple[int, Sequence[TransferView]]:
        """Return how many match in all, and one page of them, newest first."""
        ...

    async def get(self, transfer: TransferId) -> TransferView:
        """Return the transfer with its trace; NotFound."""
        ...

    async def overview(
        self, query: TransferQuery
    ) -> tuple[Mapping[TransferState, int], Sequence[TransferView]]:
        """Return how many match in each state, named or not, and one page."""
        ...

    async def as2(self, transfer: TransferId) -> Sequence[As2View]:
        """Return the AS2 messages that carried it, the first one first."""
        ...

    async def content(self, transfer: TransferId) -> Content:
        """Return the file as it was received or sent; NotFound."""
        ...

    async def reprocess(self, actor: Actor, wanted: Sequence[TransferId]) -> None:
        """Run failed transfers again, all of them or none.

        NotFound if there is no such transfer, Conflict if one of them has not failed.
        """
        ...


class EvidenceDesk(Protocol):
    """What people may have to settle a dispute."""

    async def zip(self, transfer: TransferId) -> Content:
        """Return the AS2 messages, MDNs and certificates of a transfer as a zip.

        NotFound if there is no such transfer, or if it was not carried by AS2.
        """
        ...
