"""The last steps: carry a file to the remote server, settle what it said."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from gateway.core.integration import Integration
from gateway.core.lifecycle import NO_MDN, after_attempt, after_deadline
from gateway.core.model import (
    AwaitingMdn,
    Channel,
    DeliveryState,
    Problem,
    Queued,
    Refused,
    SendResult,
    TransferId,
    TransferState,
)
from gateway.core.ports import Clock, Transport
from gateway.core.retry import RetryPolicy
from gateway.engine.ended import ENDED, ended
from gateway.engine.parking import active, park
from gateway.engine.settling import settle
from gateway.store import deliveries, envelopes, jobs
from gateway.store.database import Connection, Database
from gateway.store.deliveries import Delivery
from gateway.store.jobs import Job

UNSETTLED = {TransferState.QUEUED, TransferState.AWAITING_MDN}

Retries = Callable[[Integration], RetryPolicy]
"""How often, and when, this remote server is tried again."""


@dataclass(frozen=True, slots=True)
class Courier:
    """Handles `deliver` jobs; the subject is a delivery.

    The job stays while an asynchronous MDN is awaited, and is due at the deadline.
    """

    db: Database
    transports: Mapping[Channel, Transport]
    retries: Retries
    clock: Clock

    async def run(self, job: Job) -> None:
        async with self.db.read() as conn:
            delivery = await deliveries.delivery(conn, TransferId(job.subject))
            parcel = delivery.parcel if delivery else None
            remote = await active(conn, parcel.mailbox) if parcel else None
            entry = (
                await envelopes.inbox_entry(conn, parcel.envelope, parcel.mailbox)
                if parcel and parcel.envelope
                else None
            )
        if delivery is None or delivery.state not in UNSETTLED:
            async with self.db.write() as conn:
                await jobs.finish(conn, job)
        elif remote is None:  # switched off: it stays and goes on when it is on again
            async with self.db.write() as conn:
                await park(conn, job, delivery.parcel.mailbox, self.clock())
        elif delivery.state is TransferState.AWAITING_MDN:
            await self._overdue(job, delivery, remote)
        elif entry is not None and entry.status in ENDED:
            await self.give_up(job, ended(entry.status))
        else:
            result = await self.transports[remote.protocol].send(delivery.parcel)
            await self._settle(job, delivery, remote.protocol, result, remote)

    async def give_up(self, job: Job, problem: Problem) -> None:
        async with self.db.read() as conn:
            delivery = await deliveries.delivery(conn, TransferId(job.subject))
        if delivery is not None:
            refused = Refused(problem, permanent=True)
            await self._settle(job, delivery, delivery.channel, refused)

    async def _overdue(self, job: Job, delivery: Delivery, remote: Integration) -> None:
        """Send it once more, the same message, if the MDN did not come in time."""
        now, due = self.clock(), delivery.not_before
        if due is not None and now < due:  # it was switched off and on meanwhile
            async with self.db.write() as conn:
                await jobs.again(conn, job, due)
            return
        state = after_deadline(delivery.attempts, self.retries(remote), now)
        await self._write(job, delivery, delivery.channel, state, NO_MDN.message)

    async def _settle(
        self,
        job: Job,
        delivery: Delivery,
        channel: Channel,
        result: SendResult,
        remote: Integration | None = None,
    ) -> None:
        now = self.clock()
        chance = random.random()  # noqa: S311 - jitter, not a secret
        policy = self.retries(remote) if remote else RetryPolicy()
        before = Queued(delivery.attempts, now)
        state = after_attempt(before, result, policy, now, chance)
        why = result.problem.message if isinstance(result, Refused) else ""
        await self._write(job, delivery, channel, state, why)

    async def _write(
        self,
        job: Job,
        delivery: Delivery,
        channel: Channel,
        state: DeliveryState,
        why: str,
    ) -> None:
        transfer = delivery.parcel.transfer
        async with self.db.write() as conn:
            there = await deliveries.delivery(conn, transfer)
            if there is not None and there.state is delivery.state:
                await settle(conn, delivery, channel, state, why, self.clock())
                await _keep_job(conn, job, state)
            else:  # an asynchronous MDN was faster than the answer to our POST
                await jobs.finish(conn, job)


async def _keep_job(conn: Connection, job: Job, state: DeliveryState) -> None:
    match state:
        case Queued(_, again) | AwaitingMdn(_, _, again):
            await jobs.again(conn, job, again)
        case _:
            await jobs.finish(conn, job)
