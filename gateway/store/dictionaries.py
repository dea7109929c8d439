"""Dictionaries and their columns; the records are next door."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.core.dictionary import Column, Dictionary
from gateway.core.model import DictionaryId
from gateway.store.listing import contains, page
from gateway.store.tables import (
    dictionaries,
    dictionary_columns,
    dictionary_records,
)

_BY_NAME = (dictionaries.c.name, dictionaries.c.uuid)


async def listing(conn: AsyncConnection) -> Sequence[Dictionary]:
    """Return every dictionary by name."""
    rows = (await conn.execute(select(dictionaries).order_by(*_BY_NAME))).all()
    return await _whole(conn, rows)


async def search(
    conn: AsyncConnection, text: str, limit: int, offset: int
) -> tuple[int, Sequence[Dictionary]]:
    """Return how many have the text in their name or uuid, and one page of them."""
    found = select(dictionaries).order_by(*_BY_NAME)
    if text:
        found = found.where(contains(text, dictionaries.c.name, dictionaries.c.uuid))
    total, rows = await page(conn, found, limit, offset)
    return total, await _whole(conn, rows)


async def get(conn: AsyncConnection, dictionary: str) -> Dictionary | None:
    one = select(dictionaries).where(dictionaries.c.uuid == dictionary)
    found = await _whole(conn, (await conn.execute(one)).all())
    return found[0] if found else None


async def revision(conn: AsyncConnection, dictionary: str) -> int | None:
    """Return its revision alone: nothing is counted."""
    wanted = select(dictionaries.c.revision).where(dictionaries.c.uuid == dictionary)
    return (await conn.execute(wanted)).scalar_one_or_none()


async def add(conn: AsyncConnection, dictionary: Dictionary, at: datetime) -> None:
    await conn.execute(
        insert(dictionaries).values(
            uuid=dictionary.id,
            name=dictionary.name,
            created_at=at,
            changed_at=at,
            revision=1,
        )
    )
    await _add_columns(conn, dictionary.id, dict(enumerate(dictionary.columns)))


async def change(conn: AsyncConnection, dictionary: Dictionary) -> None:
    """Write name and columns; the records must be moved if columns were."""
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


async def touch(conn: AsyncConnection, dictionary: str, at: datetime) -> None:
    """Note that the dictionary or a record of it has changed."""
    await conn.execute(
        update(dictionaries)
        .where(dictionaries.c.uuid == dictionary)
        .values(changed_at=at, revision=dictionaries.c.revision + 1)
    )


async def remove(conn: AsyncConnection, dictionary: str) -> None:
    await conn.execute(delete(dictionaries).where(dictionaries.c.uuid == dictionary))


async def taken_columns(conn: AsyncConnection, wanted: Sequence[str]) -> Sequence[str]:
    """Return which of the column uuids exist, in whatever dictionary."""
    found = select(dictionary_columns.c.uuid).where(
        dictionary_columns.c.uuid.in_(wanted)
    )
    return (await conn.execute(found)).scalars().all()


async def _whole(
    conn: AsyncConnection, rows: Sequence[Row[Any]]
) -> Sequence[Dictionary]:
    uuids = [row.uuid for row in rows]
    columns = await _columns(conn, uuids)
    sizes = await _sizes(conn, uuids)
    return [
        Dictionary(
            id=DictionaryId(row.uuid),
            name=row.name,
            columns=tuple(columns.get(row.uuid, ())),
            record_count=sizes.get(row.uuid, 0),
            revision=row.revision,
            changed_at=row.changed_at,
        )
        for row in rows
    ]


async def _sizes(conn: AsyncConnection, uuids: Sequence[str]) -> Mapping[str, int]:
    counts: Select[str, int] = (
        select(dictionary_records.c.dictionary, func.count())
        .where(dictionary_records.c.dictionary.in_(uuids))
        .group_by(dictionary_records.c.dictionary)
    )
    return {row[0]: row[1] for row in await conn.execute(counts)}


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
