"""Whether the appliance works, and its numbers for Prometheus."""

import asyncio
import logging
import shutil
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from gateway.core.desk.health import Sample
from gateway.core.errors import N_
from gateway.core.ports import Clock
from gateway.store import health
from gateway.store.database import Database

_logger = logging.getLogger(__name__)

Check = Callable[[], Awaitable[str]]
"""Returns what is wrong in a sentence, "" if nothing is."""

CHECK_SECONDS = 5
LEAST_FREE = 256 * 1024 * 1024  # bytes of disk below which nothing is accepted gladly
HEAVY_EVERY = timedelta(minutes=1)


@dataclass(slots=True, kw_only=True)
class Health:
    """The HealthDesk: the database and the disk, and what else it is given.

    *checks* are of the listeners and workers, *sources* the numbers of other parts.
    """

    db: Database
    clock: Clock
    data_dir: Path
    checks: Mapping[str, Check] = field(default_factory=dict)
    sources: Sequence[Callable[[], Awaitable[Sequence[Sample]]]] = ()
    _blob_bytes: int = 0
    _counted_at: datetime | None = None

    async def ready(self) -> Mapping[str, str]:
        every = {"database": self._database, "disk": self._disk, **self.checks}
        found = await asyncio.gather(*(_asked(name, c) for name, c in every.items()))
        return dict(zip(every, found, strict=True))

    async def samples(self) -> Sequence[Sample]:
        async with self.db.read() as conn:
            jobs = await health.jobs_by_state(conn)
            transfers = await health.transfers_by_state(conn)
            size = await health.database_bytes(conn)
            now = self.clock()
            # every payload is looked at: not at every scrape
            if self._counted_at is None or now - self._counted_at > HEAVY_EVERY:
                self._blob_bytes = await health.blob_bytes(conn)
                self._counted_at = now
        disk = await asyncio.to_thread(shutil.disk_usage, self.data_dir)
        own = [
            *(
                Sample(
                    name="gateway_jobs",
                    help="Jobs by kind and state.",
                    value=count,
                    labels={"kind": kind, "state": state},
                )
                for (kind, state), count in sorted(jobs.items())
            ),
            *(
                Sample(
                    name="gateway_transfers",
                    help="Transfers by direction and state.",
                    value=count,
                    labels={"direction": direction, "state": state},
                )
                for (direction, state), count in sorted(transfers.items())
            ),
            Sample(
                name="gateway_jobs_dead",
                help="Jobs that were given up.",
                value=sum(n for (_kind, state), n in jobs.items() if state == "dead"),
            ),
            Sample(
                name="gateway_database_bytes", help="Size of the database.", value=size
            ),
            Sample(
                name="gateway_blob_bytes",
                help="Bytes of all payloads, each counted once.",
                value=self._blob_bytes,
            ),
            Sample(
                name="gateway_disk_free_bytes",
                help="Free bytes on the disk of the data folder.",
                value=disk.free,
            ),
        ]
        for source in self.sources:
            own.extend(await source())
        return own

    async def _database(self) -> str:
        async with self.db.read() as conn:
            await health.alive(conn)
        return ""

    async def _disk(self) -> str:
        free = (await asyncio.to_thread(shutil.disk_usage, self.data_dir)).free
        if free < LEAST_FREE:
            return N_("only {value} MiB are free; make room").format(
                value=free // 1024 // 1024
            )
        return ""


async def _asked(name: str, check: Check) -> str:
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            return await check()
    except TimeoutError:
        return N_("gave no answer in {seconds} s").format(seconds=CHECK_SECONDS)
    except Exception:
        _logger.exception("the check %s failed", name)
        return N_("failed; the log says why")
