import asyncio
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from sqlalchemy import select

from gateway.core.model import Problem
from gateway.engine.worker import LEASE, Worker
from gateway.store import jobs
from gateway.store.jobs import Job, Jobs
from gateway.store.tables import jobs as table


@dataclass
class Recorder:
    """A handler that fails as often as it is told, then finishes the job."""

    db: object
    failures: int = 0
    done: list[str] = field(default_factory=list)
    given_up: list[Problem] = field(default_factory=list)
    hold: asyncio.Event | None = None

    async def run(self, job: Job) -> None:
        if self.hold is not None:
            await self.hold.wait()
        if self.failures:
            self.failures -= 1
            raise OSError("disk on fire")
        self.done.append(job.subject)
        async with self.db.write() as conn:
            await jobs.finish(conn, job)

    async def give_up(self, job: Job, problem: Problem) -> None:
        self.given_up.append(problem)
        async with self.db.write() as conn:
            await jobs.finish(conn, job)


async def add(db, clock, *subjects: str) -> None:
    async with db.write() as conn:
        for subject in subjects:
            await jobs.add(conn, "route", subject, clock())


async def until(condition) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.005)


@pytest.fixture
async def working(db, clock):
    handler, stop = Recorder(db), asyncio.Event()
    worker = Worker("w", Jobs(db), {"route": handler}, clock, slots=3)
    async with asyncio.TaskGroup() as group:
        group.create_task(worker.run(stop))
        yield worker, handler, stop
        stop.set()
        worker.wake()


async def test_jobs_are_done_as_they_come(working, db, clock):
    worker, handler, _ = working
    await add(db, clock, "a", "b")
    worker.wake()
    await until(lambda: len(handler.done) == 2)
    await add(db, clock, "c")
    worker.wake()
    await until(lambda: handler.done == ["a", "b", "c"])


async def test_an_unforeseen_failure_is_tried_again_later(working, db, clock):
    worker, handler, _ = working
    handler.failures = 1
    await add(db, clock, "a")
    worker.wake()
    await until(lambda: not handler.failures)
    await until(lambda: not worker._held)
    assert handler.done == []
    clock.tick(timedelta(minutes=1))
    worker.wake()
    await until(lambda: handler.done == ["a"])


async def test_a_job_that_always_fails_is_told_to_people(working, db, clock):
    worker, handler, _ = working
    handler.failures = 99
    await add(db, clock, "a")
    for _ in range(5):
        worker.wake()
        tries = handler.failures
        await until(lambda tries=tries: handler.failures < tries)
        await until(lambda: not worker._held)
        clock.tick(timedelta(hours=1))
    await until(lambda: handler.given_up)
    assert handler.failures == 94
    [problem] = handler.given_up
    assert (problem.code, problem.step) == ("internal-error", "convert")
    assert "5 times" in problem.message


async def test_a_job_taken_over_by_another_worker_is_left_to_it(working, db, clock):
    worker, handler, _ = working
    handler.hold = asyncio.Event()
    await add(db, clock, "a")
    worker.wake()
    await until(lambda: worker._held)
    clock.tick(LEASE * 2)
    await Jobs(db).claim("other", clock(), LEASE, 1)
    handler.hold.set()
    await until(lambda: not worker._held)
    async with db.read() as conn:
        assert (await conn.execute(select(table.c.worker))).scalars().all() == ["other"]


async def test_a_job_ordered_again_while_it_runs_runs_again_afterwards(
    working, db, clock
):
    worker, handler, _ = working
    handler.hold = asyncio.Event()
    await add(db, clock, "a")
    worker.wake()
    await until(lambda: worker._held)
    await add(db, clock, "a", "b")
    worker.wake()
    await until(lambda: len(worker._held) == 2)
    assert {job.subject for job in worker._held.values()} == {"a", "b"}
    handler.hold.set()
    await until(lambda: sorted(handler.done) == ["a", "a", "b"])
    await until(lambda: not worker._held)
    async with db.read() as conn:
        assert (await conn.execute(select(table))).all() == []


async def test_a_job_whose_lease_ended_is_not_begun_twice_by_its_own_worker(
    working, db, clock
):
    worker, handler, _ = working
    handler.hold = asyncio.Event()
    await add(db, clock, "a")
    worker.wake()
    await until(lambda: worker._held)
    clock.tick(LEASE * 2)  # the machine slept
    await add(db, clock, "b")
    worker.wake()
    await until(lambda: len(worker._held) == 2)
    handler.hold.set()
    await until(lambda: sorted(handler.done) == ["a", "b"])
    await until(lambda: not worker._held)


async def test_stopping_finishes_what_was_begun(db, clock):
    handler, stop = Recorder(db, hold=asyncio.Event()), asyncio.Event()
    worker = Worker("w", Jobs(db), {"route": handler}, clock)
    await add(db, clock, "a")
    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        group.create_task(worker.run(stop))
        await until(lambda: worker._held)
        stop.set()
        worker.wake()
        await asyncio.sleep(0)
        handler.hold.set()
    assert handler.done == ["a"]


async def test_a_worker_that_looks_for_no_work_is_in_trouble(db, clock):
    worker = Worker("w", Jobs(db), {}, clock)
    assert await worker.trouble() == "has not begun"
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(worker.run(stop))
        async with asyncio.timeout(10):
            while await worker.trouble():
                await asyncio.sleep(0.005)
        stop.set()
        worker.wake()
    clock.tick(timedelta(minutes=2))
    assert await worker.trouble() == "has not looked for work for 120 s"


async def test_a_partner_that_lets_us_wait_does_not_hold_all_the_slots(db, clock):
    handler, stop = Recorder(db), asyncio.Event()
    slow = Recorder(db, hold=asyncio.Event())
    worker = Worker("w", Jobs(db), {"route": handler, "deliver": slow}, clock, slots=12)
    async with db.write() as conn:
        for number in range(20):
            await jobs.add(conn, "deliver", f"{number}", clock(), "slow partner")
    async with asyncio.TaskGroup() as group:
        group.create_task(worker.run(stop))
        await until(lambda: worker._held)
        await add(db, clock, "a", "b", "c")
        worker.wake()
        await until(lambda: len(handler.done) == 3)
        waiting = [job for job in worker._held.values() if job.lane]
        assert 2 <= len(waiting) <= 5
        slow.hold.set()
        await until(lambda: len(slow.done) == 20)
        stop.set()
        worker.wake()
