"""The newest lines of all traces: each change of a transfer writes one."""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.core.desk.news import News
from gateway.core.model import TransferId
from gateway.store.tables import trace

MOST = 500


async def newest(conn: AsyncConnection) -> int:
    """Return the number of the newest line, 0 if there is none."""
    return (await conn.execute(select(func.max(trace.c.id)))).scalar() or 0


async def after(conn: AsyncConnection, line: int) -> News:
    """Return which transfers have lines that are newer; everything if they are many."""
    last = await newest(conn)
    if last < line:  # the database is another one, or its end was cleared away
        return News(last, everything=True)
    if last - line > MOST:
        return News(last, everything=True)
    changed = select(trace.c.transfer).where(trace.c.id > line, trace.c.id <= last)
    found = (await conn.execute(changed.distinct())).scalars()
    return News(last, tuple(sorted(TransferId(uuid) for uuid in found)))
