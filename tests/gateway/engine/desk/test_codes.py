from datetime import UTC, datetime

import pytest

from gateway.engine.desk import codes

# RFC 6238, appendix B, the last six digits of SHA-1's column
KEY = b"12345678901234567890"
VECTORS = [
    (59, "287082"),
    (1111111109, "081804"),
    (1111111111, "050471"),
    (1234567890, "005924"),
    (2000000000, "279037"),
    (20000000000, "353130"),
]


@pytest.mark.parametrize(("seconds", "code"), VECTORS)
def test_codes_are_those_of_the_standard(seconds, code):
    now = datetime.fromtimestamp(seconds, UTC)
    assert codes.step_of(KEY, code, now) == seconds // 30


@pytest.mark.parametrize(
    ("late", "holds"), [(-60, False), (-30, True), (30, True), (60, False)]
)
def test_a_clock_may_be_off_by_one_step(late, holds):
    now = datetime.fromtimestamp(1111111111 + late, UTC)
    assert (codes.step_of(KEY, "050471", now) is not None) is holds


@pytest.mark.parametrize("code", ["", "05047", "0504711", "٠٥٠٤٧١", "abcdef", "\ud800"])
def test_what_is_no_code_is_none(code):
    now = datetime.fromtimestamp(1111111111, UTC)
    assert codes.step_of(KEY, code, now) is None


def test_recovery_codes_are_many_and_read_however_they_are_typed():
    made = codes.new_recovery_codes()
    assert len(set(made)) == codes.RECOVERY_CODES
    for code in made:
        loud = f" {code.upper().replace('-', '  ')}\n"
        assert codes.recovery_digest(loud) == codes.recovery_digest(code)
        assert not codes.looks_timed(code)


def test_a_key_is_typed_as_it_is_kept():
    key = codes.new_key()
    assert len(key) == codes.SECRET_BYTES
    assert codes.unbase32(codes.base32(key)) == key
