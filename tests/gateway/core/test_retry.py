from datetime import UTC, datetime, timedelta

from gateway.core.retry import RetryPolicy

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def minutes(policy: RetryPolicy, attempts: int, chance: float = 0.5) -> float:
    at = policy.next_attempt(attempts, NOW, chance)
    assert at is not None
    return (at - NOW).total_seconds() / 60


def test_the_delay_doubles_up_to_the_ceiling():
    policy = RetryPolicy(first=timedelta(minutes=1), ceiling=timedelta(minutes=5))
    assert [minutes(policy, n) for n in range(1, 5)] == [1, 2, 4, 5]


def test_jitter_spreads_partners_that_failed_together():
    policy = RetryPolicy(first=timedelta(minutes=10), jitter=0.2)
    assert [minutes(policy, 1, chance) for chance in (0, 0.5, 1)] == [8, 10, 12]


def test_the_last_attempt_is_the_last():
    policy = RetryPolicy(max_attempts=3)
    assert policy.next_attempt(2, NOW) is not None
    assert policy.next_attempt(3, NOW) is None
