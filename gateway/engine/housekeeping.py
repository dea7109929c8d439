"""What time alone brings about: envelopes expire, finished things are cleared away."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from gateway.core.ports import Clock
from gateway.store import envelopes
from gateway.store.database import Database

log = logging.getLogger(__name__)

EXPIRY_SECONDS = 60
CLEARING_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class Housekeeping:
    """Runs for as long as the process; a failure is logged and tried again."""

    db: Database
    clear: Callable[[], Awaitable[None]]
    clock: Clock

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(_every(EXPIRY_SECONDS, self.expire))
            group.create_task(_every(CLEARING_SECONDS, self.clear))

    async def expire(self) -> None:
        """End the envelopes whose time is over."""
        async with self.db.write() as conn:
            over = await envelopes.expire(conn, self.clock())
        if over:
            log.info("%d envelopes expired: %s", len(over), ", ".join(over[:5]))


async def _every(seconds: float, work: Callable[[], Awaitable[None]]) -> None:
    while True:
        try:
            await work()
        except Exception:
            log.exception("housekeeping failed; again in %d s", seconds)
        await asyncio.sleep(seconds)
