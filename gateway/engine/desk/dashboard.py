"""The desk of the dashboard."""

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta, tzinfo
from pathlib import Path

from gateway.core.desk.certificates import Listed
from gateway.core.desk.dashboard import Dashboard, Disk, Waiting
from gateway.core.model import MailboxId
from gateway.core.ports import Clock
from gateway.engine.parking import active
from gateway.store import dashboard
from gateway.store.database import Connection, Database

DAYS = 14
RECENT = timedelta(hours=24)
HEAVY_EVERY = timedelta(minutes=1)
LOW_SHARE, LOW_BYTES = 20, 1 << 30  # a twentieth free, or 1 GiB


@dataclass(slots=True, kw_only=True)
class Glance:
    """The DashboardDesk; *certificates* returns all there are, the soonest first."""

    db: Database
    clock: Clock
    data_dir: Path
    certificates: Callable[[], Awaitable[Sequence[Listed]]]
    _warned: Sequence[Listed] = field(default=())
    _asked_at: datetime | None = None

    async def look(self, zone: tzinfo, mailbox: MailboxId | None = None) -> Dashboard:
        now = self.clock()
        begins = _begins(now.astimezone(zone).date(), zone)
        async with self.db.read() as conn:
            days = await dashboard.days(conn, begins, now + timedelta(days=1), mailbox)
            failed, failures = await dashboard.failures(conn, now - RECENT, mailbox)
            waiting = [
                await _switched(conn, one)
                for one in await dashboard.waiting(conn, now, mailbox)
            ]
            queued, awaiting = await dashboard.on_the_way(conn, mailbox)
            mails, jobs = await dashboard.troubles(conn, now - RECENT)
        return Dashboard(
            at=now,
            days=days,
            failed=failed,
            failures=failures,
            waiting=waiting,
            queued=queued,
            awaiting=awaiting,
            certificates=[
                one
                for one in await self._certificates(now)
                if mailbox is None or one.mailbox in {None, mailbox}
            ],
            disk=await asyncio.to_thread(_disk, self.data_dir),
            mails_failed=mails,
            jobs_dead=jobs,
        )

    async def _certificates(self, now: datetime) -> Sequence[Listed]:
        # each is parsed: not at every look
        if self._asked_at is None or now - self._asked_at > HEAVY_EVERY:
            every = await self.certificates()
            self._warned = [
                one for one in every if one.certificate and one.certificate.warning
            ]
            self._asked_at = now
        return self._warned


def _begins(today: date, zone: tzinfo) -> Sequence[tuple[date, datetime]]:
    last = [today - timedelta(days=back) for back in range(DAYS - 1, -1, -1)]
    return [(day, datetime.combine(day, time(), zone)) for day in last]


async def _switched(conn: Connection, one: Waiting) -> Waiting:
    if await active(conn, one.mailbox) is not None:
        return one
    return replace(one, switched_off=True, next_at=None)


def _disk(folder: Path) -> Disk:
    usage = shutil.disk_usage(folder)
    low = usage.free < LOW_BYTES or usage.free * LOW_SHARE < usage.total
    return Disk(usage.total, usage.free, low)
