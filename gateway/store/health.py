"""The database's own health and the numbers that are counted in it."""

from collections.abc import Mapping

from sqlalchemy import func, select, text, union
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.store.tables import attachments, entries, envelopes, jobs, transfers


async def alive(conn: AsyncConnection) -> None:
    """Ask the database something; raises what the driver raises if it cannot."""
    await conn.execute(select(1))


async def jobs_by_state(conn: AsyncConnection) -> Mapping[tuple[str, str], int]:
    """Return how many jobs there are by kind and waiting, running or dead."""
    rows = await conn.execute(
        select(
            jobs.c.kind, jobs.c.dead, jobs.c.worker.is_not(None), func.count()
        ).group_by(jobs.c.kind, jobs.c.dead, jobs.c.worker.is_not(None))
    )
    found: dict[tuple[str, str], int] = {}
    for kind, dead, held, count in rows:
        state = "dead" if dead else "running" if held else "waiting"
        found[kind, state] = found.get((kind, state), 0) + count
    return found


async def transfers_by_state(conn: AsyncConnection) -> Mapping[tuple[str, str], int]:
    """Return how many transfers there are by direction and state."""
    columns = (transfers.c.direction, transfers.c.state)
    rows = await conn.execute(select(*columns, func.count()).group_by(*columns))
    return {(direction, state): count for direction, state, count in rows}


async def blob_bytes(conn: AsyncConnection) -> int:
    """Return the bytes of every payload that something refers to, each once."""
    known = union(
        *(
            select(table.c.sha256, table.c.size).where(table.c.sha256.is_not(None))
            for table in (attachments, entries, envelopes, transfers)
        )
    ).subquery()
    total = select(func.coalesce(func.sum(known.c.size), 0))
    return int((await conn.execute(total)).scalar_one())


async def database_bytes(conn: AsyncConnection) -> int:
    """Return how large the database is."""
    if conn.dialect.name == "sqlite":
        asked = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
    else:
        asked = "SELECT pg_database_size(current_database())"
    return int((await conn.execute(text(asked))).scalar_one())
