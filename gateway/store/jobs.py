"""The job queue: claim with a lease, finish by deleting, give up as dead.

A job is added in the transaction that makes it necessary and finished in the one that
writes its result, so each result is written once, however often the work ran.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from sqlalchemy import Insert, bindparam, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.core.errors import LeaseLost
from gateway.store.database import NEW_WORK, Database
from gateway.store.inserting import inserting
from gateway.store.tables import jobs

KINDS = ("route", "dispatch", "deliver", "mail", "as2-mdn", "acknowledge")


_WRITTEN_OVER = ("run_at", "lane", "attempts", "dead", "last_error")
_FREED = {"worker": None, "lease_until": None}


@cache
def _add(dialect: str) -> Insert:
    """Return the statement, made once: to build it costs more than to run it."""
    insert = inserting(dialect, jobs)
    return insert.on_conflict_do_update(
        index_elements=["kind", "subject"],
        set_={name: insert.excluded[name] for name in _WRITTEN_OVER} | _FREED,
    )


_FREE = (
    jobs.c.dead.is_(False),
    jobs.c.id.not_in(bindparam("but", expanding=True)),
    jobs.c.lane.not_in(bindparam("full", expanding=True)),
)
_DUE = (
    select(jobs.c.id)
    .where(*_FREE, jobs.c.run_at <= bindparam("now"))
    .where(or_(jobs.c.lease_until.is_(None), jobs.c.lease_until < bindparam("now")))
    .order_by(jobs.c.run_at, jobs.c.id)
    .limit(bindparam("most"))
)
_TAKE = (
    update(jobs)
    .where(jobs.c.id.in_(_DUE.with_for_update(skip_locked=True)))
    .values(worker=bindparam("holder"), lease_until=bindparam("until"))
    .returning(jobs.c.id, jobs.c.kind, jobs.c.subject, jobs.c.attempts, jobs.c.lane)
)
_NEXT = select(func.min(jobs.c.run_at)).where(*_FREE, jobs.c.worker.is_(None))
_HELD = (jobs.c.id == bindparam("job"), jobs.c.worker == bindparam("holder"))
_GONE, _CHANGED = delete(jobs).where(*_HELD), update(jobs).where(*_HELD)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A job this worker holds until its lease ends; *subject* is what it is about.

    *lane* names whom it may have to wait for (a partner's server), empty for nobody.
    """

    id: int
    kind: str
    subject: str
    attempts: int
    worker: str
    lane: str = ""


async def add(
    conn: AsyncConnection, kind: str, subject: str, run_at: datetime, lane: str = ""
) -> None:
    """Insert the job; if it is there already it stays one job, due at `run_at`.

    A worker that holds it loses it: what it does is then done again.
    """
    await add_all(conn, kind, [(subject, run_at)], lane)


async def add_all(
    conn: AsyncConnection,
    kind: str,
    due: Sequence[tuple[str, datetime]],
    lane: str = "",
) -> None:
    """Do the same for several subjects, each due at its time."""
    conn.info[NEW_WORK] = True
    rows = [
        {
            "kind": kind,
            "subject": subject,
            "run_at": run_at,
            "lane": lane,
            "attempts": 0,
            "dead": False,
            "last_error": "",
        }
        for subject, run_at in due
    ]
    await conn.execute(_add(conn.dialect.name), rows)


async def finish(conn: AsyncConnection, job: Job) -> None:
    """Delete the job; LeaseLost (and so a rollback) if another worker took it."""
    if (await conn.execute(_GONE, _held(job))).rowcount != 1:
        raise LeaseLost(f"job {job.id} ({job.kind} {job.subject})")


def _held(job: Job) -> Mapping[str, object]:
    return {"job": job.id, "holder": job.worker}


async def drop(conn: AsyncConnection, kind: str, subject: str) -> None:
    """Delete a job that became needless, unless a worker holds it."""
    free = (jobs.c.kind == kind, jobs.c.subject == subject, jobs.c.worker.is_(None))
    await conn.execute(delete(jobs).where(*free))


