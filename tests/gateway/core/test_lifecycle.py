from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.lifecycle import after_attempt
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
