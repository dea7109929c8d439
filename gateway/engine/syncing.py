"""Small payloads are durable as rows first; the disk takes their files later.

To sync two files a message costs more than all else that is done to keep it. After
a minute the system has written them by itself, and to sync them costs nothing.
"""

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from gateway.core.ports import Clock
from gateway.store import unsynced
from gateway.store.database import Database

AGE = timedelta(minutes=1)
AT_ONCE = 500
EARLIEST = datetime(1, 1, 1, tzinfo=UTC)
LATEST = datetime(9999, 12, 31, tzinfo=UTC)


class LaidBlobs(Protocol):
    """Blobs of which some are not synced."""

    def secure(self, payloads: Mapping[str, bytes]) -> Collection[str]:
        """Make them durable, by digest, and write anew what is missing; blocks.

        Return the digests of those that now are durable; the log has the others.
        """
        ...


@dataclass(frozen=True, slots=True)
class Syncing:
    """Makes blobs durable, then drops their rows; a crash in between does no harm.

    A row whose blob cannot be made durable stays until the next time. Outage if the
    database does not answer.
    """

    db: Database
    blobs: LaidBlobs
    clock: Clock

    async def recover(self) -> None:
        """Do it for all, before anybody reads what a power cut may have taken.

        Whatever their times: the clock may have been lost with the power.
        """
        await self._between(EARLIEST, LATEST)

    async def run(self) -> None:
        """Do it for those that are a minute old."""
        now = self.clock()
        await self._between(EARLIEST, now - AGE)
        await self._between(now + AGE, LATEST)  # the clock stepped back since

    async def _between(self, since: datetime, until: datetime) -> None:
        after = since, ""
        while True:
            async with self.db.read() as conn:
                found = await unsynced.page(conn, after, until, AT_ONCE)
            payloads = {one.digest: one.data for one in found}
            done = await asyncio.to_thread(self.blobs.secure, payloads)
            if taken := [one for one in found if one.digest in done]:
                async with self.db.write() as conn:
                    await unsynced.forget(conn, taken)
            if len(found) < AT_ONCE:
                return
            after = found[-1].stored_at, found[-1].digest
