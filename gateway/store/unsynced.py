"""Payloads that are durable here until their blobs are synced."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache

from sqlalchemy import Insert, delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.store.inserting import inserting
from gateway.store.tables import unsynced


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


async def until(conn: AsyncConnection, at: datetime, limit: int) -> Mapping[str, bytes]:
    """Return up to `limit` of those kept since `at` or before, by digest."""
    old = select(unsynced.c.digest, unsynced.c.data).where(unsynced.c.stored_at <= at)
    rows = await conn.execute(old.order_by(unsynced.c.stored_at).limit(limit))
    return {row.digest: row.data for row in rows}


async def forget(conn: AsyncConnection, digests: Sequence[str], at: datetime) -> None:
    """Drop what the disk has taken, unless it was stored again after `at`."""
    taken = unsynced.c.digest.in_(digests), unsynced.c.stored_at <= at
    await conn.execute(delete(unsynced).where(*taken))
