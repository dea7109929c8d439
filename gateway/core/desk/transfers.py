"""Transfers: what came in and what went out, with its trace."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
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
    TransferId,
    TransferState,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferQuery:
    """Which transfers are wanted; *text* is looked for in file names and uuids."""

    mailbox: MailboxId | None = None
    direction: Direction | None = None
    state: TransferState | None = None
    text: str = ""
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
    trace: Sequence[TraceLine] = field(default=())


class TransferDesk(Protocol):
    """What people may ask and order of transfers."""

    async def search(self, query: TransferQuery) -> tuple[int, Sequence[TransferView]]:
        """Return how many match in all, and one page of them, newest first."""
        ...

    async def get(self, transfer: TransferId) -> TransferView:
        """Return the transfer with its trace; NotFound."""
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
