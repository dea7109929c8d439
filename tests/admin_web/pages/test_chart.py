from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from admin_web.pages.chart import FLOOR, LEAST, chart
from gateway.core.desk.dashboard import Day

MONDAY = date(2026, 10, 12)


def drawn(*days):
    return chart([Day(MONDAY + timedelta(days=n), *day) for n, day in enumerate(days)])


@pytest.mark.parametrize(
    ("most", "ticks"),
    [
        (0, [3, 2, 1, 0]),
        (3, [3, 2, 1, 0]),
        (4, [6, 4, 2, 0]),
        (16, [30, 20, 10, 0]),
        (491, [600, 400, 200, 0]),
        (600, [600, 400, 200, 0]),
        (100_000, [150_000, 100_000, 50_000, 0]),
    ],
)
def test_the_numbers_beside_the_lines_are_round(most, ticks):
    assert drawn((most, 0, 0)).ticks == ticks


def test_a_day_is_stacked_from_the_floor():
    pieces = drawn((100, 100, 100)).bars[0].pieces
    assert [piece.kind for piece in pieces] == [1, 2, 3]
    assert [piece.y for piece in pieces] == [66.5, 33.5, 0.5]
    assert {piece.height for piece in pieces} == {33.0}


def test_one_failure_among_many_is_seen():
    assert drawn((5000, 5000, 1)).bars[0].pieces[-1].height == LEAST


def test_a_day_without_transfers_is_empty():
    assert drawn((0, 0, 0), (1, 0, 0)).bars[0].pieces == []


counts = st.integers(0, 10**7)


@given(st.lists(st.tuples(counts, counts, counts), min_size=1, max_size=20))
def test_everything_is_drawn_inside(days):
    made = drawn(*days)
    for bar in made.bars:
        for piece in bar.pieces:
            assert 0 <= piece.x <= made.width - 18
            assert piece.y >= 0
            assert piece.y + piece.height <= FLOOR + LEAST + 0.02
