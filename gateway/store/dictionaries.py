"""Dictionaries: columns, records, and the look-ups of stylesheets."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Select, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.core.dictionary import Column, Dictionary, Record
from gateway.core.model import DictionaryId
from gateway.store.tables import (
    dictionaries,
    dictionary_cells,
    dictionary_columns,
    dictionary_records,
)

_BATCH = 5000  # rows of one INSERT


async def listing(conn: AsyncConnection) -> Sequence[Dictionary]:
    """Return every dictionary by name."""
    order = (dictionaries.c.name, dictionaries.c.uuid)
    return await _found(conn, select(dictionaries).order_by(*order))


async def get(conn: AsyncConnection, dictionary: str) -> Dictionary | None:
    one = select(dictionaries).where(dictionaries.c.uuid == dictionary)
    found = await _found(conn, one)
    return found[0] if found else None


async def records(conn: AsyncConnection, dictionary: Dictionary) -> Sequence[Record]:
    """Return the records in their order."""
    rows = await conn.execute(
        select(
            dictionary_records.c.uuid,
            dictionary_cells.c.column,
            dictionary_cells.c.value,
        )
        .outerjoin_from(dictionary_records, dictionary_cells)
        .where(dictionary_records.c.dictionary == dictionary.id)
        .order_by(dictionary_records.c.position)
    )
    cells: dict[str, dict[str, str]] = {}
    for row in rows:
        cells.setdefault(row.uuid, {})[row.column] = row.value
    return [
        Record(uuid, tuple(row.get(c.uuid, "") for c in dictionary.columns))
        for uuid, row in cells.items()
    ]


async def add(conn: AsyncConnection, dictionary: Dictionary, at: datetime) -> None:
    await conn.execute(
        insert(dictionaries).values(
            uuid=dictionary.id, name=dictionary.name, created_at=at
        )
    )
    await _add_columns(conn, dictionary.id, dict(enumerate(dictionary.columns)))


async def change(conn: AsyncConnection, dictionary: Dictionary) -> None:
    """Write name and columns; cells of columns that are gone go with them."""
    kept = [column.uuid for column in dictionary.columns]
    mine = dictionary_columns.c.dictionary == dictionary.id
    await conn.execute(
        update(dictionaries)
        .where(dictionaries.c.uuid == dictionary.id)
        .values(name=dictionary.name)
    )
    await conn.execute(
        delete(dictionary_columns).where(mine, dictionary_columns.c.uuid.not_in(kept))
    )
    there = set(
        (await conn.execute(select(dictionary_columns.c.uuid).where(mine))).scalars()
    )
    fresh = {}
    for position, column in enumerate(dictionary.columns):
        if column.uuid not in there:
            fresh[position] = column
            continue
        await conn.execute(
            update(dictionary_columns)
            .where(dictionary_columns.c.uuid == column.uuid)
            .values(position=position, name=column.name)
        )
    await _add_columns(conn, dictionary.id, fresh)


async def put_records(
    conn: AsyncConnection, dictionary: Dictionary, rows: Sequence[Record]
) -> None:
    """Replace all records."""
    await conn.execute(
        delete(dictionary_records).where(
            dictionary_records.c.dictionary == dictionary.id
        )
    )
    for start in range(0, len(rows), _BATCH):
        some = rows[start : start + _BATCH]
        await conn.execute(
            insert(dictionary_records),
            [
                {"uuid": row.uuid, "dictionary": dictionary.id, "position": position}
                for position, row in enumerate(some, start)
            ],
        )
        await conn.execute(
            insert(dictionary_cells),
            [
                {"record": row.uuid, "column": column.uuid, "value": value}
                for row in some
                for column, value in zip(dictionary.columns, row.values, strict=True)
            ],
        )


async def remove(conn: AsyncConnection, dictionary: str) -> None:
    await conn.execute(delete(dictionaries).where(dictionaries.c.uuid == dictionary))


async def taken_columns(conn: AsyncConnection, wanted: Sequence[str]) -> Sequence[str]:
    """Return which of the column uuids exist, in whatever dictionary."""
    found = select(dictionary_columns.c.uuid).where(
        dictionary_columns.c.uuid.in_(wanted)
    )
    return (await conn.execute(found)).scalars().all()


# --- Look-ups of stylesheets ---------------------------------------------------------


async def value(
    conn: AsyncConnection,
    dictionary: str,
    column_by: str,
    wanted: str,
    column_to_find: str,
) -> str | None:
    """Return the cell beside `wanted`, of the first record that has it."""
    uuid = await record_uuid(conn, dictionary, column_by, wanted)
    cell = select(dictionary_cells.c.value).where(
        dictionary_cells.c.record == uuid, dictionary_cells.c.column == column_to_find
    )
    found: str | None = (await conn.execute(cell)).scalar_one_or_none()
    return found


async def record_uuid(
    conn: AsyncConnection, dictionary: str, column: str, wanted: str
) -> str | None:
    """Return the first record, by position, whose `column` holds `wanted`."""
    first = (
        select(dictionary_records.c.uuid)
        .join(dictionary_cells)
        .where(
            dictionary_records.c.dictionary == dictionary,
            dictionary_cells.c.column == column,
            dictionary_cells.c.value == wanted,
        )
        .order_by(dictionary_records.c.position)
        .limit(1)
    )
    found: str | None = (await conn.execute(first)).scalar_one_or_none()
    return found


async def _found(
    conn: AsyncConnection, wanted: Select[tuple[object, ...]]
) -> Sequence[Dictionary]:
    rows = (await conn.execute(wanted)).all()
    uuids = [row.uuid for row in rows]
    columns = await _columns(conn, uuids)
    counts = (
        select(dictionary_records.c.dictionary, func.count().label("size"))
        .where(dictionary_records.c.dictionary.in_(uuids))
        .group_by(dictionary_records.c.dictionary)
    )
    sizes = {row.dictionary: row.size for row in await conn.execute(counts)}
    return [
        Dictionary(
            id=DictionaryId(row.uuid),
            name=row.name,
            columns=tuple(columns.get(row.uuid, ())),
            record_count=sizes.get(row.uuid, 0),
        )
        for row in rows
    ]


async def _columns(
    conn: AsyncConnection, uuids: Sequence[str]
) -> Mapping[str, list[Column]]:
    found = (
        select(dictionary_columns)
        .where(dictionary_columns.c.dictionary.in_(uuids))
        .order_by(dictionary_columns.c.position)
    )
    columns: dict[str, list[Column]] = {}
    for row in await conn.execute(found):
        columns.setdefault(row.dictionary, []).append(Column(row.uuid, row.name))
    return columns


async def _add_columns(
    conn: AsyncConnection, dictionary: str, columns: Mapping[int, Column]
) -> None:
    if columns:
        await conn.execute(
            insert(dictionary_columns),
            [
                {
                    "uuid": column.uuid,
                    "dictionary": dictionary,
                    "position": position,
                    "name": column.name,
                }
                for position, column in columns.items()
            ],
        )
