"""How a delivery moves from state to state."""

from datetime import datetime
from typing import assert_never

from gateway.core.errors import N_
from gateway.core.model import (
    AwaitingMdn,
    Delivered,
    DeliveryState,
    Failed,
    MdnPending,
    Problem,
    Queued,
    Refused,
    SendResult,
    Sent,
    TransferState,
)
from gateway.core.retry import RetryPolicy


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
        case MdnPending(message, wait):
            return AwaitingMdn(message, attempts, now + wait)
        case Refused(problem, permanent=True):
            return Failed(now, attempts, problem)
        case Refused(problem):
            again = policy.next_attempt(attempts, now, chance)
            return Queued(attempts, again) if again else Failed(now, attempts, problem)
        case _:
            assert_never(result)


def after_deadline(
    attempts: int, policy: RetryPolicy, now: datetime
) -> Queued | Failed:
    """Return the state that follows an MDN that did not come: sent again, or failed."""
    if policy.next_attempt(attempts, now) is None:
        return Failed(now, attempts, NO_MDN)
    return Queued(attempts, now)


NO_MDN = Problem(
    "mdn-missing",
    N_(
        "the partner took the message but sent no MDN that verifies before the deadline"
    ),
    "deliver",
    remedy=N_(
        "Ask the partner whether it has the document and why its MDN does not reach "
        "the Self URL; then reprocess, which sends the same message again."
    ),
)


def after_mdn(
    before: TransferState, attempts: int, result: Sent | Refused, now: datetime
) -> Delivered | Failed | None:
    """Return the state that an asynchronous MDN leads to; None: it changes nothing.

    It may come before our POST is answered. A verified yes counts whatever came before
    it; a no only while the delivery is open.
    """
    tried = attempts + (before is TransferState.QUEUED)
    match result:
        case Sent(proof):
            if before is TransferState.DELIVERED:
                return None
            return Delivered(now, tried, proof)
        case Refused(problem):
            if before in {TransferState.DELIVERED, TransferState.FAILED}:
                return None
            return Failed(now, tried, problem)
        case _:
            assert_never(result)
