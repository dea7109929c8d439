"""The job loop: claim, run, settle; one TaskGroup owns every task."""

import asyncio
import logging
import random
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from gateway.core.desk import sentences
from gateway.core.errors import N_, LeaseLost, Outage
from gateway.core.model import Problem
from gateway.core.ports import Clock
from gateway.core.retry import RetryPolicy
from gateway.store.jobs import Job, Jobs

log = logging.getLogger(__name__)

POLL = timedelta(seconds=5)
SILENCE = timedelta(minutes=1)
QUEUE_TROUBLE = timedelta(seconds=1)
LEASE = timedelta(minutes=5)
IN_A_LANE = 2
AT_ONCE = 4
"""So many jobs are taken at a time: at most IN_A_LANE - 1 + AT_ONCE of one lane run."""
OUTAGE = timedelta(seconds=30)  # until work that a full disk stopped is tried again
UNFORESEEN = RetryPolicy(first=timedelta(seconds=5), max_attempts=5)


class Handler(Protocol):
    """Does one kind of job; its last transaction finishes the job."""

    async def run(self, job: Job) -> None: ...

    async def give_up(self, job: Job, problem: Problem) -> None:
        """Record for people that the job cannot be done; finishes it too."""
        ...


@dataclass(slots=True)
class Worker:
    """Runs up to `slots` jobs at a time; *name* is unique among all processes.

    One partner that lets us wait must not hold all the slots: while IN_A_LANE jobs of
    its lane run, no more of that lane are taken.
    """

    name: str
    jobs: Jobs
    handlers: Mapping[str, Handler]
    clock: Clock
    slots: int = 8
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _held: dict[int, Job] = field(default_factory=dict)
    _looked_at: datetime | None = None

    async def trouble(self) -> str:
        """Say what is wrong if no work was looked for lately; "" if all is well."""
        if self._looked_at is None:
            return "has not begun"
        silence = self.clock() - self._looked_at
        if silence <= SILENCE:
            return ""
        return f"has not looked for work for {silence // timedelta(seconds=1)} s"

    def wake(self) -> None:
        """Look for work now: a job was added."""
        self._wake.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set, then finish what was begun."""
        async with asyncio.TaskGroup() as group:
            beat = group.create_task(self._keep_leases())
            while not stop.is_set():
                self._wake.clear()  # before looking: no wake may be lost meanwhile
                try:
                    claimed = await self._claim()
                    self._looked_at = self.clock()
                    pause = POLL if claimed else await self._pause()
                except Exception:
                    log.exception("the queue cannot be read; trying again")
                    claimed, pause = [], QUEUE_TROUBLE
                for job in claimed:
                    self._held[job.id] = job
                    group.create_task(self._do(job))
                if not claimed:
                    await self._sleep(pause)
            while self._held:
                self._wake.clear()
                await self._wake.wait()
            beat.cancel()

    async def release(self) -> None:
        """Give back what is still held, so that it need not wait for its lease."""
        await self.jobs.release(self.name)

    async def _claim(self) -> list[Job]:
        free = self.slots - len(self._held)
        if not free:
            return []
        now, mine, most = self.clock(), list(self._held), min(free, AT_ONCE)
        claimed = await self.jobs.claim(
            self.name, now, LEASE, most, but=mine, full=self._full()
        )
        return list(claimed)

    def _full(self) -> list[str]:
        lanes = Counter(job.lane for job in self._held.values() if job.lane)
        return [lane for lane, jobs in lanes.items() if jobs >= IN_A_LANE]

    async def _pause(self) -> timedelta:
        """Return how long nothing will be due, if nobody wakes us."""
        mine = list(self._held)
        if len(mine) >= self.slots:
            return POLL
        due = await self.jobs.next_due(mine, self._full())
        return min(POLL, max(due - self.clock(), timedelta(0))) if due else POLL

    async def _sleep(self, pause: timedelta) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(max(pause.total_seconds(), 0.01)):
                await self._wake.wait()

    async def _do(self, job: Job) -> None:
        try:
            await self.handlers[job.kind].run(job)
        except LeaseLost as lost:
            log.warning("another worker took over %s; its result counts", lost)
        except Outage as outage:
            log.error("%s %s has to wait: %s", job.kind, job.subject, outage)  # noqa: TRY400 - no fault of ours to trace
            await self._wait_for_better_times(job, outage)
        except Exception as error:
            log.exception("%s %s failed unforeseen", job.kind, job.subject)
            await self._unforeseen(job, error)
        finally:
            del self._held[job.id]
            self.wake()

    async def _wait_for_better_times(self, job: Job, outage: Outage) -> None:
        """Try again later, any number of times: nothing is wrong with the document."""
        with suppress(Outage):  # then the lease ends by itself
            await self.jobs.fail(job, str(outage), self.clock() + OUTAGE, counts=False)

    async def _unforeseen(self, job: Job, error: Exception) -> None:
        """Try again later; after the last try tell people, or leave it as dead."""
        text = f"{type(error).__name__}: {error}"
        again = UNFORESEEN.next_attempt(
            job.attempts + 1,
            self.clock(),
            random.random(),  # noqa: S311 - jitter, not a secret
        )
        try:
            if again is None:
                problem = _internal(job, self.clock())
                await self.handlers[job.kind].give_up(job, problem)
            else:
                await self.jobs.fail(job, text, again)
        except Exception:
            log.exception("could not settle %s %s", job.kind, job.subject)
            with suppress(Exception):  # the lease ends by itself
                await self.jobs.fail(job, text, again)

    async def _keep_leases(self) -> None:
        while True:
            await asyncio.sleep(LEASE.total_seconds() / 3)
            try:
                await self.jobs.renew(list(self._held.values()), self.clock(), LEASE)
            except Exception:
                log.exception("the leases could not be renewed; trying again")


def _internal(job: Job, at: datetime) -> Problem:
    return Problem(
        "internal-error",
        sentences.INTERNAL(times=job.attempts + 1, job=job.id, at=at.isoformat()),
        "deliver" if job.kind == "deliver" else "convert",
        remedy=N_("Look in the gateway's log for this job's number, then reprocess."),
    )
