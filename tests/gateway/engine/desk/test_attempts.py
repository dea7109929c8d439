from datetime import timedelta

import pytest
from fakes import FakeClock

from gateway.core.errors import TooManyAttempts
from gateway.engine.desk import attempts as module
from gateway.engine.desk.attempts import (
    FREE,
    FREE_BY_ADDRESS,
    FREE_BY_LOGIN,
    FREE_CODES,
    LONGEST,
    LONGEST_BY_LOGIN,
    Attempts,
)


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
        attempts._failed.pop(("address", "", "a"), None)
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
        attempts.begin(f"login-{number}", f"address-{number}")
    assert len(attempts._failed) == 10


def flood(attempts, times, login="anna"):
    for number in range(times):
        attempts.begin(login, f"10.{number // 256}.{number % 256}.1")


def test_many_addresses_together_cannot_try_one_login_at_will(attempts, clock):
    flood(attempts, FREE_BY_LOGIN)
    assert wait_of(attempts, address="yet another") == 1
    for number in range(10):
        clock.tick(LONGEST_BY_LOGIN)
        attempts.begin("anna", f"other-{number}")
    assert wait_of(attempts) <= LONGEST_BY_LOGIN.total_seconds()


def test_strangers_do_not_keep_a_person_out_of_where_they_signed_in_before(attempts):
    attempts.begin("anna", "home")
    attempts.succeeded("anna", "home")
    flood(attempts, FREE_BY_LOGIN)
    assert wait_of(attempts, address="elsewhere") == 1
    attempts.begin("anna", "home")


def test_a_network_of_ipv6_counts_as_one_address(attempts):
    for number in range(FREE):
        attempts.begin("anna", f"2001:db8::{number}")
    assert wait_of(attempts, address="2001:db8::ffff") == 1
    attempts.begin("anna", "2001:db8:0:1::1")


def test_codes_are_counted_for_the_login_wherever_they_come_from(attempts):
    for _ in range(FREE_CODES):
        attempts.begin_code("anna")
    with pytest.raises(TooManyAttempts):
        attempts.begin_code("anna")
    attempts.begin_code("otto")
    attempts.begin("anna", "a")


def test_who_waits_is_told_and_can_be_let_in(attempts, clock):
    fail(attempts, FREE)
    assert attempts.locked() == {"anna": clock() + timedelta(seconds=1)}
    attempts.forget("anna")
    assert attempts.locked() == {}
    attempts.begin("anna", "a")


def test_a_login_that_looks_like_an_address_is_counted_as_a_login(attempts):
    for number in range(FREE_BY_ADDRESS):
        attempts.begin("10.0.0.1", f"10.1.{number}.1")
    attempts.begin("anna", "10.0.0.1")
