import asyncio
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.exc import StatementError

from gateway.core.errors import LeaseLost
from gateway.store import jobs
from gateway.store.jobs import Jobs
from gateway.store.tables import jobs as table

LEASE = timedelta(minutes=5)


async def add(db, clock, *subjects: str, kind: str = "route") -> None:
    async with db.write() as conn:
        for subject in subjects:
            await jobs.add(conn, kind, subject, clock())


async def count(db) -> int:
    async with db.read() as conn:
        return (await conn.execute(select(func.count()).select_from(table))).scalar()


async def test_a_claimed_job_is_nobody_elses(db, clock):
    await add(db, clock, "a")
    [job] = await Jobs(db).claim("w1", clock(), LEASE, 5)
    assert (job.kind, job.subject, job.attempts) == ("route", "a", 0)
    assert await Jobs(db).claim("w2", clock(), LEASE, 5) == []


async def test_the_oldest_due_jobs_come_first_and_later_ones_wait(db, clock):
    await add(db, clock, "a", "b")
    async with db.write() as conn:
        await jobs.add(conn, "route", "later", clock() + LEASE)
    claimed = await Jobs(db).claim("w", clock(), LEASE, 5)
    assert [job.subject for job in claimed] == ["a", "b"]
    assert await Jobs(db).next_due() == clock() + LEASE


async def test_adding_a_job_twice_leaves_one(db, clock):
    await add(db, clock, "a", "a")
    assert await count(db) == 1


async def test_a_lost_lease_is_taken_over_and_its_result_is_rolled_back(db, clock):
    await add(db, clock, "a")
    [stale] = await Jobs(db).claim("w1", clock(), LEASE, 1)
    clock.tick(LEASE * 2)
    [fresh] = await Jobs(db).claim("w2", clock(), LEASE, 1)
    with pytest.raises(LeaseLost):
        async with db.write() as conn:
            await jobs.add(conn, "mail", "made by w1", clock())
            await jobs.finish(conn, stale)
    assert await count(db) == 1
    with pytest.raises(LeaseLost):
        async with db.write() as conn:
            await jobs.again(conn, stale, clock())
    async with db.write() as conn:
        await jobs.finish(conn, fresh)
    assert await count(db) == 0


async def test_a_renewed_lease_is_kept(db, clock):
    await add(db, clock, "a")
    held = await Jobs(db).claim("w1", clock(), LEASE, 1)
    clock.tick(LEASE * 0.9)
    await Jobs(db).renew(held, clock(), LEASE)
    await Jobs(db).renew([], clock(), LEASE)
    clock.tick(LEASE * 0.9)
    assert await Jobs(db).claim("w2", clock(), LEASE, 1) == []


async def test_a_failed_job_comes_back_counted_until_it_is_dead(db, clock):
    await add(db, clock, "a")
    [job] = await Jobs(db).claim("w", clock(), LEASE, 1)
    await Jobs(db).fail(job, "disk full", clock() + LEASE)
    assert await Jobs(db).claim("w", clock(), LEASE, 1) == []
    clock.tick(LEASE)
    [job] = await Jobs(db).claim("w", clock(), LEASE, 1)
    assert job.attempts == 1
    await Jobs(db).fail(job, "disk full", None)
    clock.tick(timedelta(days=999))
    assert await Jobs(db).claim("w", clock(), LEASE, 1) == []
    async with db.read() as conn:
        row = (await conn.execute(select(table))).one()
    assert (row.dead, row.attempts, row.last_error) == (True, 2, "disk full")


async def test_what_was_given_up_is_tried_again_when_it_is_revived(db, clock):
    await add(db, clock, "a")
    [job] = await Jobs(db).claim("w", clock(), LEASE, 1)
    await Jobs(db).fail(job, "a bug", None)
    assert await Jobs(db).revive(clock()) == 1
    [again] = await Jobs(db).claim("w", clock(), LEASE, 1)
    assert (again.subject, again.attempts) == ("a", 0)


async def test_after_a_crash_everything_held_is_free_at_once(db, clock):
    await add(db, clock, "a", "b")
    await Jobs(db).claim("w1", clock(), LEASE, 1)
    await Jobs(db).claim("w2", clock(), LEASE, 1)
    assert await Jobs(db).release("w1") == 1
    assert await Jobs(db).release() == 1
    assert len(await Jobs(db).claim("w3", clock(), LEASE, 5)) == 2


async def test_a_parked_job_waits_until_it_is_woken(db, clock):
    parked = clock() + timedelta(days=9999)
    await add(db, clock, "a")
    [job] = await Jobs(db).claim("w", clock(), LEASE, 1)
    async with db.write() as conn:
        await jobs.again(conn, job, parked)
    assert await Jobs(db).claim("w", clock(), LEASE, 1) == []
    await Jobs(db).unpark(parked, clock())
    assert len(await Jobs(db).claim("w", clock(), LEASE, 1)) == 1


async def test_instants_come_back_aware_and_naive_ones_are_refused(db, clock):
    await add(db, clock, "a")
    async with db.read() as conn:
        assert (await conn.execute(select(table.c.run_at))).scalar() == clock()
    with pytest.raises(StatementError, match="naive"):
        async with db.write() as conn:
            await jobs.add(conn, "route", "b", datetime(2026, 1, 1))  # noqa: DTZ001


async def test_many_workers_never_take_the_same_job(db, clock):
    await add(db, clock, *(f"r{n}" for n in range(20)))

    async def work(worker: str) -> list[int]:
        mine = []
        while claimed := await Jobs(db).claim(worker, clock(), LEASE, 2):
            mine += [job.id for job in claimed]
        return mine

    taken = await asyncio.gather(*(work(f"w{n}") for n in range(8)))
    assert sorted(job for mine in taken for job in mine) == list(range(1, 21))


async def test_concurrent_increments_are_all_counted(db, clock):
    await add(db, clock, "a")

    async def increment() -> None:
        async with db.write() as conn:
            locked = select(table.c.attempts).with_for_update()  # for PostgreSQL
            seen = (await conn.execute(locked)).scalar()
            await asyncio.sleep(0)
            await conn.execute(update(table).values(attempts=seen + 1))

    await asyncio.gather(*(increment() for _ in range(100)))
    async with db.read() as conn:
        assert (await conn.execute(select(table.c.attempts))).scalar() == 100


async def test_a_read_sees_one_moment_whatever_is_written_meanwhile(db, clock):
    await add(db, clock, "a")
    size = select(func.count()).select_from(table)
    async with db.read() as conn:
        assert (await conn.execute(size)).scalar() == 1
        await add(db, clock, "b")
        assert (await conn.execute(size)).scalar() == 1
    assert await count(db) == 2
