"""The appliance's own settings: what one switch changes for every mailbox."""

from dataclasses import asdict, fields

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.core.integration import Settings
from gateway.store.tables import settings

KEYS = tuple(field.name for field in fields(Settings))


async def get(conn: AsyncConnection) -> Settings:
    """Return the settings; what was never set has its default."""
    found = select(settings).where(settings.c.key.in_(KEYS))
    return Settings(**{row.key: row.value for row in await conn.execute(found)})


async def put(conn: AsyncConnection, values: Settings) -> None:
    await conn.execute(delete(settings).where(settings.c.key.in_(KEYS)))
    await conn.execute(
        insert(settings),
        [{"key": key, "value": value} for key, value in asdict(values).items()],
    )
