"""The last steps: carry a file to the remote server, settle what it said."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import assert_never

from gateway.core.lifecycle import after_attempt
from gateway.core.model import (
    AwaitingMdn,
    Channel,
    Delivered,
    DeliveryState,
    Failed,
    Problem,
    Queued,
    Refused,
    SendResult,
    TransferId,
    TransferState,
)
from gateway.core.ports import Clock, Transport
from gateway.core.retry import RetryPolicy
from gateway.engine import notices
from gateway.engine.parking import PARKED, active
from gateway.store import deliveries, envelopes, jobs, transfers
from gateway.store.database import Connection, Database
from gateway.store.deliveries import Delivery
from gateway.store.jobs import Job


@dataclass(frozen=True, slots=True)
class Courier:
    """Handles `deliver` jobs; the subject is a delivery."""

    db: Database
    transports: Mapping[Channel, Transport]
    policy: RetryPolicy
    clock: Clock

    async def run(self, job: Job) -> None:
        async with self.db.read() as conn:
            delivery = await deliveries.delivery(conn, TransferId(job.subject))
            remote = await active(conn, delivery.parcel.mailbox) if delivery else None
        if delivery is None or delivery.state is not TransferState.QUEUED:
            async with self.db.write() as conn:
                await jobs.finish(conn, job)
            return
        if remote is None:  # switched off: it stays and goes on when it is on again
            async with self.db.write() as conn:
                await jobs.again(conn, job, PARKED)
            return
        result = await self.transports[remote.protocol].send(delivery.parcel)
        await self._settle(job, delivery, remote.protocol, result)

    async def give_up(self, job: Job, problem: Problem) -> None:
        async with self.db.read() as conn:
            delivery = await deliveries.delivery(conn, TransferId(job.subject))
        if delivery is not None:
            refused = Refused(problem, permanent=True)
            await self._settle(job, delivery, delivery.channel, refused)

    async def _settle(
        self, job: Job, delivery: Delivery, channel: Channel, result: SendResult
    ) -> None:
        now = self.clock()
        before = Queued(delivery.attempts, now)
        chance = random.random()  # noqa: S311 - jitter, not a secret
        state = after_attempt(before, result, self.policy, now, chance)
        async with self.db.write() as conn:
            await deliveries.settle(conn, delivery.parcel.transfer, channel, state)
            await self._follow(conn, job, delivery, result, state)

    async def _follow(
        self,
        conn: Connection,
        job: Job,
        delivery: Delivery,
        result: SendResult,
        state: DeliveryState,
    ) -> None:
        parcel, now = delivery.parcel, self.clock()
        match state:
            case Delivered(at, _, proof):
                await transfers.note(conn, parcel.transfer, at, "deliver", proof)
                await envelopes.complete(
                    conn, parcel.envelope, parcel.mailbox, f"delivered: {proof}", at
                )
                await jobs.finish(conn, job)
            case Queued(attempts, again):
                why = result.problem.message if isinstance(result, Refused) else ""
                when = f"attempt {attempts} failed: {why}; next at {again.isoformat()}"
                await transfers.note(conn, parcel.transfer, now, "deliver", when)
                await jobs.again(conn, job, again)
            case AwaitingMdn(message, _, deadline):
                wait = f"sent as {message}; MDN due by {deadline.isoformat()}"
                await transfers.note(conn, parcel.transfer, now, "deliver", wait)
                await jobs.finish(conn, job)
            case Failed(at, attempts, problem):
                over = f"given up after {attempts} attempts: {problem.message}"
                await transfers.note(conn, parcel.transfer, at, "deliver", over)
                await notices.delivery_failed(
                    conn, parcel.mailbox, problem, parcel.name.text, parcel.transfer, at
                )
                await jobs.finish(conn, job)
            case _:
                assert_never(state)
