"""Dictionaries: columns, records, and the look-ups of stylesheets."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import islice

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

INDEXED = 500  # characters of a value that its index holds
_BATCH = 1000  # rows handled between two turns of the event loop


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
    wanted = (
        select(dictionary_records.c.uuid, dictionary_records.c.texts)
        .where(dictionary_records.c.dictionary == dictionary.id)
        .order_by(dictionary_records.c.id)
    )
    found: list[Record] = []
    async with conn.stream(wanted) as rows:
        async for some in rows.partitions(_BATCH):
            found += [Record(uuid, tuple(texts)) for uuid, texts in some]
    return found


async def add(conn: AsyncConnection, dictionary: Dictionary, at: datetime) -> None:
    await conn.execute(
        insert(dictionaries).values(
            uuid=dictionary.id, name=dictionary.name, created_at=at
        )
    )
    await _add_columns(conn, dictionary.id, dict(enumerate(dictionary.columns)))


async def change(conn: AsyncConnection, dictionary: Dictionary) -> None:
    """Write name and columns; the records must be put again if columns moved."""
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
    mine = dictionary_columns.c.dictionary == dictionary.id
    columns = (
        select(dictionary_columns.c.id)
        .where(mine)
        .order_by(dictionary_columns.c.position)
    )
    ids = (await conn.execute(columns)).scalars().all()
    await conn.execute(
        delete(dictionary_cells).where(dictionary_cells.c.column.in_(ids))
    )
    await conn.execute(
        delete(dictionary_records).where(
            dictionary_records.c.dictionary == dictionary.id
        )
    )
    # this transaction alone writes: the highest id stays the highest
    top = select(func.coalesce(func.max(dictionary_records.c.id), 0))
    first = (await conn.execute(top)).scalar_one() + 1
    for start in range(0, len(rows), _BATCH):
        some = rows[start : start + _BATCH]
        await conn.execute(
            insert(dictionary_records),
            [
                {
                    "id": number,
                    "uuid": row.uuid,
                    "dictionary": dictionary.id,
                    "texts": list(row.values),
                }
                for number, row in enumerate(some, first + start)
            ],
        )
    for position, column in enumerate(ids):
        # in the order of the index: its pages fill one after the other
        cells = sorted(
            (row.values[position][:INDEXED], number)
            for number, row in enumerate(rows, first)
        )
        rest = iter(cells)
        while some_cells := list(islice(rest, _BATCH)):
            await conn.execute(
                insert(dictionary_cells),
                [
                    {"column": column, "value": text, "record": number}
                    for text, number in some_cells
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
    places = await _places(conn, dictionary)
    record = await _first(conn, places.get(column_by), wanted)
    if record is None or column_to_find not in places:
        return None
    return record.values[places[column_to_find][1]]


async def record_uuid(
    conn: AsyncConnection, dictionary: str, column: str, wanted: str
) -> str | None:
    """Return the first record, in their order, whose `column` holds `wanted`."""
    places = await _places(conn, dictionary)
    record = await _first(conn, places.get(column), wanted)
    return record.uuid if record else None


async def _places(
    conn: AsyncConnection, dictionary: str
) -> Mapping[str, tuple[int, int]]:
    """Return id and position of each column by its uuid."""
    found = select(dictionary_columns).where(
        dictionary_columns.c.dictionary == dictionary
    )
    return {row.uuid: (row.id, row.position) for row in await conn.execute(found)}


async def _first(
    conn: AsyncConnection, place: tuple[int, int] | None, wanted: str
) -> Record | None:
    if place is None:
        return None
    column, position = place
    candidates = (
        select(dictionary_records.c.uuid, dictionary_records.c.texts)
        .join(dictionary_cells, dictionary_cells.c.record == dictionary_records.c.id)
        .where(dictionary_cells.c.column == column)
        .where(dictionary_cells.c.value == wanted[:INDEXED])
        .order_by(dictionary_cells.c.record)
    )
    if len(wanted) < INDEXED:  # the index holds it whole: there is but one answer
        candidates = candidates.limit(1)
    for uuid, texts in await conn.execute(candidates):
        if texts[position] == wanted:
            return Record(uuid, tuple(texts))
    return None


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