async def again(conn: AsyncConnection, job: Job, run_at: datetime) -> None:
    """Give the job back, due at `run_at`; for work that waits, not for failures."""
    freed = {**_held(job), **_FREED, "run_at": run_at}
    if (await conn.execute(_CHANGED, freed)).rowcount != 1:
        raise LeaseLost(f"job {job.id} ({job.kind} {job.subject})")


@dataclass(frozen=True, slots=True)
class Jobs:
    """What the worker loop does with the queue; each method is one transaction."""

    db: Database

    async def claim(
        self,
        worker: str,
        now: datetime,
        lease: timedelta,
        limit: int,
        *,
        but: Collection[int] = (),
        full: Collection[str] = (),
    ) -> Sequence[Job]:
        """Take up to `limit` due jobs nobody holds, oldest first; none of `full` lanes.

        `but` are jobs this worker still does, though their lease is over or they were
        added again: they are free once it has noticed.
        """
        wanted = {"now": now, "but": list(but), "full": list(full)}
        async with self.db.read() as conn:  # most looks find nothing: do not write
            if (await conn.execute(_DUE, {**wanted, "most": 1})).first() is None:
                return []
        take = {"most": limit, "holder": worker, "until": now + lease}
        async with self.db.write() as conn:
            rows = sorted((await conn.execute(_TAKE, wanted | take)).all())
        return [
            Job(
                id=row.id,
                kind=row.kind,
                subject=row.subject,
                attempts=row.attempts,
                worker=worker,
                lane=row.lane,
            )
            for row in rows
        ]

    async def renew(self, held: Sequence[Job], now: datetime, lease: timedelta) -> None:
        """Hold the jobs longer."""
        if not held:
            return
        longer = (
            update(jobs)
            .where(jobs.c.id.in_([job.id for job in held]))
            .where(jobs.c.worker == held[0].worker)
            .values(lease_until=now + lease)
        )
        async with self.db.write() as conn:
            await conn.execute(longer)

    async def fail(
        self, job: Job, error: str, run_at: datetime | None, *, counts: bool = True
    ) -> None:
        """Note an unforeseen failure; try again at `run_at`, None to give up."""
        async with self.db.write() as conn:
            await conn.execute(
                _CHANGED,
                {
                    **_held(job),
                    **_FREED,
                    "attempts": job.attempts + counts,
                    "dead": run_at is None,
                    "last_error": error[:2000],
                    **({"run_at": run_at} if run_at else {}),
                },
            )

    async def release(self, worker: str | None = None) -> int:
        """Free what `worker` holds; None: what anybody holds, after a crash."""
        held = update(jobs).where(jobs.c.worker.is_not(None))
        if worker is not None:
            held = held.where(jobs.c.worker == worker)
        async with self.db.write() as conn:
            freed = held.values(worker=None, lease_until=None)
            return (await conn.execute(freed)).rowcount

    async def revive(self, now: datetime) -> int:
        """Try what was given up once more, from the beginning."""
        again = (
            update(jobs)
            .where(jobs.c.dead.is_(True))
            .values(dead=False, attempts=0, run_at=now)
        )
        async with self.db.write() as conn:
            return (await conn.execute(again)).rowcount

    async def unpark(self, parked: datetime, now: datetime) -> None:
        """Make every free job that is due at `parked` due now."""
        woken = (
            update(jobs)
            .where(jobs.c.run_at >= parked, jobs.c.worker.is_(None))
            .values(run_at=now)
        )
        async with self.db.write() as conn:
            await conn.execute(woken)

    async def next_due(
        self, but: Collection[int] = (), full: Collection[str] = ()
    ) -> datetime | None:
        """Return when the next free job is due, `but` for these; None if none is."""
        wanted = {"but": list(but), "full": list(full)}
        async with self.db.read() as conn:
            due: datetime | None = (await conn.execute(_NEXT, wanted)).scalar()
            return due
