"""Volumes per day as a chart: numbers in, places of rectangles out."""

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.core.desk.dashboard import Day

HEIGHT, SLOT, BAR = 100.0, 28, 18
FLOOR = 99.5  # the middle of the lowest line
ROOM = 99.0
LEAST = 1.2  # so high is a failure drawn at least: 2 px
STEPS = 3
_NICE = (1, 2, 5)


@dataclass(frozen=True, slots=True)
class Piece:
    """One rectangle; *kind* is 1 received, 2 delivered, 3 failed."""

    kind: int
    x: int
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Bar:
    """One day with its rectangles, the lowest first."""

    day: Day
    pieces: Sequence[Piece]


@dataclass(frozen=True, slots=True)
class Chart:
    """*ticks* are the numbers beside the lines, the highest first."""

    width: int
    bars: Sequence[Bar]
    ticks: Sequence[int]
    lines: Sequence[float]


def chart(days: Sequence[Day]) -> Chart:
    """Return where everything is drawn."""
    step = _step(max((day.all for day in days), default=0))
    top = step * STEPS
    return Chart(
        width=SLOT * len(days),
        bars=[
            Bar(day, _pieces(day, SLOT * number + (SLOT - BAR) // 2, top))
            for number, day in enumerate(days)
        ],
        ticks=[step * number for number in range(STEPS, -1, -1)],
        lines=[round(0.5 + ROOM * number / STEPS, 2) for number in range(STEPS + 1)],
    )


def _step(most: int) -> int:
    """Return the smallest nice number of which STEPS reach `most`."""
    power = 1
    while True:
        for nice in _NICE:
            if nice * power * STEPS >= most:
                return nice * power
        power *= 10


def _pieces(day: Day, x: int, top: int) -> Sequence[Piece]:
    pieces, y = [], FLOOR
    for kind, count in enumerate((day.received, day.delivered, day.failed), 1):
        if not count:
            continue
        height = ROOM * count / top
        if kind == 3:  # noqa: PLR2004 - as Piece says
            height = max(height, LEAST)
        y = max(y - height, 0.0)
        pieces.append(Piece(kind, x, round(y, 2), round(height, 2)))
    return pieces
