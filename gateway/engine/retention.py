"""Retention: finished things older than the operator wants are cleared away."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from gateway.core.ports import Clock
from gateway.store.retention import Finished

log = logging.getLogger(__name__)

# longer than anything may hold a blob before it commits a reference to it: an executed
# rule waits up to 24 hours to be saved with its example
GRACE = timedelta(hours=48)
LOOKED_UP = 1000  # at once


class IdleBlobs(Protocol):
    """The blobs nobody stored lately."""

    def idle(self, before: datetime) -> AsyncIterator[Sequence[str]]: ...
    async def remove(self, digests: Sequence[str], before: datetime) -> int: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepDays:
    """For how many days finished things are kept; 0 is for ever.

    *envelopes* covers their deliveries and attachments too.
    """

    transfers: int = 0
    envelopes: int = 0
    mails: int = 0
    audit: int = 0


@dataclass(frozen=True, slots=True)
class Retention:
    """Clears away; safe to interrupt at any moment and to run at any time."""

    finished: Finished
    blobs: IdleBlobs
    clock: Clock
    keep: Callable[[], Awaitable[KeepDays]]

    async def clear(self) -> None:
        """Delete what is over, as far as it is not kept for ever, and idle payloads.

        Payloads that nothing refers to (examples of rules, reports) go in any case.
        """
        finished, keep, now = self.finished, await self.keep(), self.clock()
        rows = 0
        for drop, days in (
            (finished.drop_mails, keep.mails),
            (finished.drop_audit, keep.audit),
            (finished.drop_delivered, keep.transfers),
            (finished.drop_answers, keep.transfers),
            (finished.drop_received, keep.transfers),
            (finished.drop_numbers, keep.transfers),
            (finished.drop_envelopes, keep.envelopes),
            (finished.drop_attachments, keep.envelopes),
        ):
            if days:
                rows += await _all(drop, now - timedelta(days=days))
        blobs = await self._blobs(now - GRACE)
        if rows or blobs:
            log.info("removed %d records and %d payloads", rows, blobs)

    async def _blobs(self, before: datetime) -> int:
        removed = 0
        gathered: list[str] = []
        async for digests in self.blobs.idle(before):
            gathered += digests
            while len(gathered) >= LOOKED_UP:
                removed += await self._remove(gathered[:LOOKED_UP], before)
                del gathered[:LOOKED_UP]
        return removed + await self._remove(gathered, before)

    async def _remove(self, digests: Sequence[str], before: datetime) -> int:
        if not digests:
            return 0
        unused = await self.finished.unused(digests)
        return await self.blobs.remove(unused, before)


async def _all(drop: Callable[[datetime], Awaitable[int]], before: datetime) -> int:
    """Delete batch after batch; others may write in between."""
    total = 0
    while gone := await drop(before):
        total += gone
        await asyncio.sleep(0)
    return total
