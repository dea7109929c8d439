"""The rows of a dictionary: checked, matched with those that are there.

Pure; big tables are handled in a thread by the caller.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import TypeVar

from gateway.core.dictionary import Column, Record
from gateway.core.errors import Invalid

MOST_CELLS = 200_000  # what is written in one transaction of about a second
LONGEST_VALUE = 2000  # characters; an index over values must hold it

Row = tuple[str, ...]
T = TypeVar("T")


def checked_rows(
    rows: Sequence[Sequence[str]], columns: Sequence[Column]
) -> Sequence[Row]:
    """Return the rows; Invalid names the first faulty one, counted from 1."""
    check_size(len(rows), len(columns))
    for number, row in enumerate(rows, 1):
        if len(row) != len(columns):
            raise _invalid(
                f"Record {number} has {len(row)} values; the dictionary has "
                f"{len(columns)} columns."
            )
        if faulty_value(row) is not None:
            raise _invalid(
                f"Record {number} holds a value of more than {LONGEST_VALUE} "
                "characters, or the character NUL."
            )
    return [tuple(row) for row in rows]


def check_size(rows: int, columns: int) -> None:
    """Invalid if a dictionary of this size has more values than one may have."""
    if rows * max(columns, 1) > MOST_CELLS:
        raise _invalid(f"The records hold more than {MOST_CELLS} values in all.")


def faulty_value(values: Sequence[str]) -> int | None:
    """Return the place of the first value that cannot be stored."""
    return next(
        (
            n
            for n, value in enumerate(values)
            if len(value) > LONGEST_VALUE or "\0" in value
        ),
        None,
    )


def matched(
    old: Sequence[Record], rows: Sequence[Row], new_id: Callable[[], str]
) -> Sequence[Record]:
    """Give the rows their uuids.

    An unchanged row keeps its own; a changed one that of the record with the same
    first value, if there is exactly one on either side; any other gets a new one.
    """
    same: defaultdict[Row, list[str]] = defaultdict(list)
    for record in reversed(old):
        same[record.values].append(record.uuid)
    uuids = [same[row].pop() if same[row] else None for row in rows]
    kept = set(uuids)
    old_keys = _by_key(
        [(record.values, record.uuid) for record in old if record.uuid not in kept]
    )
    new_keys = _by_key(
        [(row, row) for row, uuid in zip(rows, uuids, strict=True) if uuid is None]
    )
    records = []
    for row, uuid in zip(rows, uuids, strict=True):
        was = old_keys.get(row[:1], [])
        alone = len(was) == 1 and len(new_keys.get(row[:1], [])) == 1
        records.append(Record(uuid or (was[0] if alone else new_id()), row))
    return records


def mover(old: Sequence[Column], new: Sequence[Column]) -> Callable[[Row], Row] | None:
    """Return what puts a row's values under the new columns; None if they stay."""
    places = {column.uuid: index for index, column in enumerate(old)}
    order = [places.get(column.uuid) for column in new]
    if order == list(range(len(old))):
        return None
    return lambda row: tuple("" if place is None else row[place] for place in order)


def _by_key(rows: Sequence[tuple[Row, T]]) -> dict[Row, list[T]]:
    found: dict[Row, list[T]] = {}
    for row, what in rows:
        found.setdefault(row[:1], []).append(what)
    return found


def _invalid(message: str) -> Invalid:
    return Invalid(message, data={"records": message})
