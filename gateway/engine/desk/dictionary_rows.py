"""The rows of a dictionary: read from CSV, checked, matched with those that are there.

Pure; big tables are handled in a thread by the caller.
"""

import csv
import io
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import TypeVar

from gateway.core.dictionary import Column, Record
from gateway.core.errors import Invalid

MOST_CELLS = 200_000  # what is written in one transaction of about a second
LONGEST_VALUE = 2000  # characters; an index over values must hold it
DELIMITERS = ",;\t"

Row = tuple[str, ...]
T = TypeVar("T")


def checked_rows(
    rows: Sequence[Sequence[str]], columns: Sequence[Column]
) -> Sequence[Row]:
    """Return the rows; Invalid names the first faulty one, counted from 1."""
    if len(rows) * max(len(columns), 1) > MOST_CELLS:
        raise _invalid(f"The records hold more than {MOST_CELLS} values in all.")
    for number, row in enumerate(rows, 1):
        if len(row) != len(columns):
            raise _invalid(
                f"Record {number} has {len(row)} values; the dictionary has "
                f"{len(columns)} columns."
            )
        if any(len(value) > LONGEST_VALUE or "\0" in value for value in row):
            raise _invalid(
                f"Record {number} holds a value of more than {LONGEST_VALUE} "
                "characters, or the character NUL."
            )
    return [tuple(row) for row in rows]


def from_csv(data: bytes, columns: Sequence[Column]) -> Sequence[Row]:
    """Return the rows in the order of `columns`; the header may have its own order.

    UTF-8; comma, semicolon or tab, whichever the header has most of.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise _invalid(
            f"Line {line} of the CSV file is not UTF-8 (byte {error.start}); save the "
            "file as UTF-8.",
            line,
        ) from error
    header_line = text.split("\n", 1)[0]
    delimiter = max(DELIMITERS, key=header_line.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
        order = _order(header, columns)
        return [_row(row, order, header, reader.line_num) for row in reader if row]
    except csv.Error as error:
        raise _invalid(
            f"Line {reader.line_num} of the CSV file: {error}.", reader.line_num
        ) from error


def _row(
    row: Sequence[str], order: Sequence[int], header: Sequence[str], line: int
) -> Row:
    if len(row) != len(header):
        raise _invalid(
            f"Line {line} of the CSV file has {len(row)} values; its header has "
            f"{len(header)}.",
            line,
        )
    return tuple(row[index] for index in order)


def _order(header: Sequence[str], columns: Sequence[Column]) -> Sequence[int]:
    """Return where each column stands in the header (by name or uuid)."""
    wanted = [c.name for c in columns]
    named = [next((c.name for c in columns if c.uuid == n), n) for n in header]
    if sorted(named) != sorted(wanted):
        raise _invalid(
            f"The first line of the CSV file must name the columns {', '.join(wanted)};"
            f" it names {', '.join(header) or 'nothing'}.",
            1,
        )
    return [named.index(name) for name in wanted]


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


def moved(
    records: Sequence[Record], old: Sequence[Column], new: Sequence[Column]
) -> Sequence[Record]:
    """Return the records with their values under the new columns."""
    places = {column.uuid: index for index, column in enumerate(old)}
    order = [places.get(column.uuid) for column in new]
    if order == list(range(len(old))):
        return records
    return [
        Record(
            record.uuid,
            tuple("" if place is None else record.values[place] for place in order),
        )
        for record in records
    ]


def _by_key(rows: Sequence[tuple[Row, T]]) -> dict[Row, list[T]]:
    found: dict[Row, list[T]] = {}
    for row, what in rows:
        found.setdefault(row[:1], []).append(what)
    return found


def _invalid(message: str, line: int | None = None) -> Invalid:
    data = {"records": message}
    return Invalid(message, data=data | ({"line": str(line)} if line else {}))
