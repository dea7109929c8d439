"""The audit log: who ordered what, when, on what."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One order; *before* and *after* are JSON values, secrets masked."""

    id: int
    at: datetime
    who: str
    action: str
    subject: str
    before: Mapping[str, object]
    after: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditQuery:
    """Which entries are wanted, the newest first; empty or None means any.

    *since* is included, *until* is not; *text* is looked for in who, action, subject,
    and in what was before and after.
    """

    who: str = ""
    action: str = ""
    subject: str = ""
    since: datetime | None = None
    until: datetime | None = None
    text: str = ""
    limit: int = 50
    offset: int = 0


class AuditDesk(Protocol):
    """Read the log; nobody can write it but by an order."""

    async def find(self, query: AuditQuery) -> tuple[int, Sequence[AuditEntry]]:
        """Return how many there are in all, and the page that was asked for."""
        ...

    def every(self, query: AuditQuery) -> AsyncIterator[AuditEntry]:
        """Return all that match, whatever the page; others may write meanwhile."""
        ...
