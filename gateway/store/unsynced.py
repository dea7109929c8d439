"""Payloads that are durable here until their blobs are synced."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from sqlalchemy import Insert, bindparam, delete, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.store.inserting import inserting
from gateway.store.tables import unsynced

_FORGET = delete(unsynced).where(
    unsynced.c.digest == bindparam("taken"), unsynced.c.stored_at == bindparam("at")
)


@dataclass(frozen=True, slots=True)
class Kept:
    """A payload by its digest, and when it was stored the last time."""

    digest: str
    data: bytes
    stored_at: datetime


@cache
def _add(dialect: str) -> Insert:
    """Return the statement, made once: to build it costs more than to run it."""
    insert = inserting(dialect, unsynced)
    return insert.on_conflict_do_update(
        index_elements=["digest"], set_={"stored_at": insert.excluded.stored_at}
    )


async def add(
    conn: AsyncConnection, payloads: Mapping[str, bytes], at: datetime
) -> None:
    """Keep the bytes, by digest; those that are kept already begin anew."""
    rows = [
        {"digest": digest, "data": data, "stored_at": at}
        for digest, data in payloads.items()
    ]
    if rows:
        await conn.execute(_add(conn.dialect.name), rows)


async def page(
    conn: AsyncConnection, after: tuple[datetime, str], until: datetime, limit: int
) -> Sequence[Kept]:
    """Return up to `limit`, in order: `after` a time and a digest, `until` a time."""
    place = tuple_(unsynced.c.stored_at, unsynced.c.digest)
    rows = await conn.execute(
        select(unsynced)
        .where(place > after, unsynced.c.stored_at <= until)
        .order_by(unsynced.c.stored_at, unsynced.c.digest)
        .limit(limit)
    )
    return [Kept(row.digest, row.data, row.stored_at) for row in rows]


async def forget(conn: AsyncConnection, taken: Sequence[Kept]) -> None:
    """Drop what the disk has taken, unless it was stored again meanwhile."""
    rows = [{"taken": one.digest, "at": one.stored_at} for one in taken]
    if rows:
        await conn.execute(_FORGET, rows)
