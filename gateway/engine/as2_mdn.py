"""Asynchronous MDNs on their way to the partner: `as2-mdn` jobs."""

import random
from dataclasses import dataclass
from typing import assert_never

from gateway.core.as2_log import MdnPost
from gateway.core.desk import sentences
from gateway.core.model import Problem, Refused, Sent
from gateway.core.ports import As2Book, Clock
from gateway.core.retry import RetryPolicy
from gateway.engine import notices
from gateway.engine.parking import PARKED
from gateway.store import as2_messages, jobs, transfers
from gateway.store.as2_messages import WaitingMdn
from gateway.store.database import Connection, Database
from gateway.store.jobs import Job


@dataclass(frozen=True, slots=True)
class AsyncMdns:
    """Handles `as2-mdn` jobs; the subject is a received message."""

    db: Database
    book: As2Book
    carrier: MdnPost
    policy: RetryPolicy
    clock: Clock

    async def run(self, job: Job) -> None:
        async with self.db.read() as conn:
            waiting = await as2_messages.waiting_mdn(conn, job.subject)
        if waiting is None:
            async with self.db.write() as conn:
                await jobs.finish(conn, job)
            return
        profile = await self.book.profile(waiting.mailbox)
        if profile is None:  # switched off: it goes when it is on again
            async with self.db.write() as conn:
                await jobs.again(conn, job, PARKED)
            return
        result = await self.carrier.post(profile, waiting.mdn)
        async with self.db.write() as conn:
            await self._settle(conn, job, waiting, result)

    async def give_up(self, job: Job, problem: Problem) -> None:
        async with self.db.write() as conn:
            waiting = await as2_messages.waiting_mdn(conn, job.subject)
            if waiting is None:
                await jobs.finish(conn, job)
            else:
                refused = Refused(problem, permanent=True)
                await self._settle(conn, job, waiting, refused)

    async def _settle(
        self, conn: Connection, job: Job, waiting: WaitingMdn, result: Sent | Refused
    ) -> None:
        match result:
            case Sent(proof):
                await as2_messages.mdn_sent(conn, job.subject, self.clock())
                sent = sentences.MDN_SENT(url=waiting.mdn.url, proof=proof)
                await self._note(conn, job, sent)
                await jobs.finish(conn, job)
            case Refused(problem):
                await as2_messages.mdn_failed(conn, job.subject, problem.message)
                await self._refused(conn, job, waiting, result)
            case _:
                assert_never(result)

    async def _refused(
        self, conn: Connection, job: Job, waiting: WaitingMdn, result: Refused
    ) -> None:
        attempts, problem = waiting.attempts + 1, result.problem
        again = None
        if not result.permanent:
            chance = random.random()  # noqa: S311 - jitter, not a secret
            again = self.policy.next_attempt(attempts, self.clock(), chance)
        if again is not None:
            tried = sentences.MDN_RETRIED(
                attempts=attempts, why=problem.message, at=again.isoformat()
            )
            await self._note(conn, job, tried)
            await jobs.again(conn, job, again)
            return
        over = sentences.MDN_GIVEN_UP(attempts=attempts, why=problem.message)
        await self._note(conn, job, over)
        for transfer in await as2_messages.transfers_of(conn, job.subject):
            name = f"the MDN to {waiting.mdn.url}"
            await notices.delivery_failed(
                conn, waiting.mailbox, problem, name, transfer, self.clock()
            )
        await jobs.finish(conn, job)

    async def _note(self, conn: Connection, job: Job, text: str) -> None:
        for transfer in await as2_messages.transfers_of(conn, job.subject):
            await transfers.note(conn, transfer, self.clock(), "mdn", text)
