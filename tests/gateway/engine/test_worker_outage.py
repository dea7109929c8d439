"""Work that a full disk stopped waits for room; it is never given up."""

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import select

from gateway.core.errors import Outage
from gateway.engine.worker import UNFORESEEN, Worker
from gateway.store import jobs
from gateway.store.jobs import Jobs
from gateway.store.tables import jobs as table


@dataclass
class Disk:
    """A handler that needs room."""

    db: object
    full: bool = True
    tried: int = 0
    done: list[str] = field(default_factory=list)

    async def run(self, job):
        self.tried += 1
        if self.full:
            raise Outage("no room is left")
        async with self.db.write() as conn:
            await jobs.finish(conn, job)
        self.done.append(job.subject)

    async def give_up(self, job, problem):
        raise AssertionError("a full disk is no fault of the document")


async def test_a_full_disk_costs_a_job_no_attempt_however_long_it_lasts(db, clock):
    disk, stop = Disk(db), asyncio.Event()
    worker = Worker("w", Jobs(db), {"route": disk}, clock)
    async with db.write() as conn:
        await jobs.add(conn, "route", "a", clock())
    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        group.create_task(worker.run(stop))
        for tries in range(UNFORESEEN.max_attempts * 2):
            while disk.tried == tries or worker._held:
                await asyncio.sleep(0.002)
            async with db.read() as conn:
                row = (await conn.execute(select(table))).one()
            assert (row.attempts, row.dead) == (0, False)
            assert row.last_error == "no room is left"
            clock.tick(timedelta(seconds=31))
            worker.wake()
        disk.full = False
        while not disk.done:
            clock.tick(timedelta(seconds=31))
            worker.wake()
            await asyncio.sleep(0.01)
        stop.set()
        worker.wake()
    assert disk.done == ["a"]
