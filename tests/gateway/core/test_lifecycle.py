from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.lifecycle import (
    NO_MDN,
    after_attempt,
    after_deadline,
    after_mdn,
)
from gateway.core.model import (
    AwaitingMdn,
    Delivered,
    Failed,
    MdnPending,
    MessageId,
    Problem,
    Queued,
    Refused,
    Sent,
    TransferState,
)
from gateway.core.retry import RetryPolicy

NOW = datetime(2026, 1, 1, tzinfo=UTC)
DOWN = Problem("unreachable", "connection refused", "deliver")


@pytest.mark.parametrize(
    ("result", "state"),
    [
        (Sent("inbox/a.xml"), Delivered),
        (MdnPending(MessageId("<1@x>")), AwaitingMdn),
        (Refused(DOWN, permanent=True), Failed),
        (Refused(DOWN, permanent=False), Queued),
    ],
)
def test_each_result_has_its_next_state(result, state):
    assert isinstance(after_attempt(Queued(0, NOW), result, RetryPolicy(), NOW), state)


@given(st.integers(1, 200), st.floats(0, 1))
def test_temporary_refusals_end_in_failure_and_never_go_back_in_time(limit, chance):
    policy = RetryPolicy(max_attempts=limit)
    state, now, attempts = Queued(0, NOW), NOW, 0
    while isinstance(state, Queued):
        refused = Refused(DOWN, permanent=False)
        state = after_attempt(state, refused, policy, now, chance)
        attempts += 1
        if isinstance(state, Queued):
            assert now < state.not_before <= now + policy.ceiling
            now = state.not_before
    assert isinstance(state, Failed)
    assert (attempts, state.attempts, state.problem) == (limit, limit, DOWN)


def test_without_an_mdn_it_is_sent_again_until_the_tries_are_used_up():
    policy = RetryPolicy(max_attempts=2)
    assert after_deadline(1, policy, NOW) == Queued(1, NOW)
    assert after_deadline(2, policy, NOW) == Failed(NOW, 2, NO_MDN)


YES, NO = Sent("MDN verified"), Refused(DOWN, permanent=True)


@pytest.mark.parametrize(
    ("before", "result", "state"),
    [
        (TransferState.AWAITING_MDN, YES, Delivered(NOW, 1, "MDN verified")),
        (TransferState.QUEUED, YES, Delivered(NOW, 2, "MDN verified")),
        (TransferState.FAILED, YES, Delivered(NOW, 1, "MDN verified")),
        (TransferState.DELIVERED, YES, None),
        (TransferState.AWAITING_MDN, NO, Failed(NOW, 1, DOWN)),
        (TransferState.QUEUED, NO, Failed(NOW, 2, DOWN)),
        (TransferState.FAILED, NO, None),
        (TransferState.DELIVERED, NO, None),
    ],
)
def test_a_late_yes_always_counts_and_a_late_no_only_while_it_is_open(
    before, result, state
):
    assert after_mdn(before, 1, result, NOW) == state
