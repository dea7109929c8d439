"""What time alone brings about: envelopes expire, what is over is cleared away."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from gateway.core.ports import Clock
from gateway.engine import notices
from gateway.store import envelopes, expiring
from gateway.store.database import Database

log = logging.getLogger(__name__)

MINUTE = 60
HOUR = 3600

Chore = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Housekeeping:
    """Runs for as long as the process; a failure is logged and tried again."""

    db: Database
    hourly: Sequence[Chore]
    clock: Clock
    minutely: Sequence[Chore] = ()

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(_every(MINUTE, self.remind))
            group.create_task(_every(MINUTE, self.expire))
            for chore in self.minutely:
                group.create_task(_every(MINUTE, chore))
            for chore in self.hourly:
                group.create_task(_every(HOUR, chore))

    async def remind(self) -> None:
        """Tell the recipients of the envelopes that will expire soon, once."""
        now = self.clock()
        async with self.db.write() as conn:
            for entry in await expiring.take(conn, now):
                await notices.expiring(conn, entry, now)

    async def expire(self) -> None:
        """End the envelopes whose time is over."""
        async with self.db.write() as conn:
            over = await envelopes.expire(conn, self.clock())
        if over:
            log.info("%d envelopes expired: %s", len(over), ", ".join(over[:5]))


async def _every(seconds: float, work: Chore) -> None:
    while True:
        try:
            await work()
        except Exception:
            log.exception("housekeeping failed; again in %d s", seconds)
        await asyncio.sleep(seconds)
