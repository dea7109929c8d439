from datetime import timedelta

import pytest
from fakes import FakeClock

from gateway.core.errors import TooManyAttempts
from gateway.engine.desk import attempts as module
from gateway.engine.desk.attempts import FREE, FREE_BY_ADDRESS, LONGEST, Attempts


@pytest.fixture
def attempts(clock: FakeClock):
    return Attempts(clock)


def wait_of(attempts, login="anna", address="a"):
    with pytest.raises(TooManyAttempts) as caught:
        attempts.begin(login, address)
    return caught.value.retry_after


def fail(attempts, times, login="anna", address="a"):
    for _ in range(times):
        attempts.begin(login, address)


def test_the_wait_doubles_with_each_failure(attempts, clock):
    fail(attempts, FREE)
    waits = []
    for _ in range(5):
        waits.append(wait_of(attempts))
        clock.tick(timedelta(seconds=waits[-1]))
        attempts.begin("anna", "a")
    assert waits == [1, 2, 4, 8, 16]


def test_the_wait_has_a_ceiling(attempts, clock):
    fail(attempts, FREE)
    for _ in range(30):
        clock.tick(LONGEST)
        attempts.begin("anna", "a")
    assert wait_of(attempts) == LONGEST.total_seconds()


def test_another_login_or_address_does_not_wait(attempts):
    fail(attempts, FREE)
    attempts.begin("otto", "a")
    attempts.begin("anna", "b")


def test_one_address_cannot_try_every_login(attempts):
    for number in range(FREE_BY_ADDRESS):
        attempts.begin(f"login-{number}", "a")
    assert wait_of(attempts, "yet another") == 1


def test_a_success_forgets_the_failures(attempts):
    for _ in range(10):
        fail(attempts, FREE - 1)
        attempts.begin("anna", "a")
        attempts.succeeded("anna", "a")
        attempts._failed.pop(("a",), None)
    attempts.begin("anna", "a")


def test_success_does_not_wipe_what_the_address_did_to_others(attempts):
    for number in range(FREE_BY_ADDRESS - 1):
        attempts.begin(f"login-{number}", "a")
    attempts.begin("anna", "a")
    attempts.succeeded("anna", "a")
    attempts.begin("otto", "a")
    assert wait_of(attempts, "eve") == 1


def test_an_hour_of_rest_forgets(attempts, clock):
    fail(attempts, FREE)
    clock.tick(timedelta(hours=1, seconds=1))
    fail(attempts, FREE)
    assert wait_of(attempts) == 1


def test_memory_is_bounded(attempts, monkeypatch):
    monkeypatch.setattr(module, "REMEMBERED", 10)
    for number in range(100):
        attempts.begin("anna", f"address-{number}")
    assert len(attempts._failed) == 10
