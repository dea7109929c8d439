"""The records of dictionaries, and the index over their values.

Whatever handles many of them goes in batches: between two of them the event loop has
its turn, and the values get into the index without leaving the database.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Delete,
    Select,
    bindparam,
    delete,
    func,
    insert,
    literal,
    select,
    text,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.core.dictionary import Record
from gateway.store.listing import contains, page
from gateway.store.tables import (
    dictionary_cells,
    dictionary_columns,
    dictionary_records,
)

INDEXED = 500  # characters of a value that its index holds
BATCH, BATCH_VALUES = 500, 4000  # records, values between two turns of the event loop
Values = tuple[str, ...]

_MOVE = (
    update(dictionary_records)
    .where(dictionary_records.c.id == bindparam("number"))
    .values(texts=bindparam("moved"))
)


async def search(
    conn: AsyncConnection, dictionary: str, wanted: str, limit: int, offset: int
) -> tuple[int, Sequence[Record]]:
    """Return how many records hold the text in a value, and one page of them."""
    found = _records().where(_mine(dictionary)).order_by(dictionary_records.c.id)
    if wanted:
        holding = (
            select(dictionary_cells.c.record)
            .where(dictionary_cells.c.column.in_(_column_ids(dictionary)))
            .where(contains(wanted, dictionary_cells.c.value))
        )
        found = found.where(dictionary_records.c.id.in_(holding))
    total, rows = await page(conn, found, limit, offset)
    return total, [Record(row.uuid, tuple(row.texts)) for row in rows]


async def after(
    conn: AsyncConnection, dictionary: str, last: int, limit: int
) -> Sequence[tuple[int, Record]]:
    """Return the records that follow the one with the id `last`, with their ids."""
    found = (
        _records()
        .where(_mine(dictionary), dictionary_records.c.id > last)
        .order_by(dictionary_records.c.id)
        .limit(limit)
    )
    rows = await conn.execute(found)
    return [(row.id, Record(row.uuid, tuple(row.texts))) for row in rows]


async def every(
    conn: AsyncConnection, dictionary: str, columns: int
) -> Sequence[Record]:
    """Return all records in their order."""
    found: list[Record] = []
    async for some in _batches(conn, dictionary, columns):
        found += [record for _id, record in some]
    return found


async def get(
    conn: AsyncConnection, dictionary: str, record: str
) -> tuple[int, Record] | None:
    """Return the record and its id."""
    found = _records().where(_mine(dictionary), dictionary_records.c.uuid == record)
    row = (await conn.execute(found)).one_or_none()
    return (row.id, Record(row.uuid, tuple(row.texts))) if row else None


async def put_all(
    conn: AsyncConnection, dictionary: str, rows: Sequence[Record]
) -> None:
    """Replace all records."""
    await conn.execute(
        delete(dictionary_cells).where(
            dictionary_cells.c.column.in_(_column_ids(dictionary))
        )
    )
    await conn.execute(delete(dictionary_records).where(_mine(dictionary)))
    await append(conn, dictionary, rows)


async def append(
    conn: AsyncConnection, dictionary: str, rows: Sequence[Record]
) -> None:
    """Add the records behind those that are there."""
    if conn.dialect.name == "postgresql":  # SQLite has one writer anyway
        mode = "SHARE ROW EXCLUSIVE MODE"
        await conn.execute(text(f"LOCK TABLE dictionary_records IN {mode}"))
    # nobody else adds meanwhile: the highest id stays the highest
    top = select(func.coalesce(func.max(dictionary_records.c.id), 0))
    last: int = (await conn.execute(top)).scalar_one()
    size = batch_size(len(rows[0].values)) if rows else 1
    for start in range(0, len(rows), size):
        await conn.execute(
            insert(dictionary_records),
            [
                {
                    "id": number,
                    "uuid": row.uuid,
                    "dictionary": dictionary,
                    "texts": list(row.values),
                }
                for number, row in enumerate(
                    rows[start : start + size], last + 1 + start
                )
            ],
        )
    for position, column in enumerate(await _column_list(conn, dictionary)):
        await _index(conn, dictionary, column, position, last)


async def rewrite(
    conn: AsyncConnection,
    dictionary: str,
    columns: int,
    moved: Callable[[Values], Values],
    fresh: Sequence[str],
) -> None:
    """Move the values of every record under its new columns.

    `columns` is how many there were; those in `fresh` (uuids) are new and get into the
    index.
    """
    async for some in _batches(conn, dictionary, columns):
        await conn.execute(
            _MOVE,
            [
                {"number": number, "moved": list(moved(record.values))}
                for number, record in some
            ],
        )
    for position, (number, uuid) in enumerate(
        (await conn.execute(_columns(dictionary))).all()
    ):
        if uuid in fresh:
            await _index(conn, dictionary, number, position, 0)


async def change(
    conn: AsyncConnection, dictionary: str, number: int, old: Values, new: Values
) -> None:
    """Write new values into the record with this id."""
    await conn.execute(
        update(dictionary_records)
        .where(dictionary_records.c.id == number)
        .values(texts=list(new))
    )
    columns = await _column_list(conn, dictionary)
    for column, was, now in zip(columns, old, new, strict=True):
        if was != now:
            await conn.execute(_cells(column, was, number))
            await conn.execute(
                insert(dictionary_cells).values(
                    column=column, value=now[:INDEXED], record=number
                )
            )


async def remove(
    conn: AsyncConnection, dictionary: str, number: int, values: Values
) -> None:
    """Delete the record with this id."""
    columns = await _column_list(conn, dictionary)
    for column, value in zip(columns, values, strict=True):
        await conn.execute(_cells(column, value, number))
    await conn.execute(
        delete(dictionary_records).where(dictionary_records.c.id == number)
    )


def _records() -> Select[Any]:
    return select(
        dictionary_records.c.id, dictionary_records.c.uuid, dictionary_records.c.texts
    )


def _mine(dictionary: str) -> ColumnElement[bool]:
    return dictionary_records.c.dictionary == dictionary


def _cells(column: int, value: str, record: int) -> Delete:
    return delete(dictionary_cells).where(
        dictionary_cells.c.column == column,
        dictionary_cells.c.value == value[:INDEXED],
        dictionary_cells.c.record == record,
    )


def _columns(dictionary: str) -> Select[int, str]:
    return (
        select(dictionary_columns.c.id, dictionary_columns.c.uuid)
        .where(dictionary_columns.c.dictionary == dictionary)
        .order_by(dictionary_columns.c.position)
    )


def _column_ids(dictionary: str) -> Select[int]:
    return select(dictionary_columns.c.id).where(
        dictionary_columns.c.dictionary == dictionary
    )


async def _column_list(conn: AsyncConnection, dictionary: str) -> Sequence[int]:
    """Return the ids of the columns by position."""
    return (await conn.execute(_columns(dictionary))).scalars().all()


def batch_size(columns: int) -> int:
    """Return how many records are handled at once."""
    return max(1, min(BATCH, BATCH_VALUES // max(columns, 1)))


async def _batches(
    conn: AsyncConnection, dictionary: str, columns: int
) -> AsyncIterator[Sequence[tuple[int, Record]]]:
    size, last = batch_size(columns), 0
    while some := await after(conn, dictionary, last, size):
        yield some
        last = some[-1][0]


async def _index(
    conn: AsyncConnection, dictionary: str, column: int, position: int, last: int
) -> None:
    """Index the column of the records behind the id `last`.

    In the order of the index: its pages fill one after the other.
    """
    value = func.substr(dictionary_records.c.texts[position].as_string(), 1, INDEXED)
    rows = (
        select(literal(column), value, dictionary_records.c.id)
        .where(_mine(dictionary), dictionary_records.c.id > last)
        .order_by(value, dictionary_records.c.id)
    )
    await conn.execute(
        insert(dictionary_cells).from_select(["column", "value", "record"], rows)
    )
