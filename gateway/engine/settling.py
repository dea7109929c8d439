"""Step 10: what a delivery's new state means for everybody, by whichever door it came.

The functions work inside their caller's transaction.
"""

from datetime import datetime
from typing import assert_never

from gateway.core.desk import sentences
from gateway.core.errors import N_
from gateway.core.model import (
    AwaitingMdn,
    Channel,
    Delivered,
    DeliveryState,
    Failed,
    Queued,
)
from gateway.engine import notices
from gateway.store import deliveries, envelopes, transfers
from gateway.store.database import Connection
from gateway.store.deliveries import Delivery


async def settle(
    conn: Connection,
    delivery: Delivery,
    channel: Channel,
    state: DeliveryState,
    why: str,
    now: datetime,
) -> None:
    """Write the state, its trace, and what follows; *why* is there for a retry."""
    parcel = delivery.parcel
    await deliveries.settle(conn, parcel.transfer, channel, state)
    await transfers.note(conn, parcel.transfer, now, "deliver", _line(state, why))
    if isinstance(state, Delivered):
        done = N_("delivered: {why}").format(why=state.proof)
        if parcel.envelope is not None:
            await envelopes.complete(conn, parcel.envelope, parcel.mailbox, done, now)
    elif isinstance(state, Failed):
        await notices.delivery_failed(
            conn,
            parcel.mailbox,
            state.problem,
            parcel.name.text,
            parcel.transfer,
            now,
        )


def _line(state: DeliveryState, why: str) -> str:
    match state:
        case Delivered(_, _, proof):
            return proof
        case Queued(attempts, again):
            return sentences.RETRIED(attempts=attempts, why=why, at=again.isoformat())
        case AwaitingMdn(message, _, deadline):
            return sentences.AWAITED(message=message, at=deadline.isoformat())
        case Failed(_, attempts, problem):
            return sentences.GIVEN_UP(attempts=attempts, why=problem.message)
        case _:
            assert_never(state)
