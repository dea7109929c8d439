from datetime import UTC, datetime, timedelta

import pytest

from certs.identity import Identity, make_identity
from certs.rollover import (
    NoUsableKey,
    OwnKey,
    PartnerKey,
    decrypting,
    encrypting,
    signing,
    trusted,
)

NOW = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def old() -> Identity:
    """Valid from day 0 to day 10."""
    return make_identity("old", NOW, days=10)


@pytest.fixture(scope="module")
def new() -> Identity:
    """Valid from day 5 to day 25."""
    return make_identity("new", NOW + 5 * DAY, days=20)


def test_a_new_pair_decrypts_at_once_and_the_old_one_until_it_retires(old, new):
    first = OwnKey(old, NOW, retired_at=NOW + 8 * DAY)
    second = OwnKey(new, None)
    assert decrypting([first, second], NOW + 6 * DAY) == [first, second]
    assert decrypting([first, second], NOW + 8 * DAY) == [second]


def test_an_expired_pair_still_decrypts(old):
    key = OwnKey(old, NOW)
    assert decrypting([key], NOW + 11 * DAY) == [key]


def test_a_new_pair_signs_from_its_day(old, new):
    first, second = OwnKey(old, NOW), OwnKey(new, NOW + 7 * DAY)
    assert signing([second, first], NOW + 6 * DAY) == first
    assert signing([first, second], NOW + 7 * DAY) == second


def test_a_pair_without_a_day_waits_for_the_owner(old, new):
    first, second = OwnKey(old, NOW), OwnKey(new, None)
    assert signing([first, second], NOW + 9 * DAY) == first
    with pytest.raises(NoUsableKey, match="say from when"):
        signing([second], NOW + 9 * DAY)


def test_an_expired_pair_refuses_to_sign(old):
    with pytest.raises(NoUsableKey, match="expired since 2026-01-11"):
        signing([OwnKey(old, NOW)], NOW + 11 * DAY)


def test_a_pair_that_is_not_valid_yet_refuses_to_sign(new):
    with pytest.raises(NoUsableKey, match="not valid before"):
        signing([OwnKey(new, NOW)], NOW + DAY)


def test_a_retired_pair_does_not_sign(old):
    with pytest.raises(NoUsableKey, match="No self key"):
        signing([OwnKey(old, NOW, retired_at=NOW + DAY)], NOW + 2 * DAY)


def test_the_newest_valid_certificate_is_encrypted_for(old, new):
    keys = [PartnerKey(new.certificate), PartnerKey(old.certificate)]
    assert encrypting(keys, NOW + DAY) == old.certificate
    assert encrypting(keys, NOW + 6 * DAY) == new.certificate
    assert encrypting(keys, NOW + 11 * DAY) == new.certificate


def test_a_certificate_can_wait_for_its_day(old, new):
    keys = [PartnerKey(old.certificate), PartnerKey(new.certificate, NOW + 8 * DAY)]
    assert encrypting(keys, NOW + 7 * DAY) == old.certificate
    assert encrypting(keys, NOW + 8 * DAY) == new.certificate


def test_without_a_valid_certificate_nothing_is_encrypted(old, new):
    with pytest.raises(NoUsableKey, match="no certificate"):
        encrypting([], NOW)
    with pytest.raises(NoUsableKey, match="expired since 2026-01-11"):
        encrypting([PartnerKey(old.certificate)], NOW + 12 * DAY)
    with pytest.raises(NoUsableKey, match="not valid before"):
        encrypting([PartnerKey(new.certificate)], NOW)
    with pytest.raises(NoUsableKey, match="not in use before 2026-01-10"):
        encrypting([PartnerKey(new.certificate, NOW + 9 * DAY)], NOW + 8 * DAY)


def test_old_and_new_may_sign_while_both_are_valid(old, new):
    keys = [PartnerKey(old.certificate), PartnerKey(new.certificate, NOW + 20 * DAY)]
    assert trusted(keys, NOW) == [old.certificate]
    assert trusted(keys, NOW + 6 * DAY) == [old.certificate, new.certificate]
    assert trusted(keys, NOW + 11 * DAY) == [new.certificate]
    grace = trusted(keys, NOW + 11 * DAY, grace=2 * DAY)
    assert grace == [old.certificate, new.certificate]


def test_of_two_pairs_with_one_beginning_the_later_signs(old, new):
    first, second = OwnKey(old, NOW), OwnKey(new, NOW)
    assert signing([first, second], NOW + 6 * DAY) is second
