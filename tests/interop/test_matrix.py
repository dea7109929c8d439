"""The matrix itself: what it covers, and that docs/interop.md says so."""

import itertools
import re
from collections.abc import Iterator
from pathlib import Path

from partners.cells import (
    IMPOSSIBLE,
    LARGE,
    NO_MIC,
    PAYLOADS,
    Cell,
    groups,
    impossible,
    matrix,
    without_mic,
)
from partners.cells import Way as Direction

DOC = Path(__file__).parents[2] / "docs" / "interop.md"
CELLS = list(matrix())
DIMENSIONS = ("partner", "way", "protection", "compression", "receipt")


def pairs(cells: list[Cell]) -> Iterator[tuple[object, ...]]:
    for left, right in itertools.combinations(DIMENSIONS, 2):
        for cell in cells:
            yield left, getattr(cell, left), right, getattr(cell, right)


def test_every_combination_is_a_cell():
    small = [cell for cell in CELLS if cell.payload != LARGE]
    assert len(small) == 2 * 2 * 4 * 3 * 5 * (len(PAYLOADS) - 1)


def test_10_mb_meet_every_pair_of_the_other_values():
    large = [c for c in CELLS if c.payload == LARGE and not impossible(c)]
    possible = [cell for cell in CELLS if not impossible(cell)]
    assert set(pairs(large)) == set(pairs(possible))


def test_every_possible_cell_is_run_once():
    run = [c for way in Direction for group in groups(way) for c in group]
    assert len(run) == len(set(run))
    assert set(run) == {cell for cell in CELLS if not impossible(cell)}


def test_the_page_tells_of_the_cells_that_are_left_out():
    rows = re.findall(r"^\| (.*?) \| (\d+) \|$", DOC.read_text(), re.MULTILINE)
    table = {why: int(count) for why, count in rows}
    left_out = {why: sum(which(c) for c in CELLS) for why, which in IMPOSSIBLE.items()}
    unequal = sum(without_mic(cell) for cell in CELLS if not impossible(cell))
    done = sum(not impossible(cell) for cell in CELLS)
    assert table == left_out | {NO_MIC: unequal, "cells that are run": done}
