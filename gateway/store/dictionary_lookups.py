"""What stylesheets look up in dictionaries."""

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.core.dictionary import Record
from gateway.store.dictionary_records import INDEXED
from gateway.store.tables import (
    dictionary_cells,
    dictionary_columns,
    dictionary_records,
)


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
