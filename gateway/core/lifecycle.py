"""How a delivery moves from state to state."""

from datetime import datetime, timedelta
from typing import assert_never

from gateway.core.model import (
    AwaitingMdn,
    Delivered,
    DeliveryState,
    Failed,
    MdnPending,
    Queued,
    Refused,
    SendResult,
    Sent,
)
from gateway.core.retry import RetryPolicy

MDN_WAIT = timedelta(hours=1)


def after_attempt(
    state: Queued,
    result: SendResult,
    policy: RetryPolicy,
    now: datetime,
    chance: float = 0.5,
) -> DeliveryState:
    """Return the state that follows one attempt; *chance* (0 to 1) is the jitter."""
    attempts = state.attempts + 1
    match result:
        case Sent(proof):
            return Delivered(now, attempts, proof)
        case MdnPending(message):
            return AwaitingMdn(message, attempts, now + MDN_WAIT)
        case Refused(problem, permanent=True):
            return Failed(now, attempts, problem)
        case Refused(problem):
            again = policy.next_attempt(attempts, now, chance)
            return Queued(attempts, again) if again else Failed(now, attempts, problem)
        case _:
            assert_never(result)
