"""Small payloads are durable as rows first; the disk takes their files later.

To sync two files a message costs more than all else that is done to keep it. After
a minute the system has written them by itself, and to sync them costs nothing.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from gateway.core.ports import Clock
from gateway.store import unsynced
from gateway.store.database import Database

AGE = timedelta(minutes=1)
AT_ONCE = 500


class LaidBlobs(Protocol):
    """Blobs of which some are not synced."""

    def secure(self, payloads: Sequence[bytes]) -> None:
        """Make them durable, and write anew what is missing; blocks."""
        ...


@dataclass(frozen=True, slots=True)
class Syncing:
    """Makes blobs durable, then drops their rows; a crash in between does no harm."""

    db: Database
    blobs: LaidBlobs
    clock: Clock

    async def recover(self) -> None:
        """Do it for all, before anybody reads what a power cut may have taken."""
        await self._until(self.clock())

    async def run(self) -> None:
        """Do it for those that are a minute old."""
        await self._until(self.clock() - AGE)

    async def _until(self, at: datetime) -> None:
        while True:
            async with self.db.read() as conn:
                found = await unsynced.until(conn, at, AT_ONCE)
            if not found:
                return
            await asyncio.to_thread(self.blobs.secure, list(found.values()))
            async with self.db.write() as conn:
                await unsynced.forget(conn, list(found), at)
