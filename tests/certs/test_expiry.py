from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certs.expiry import THRESHOLDS, days_left, threshold, warning

END = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("before", "left", "reached"),
    [
        (timedelta(days=400), 400, None),
        (timedelta(days=30), 30, None),
        (timedelta(days=30) - timedelta(seconds=1), 29, 30),
        (timedelta(days=13, hours=23), 13, 14),
        (timedelta(days=6), 6, 7),
        (timedelta(hours=23), 0, 1),
        (timedelta(hours=-1), -1, 1),
    ],
)
def test_days_are_whole_and_the_nearest_threshold_counts(before, left, reached):
    assert days_left(END, END - before) == left
    assert threshold(END, END - before) == reached


@given(st.lists(st.integers(-5, 40), max_size=60))
def test_each_threshold_is_warned_of_once_as_time_passes(days):
    warned, said = None, []
    for left in sorted(days, reverse=True):
        due = warning(END, END - timedelta(days=left), warned)
        if due is not None:
            warned = due
            said.append(due)
    assert said == sorted(set(said), reverse=True)
    assert set(said) <= set(THRESHOLDS)
    assert bool(said) == any(left < max(THRESHOLDS) for left in days)
