"""The appliance's own settings: switches, and what else is kept under a name."""

from collections.abc import Mapping
from dataclasses import asdict, fields

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.core.integration import Settings
from gateway.store.tables import settings

KEYS = tuple(field.name for field in fields(Settings))
MAIL_SERVER = "mail-server"
RETENTION = "retention"
LIMITS = "limits"
_ALL = select(settings).where(settings.c.key.in_(KEYS))


async def get(conn: AsyncConnection) -> Settings:
    """Return the settings; what was never set has its default."""
    return Settings(**{row.key: row.value for row in await conn.execute(_ALL)})


async def put(conn: AsyncConnection, values: Settings) -> None:
    await conn.execute(delete(settings).where(settings.c.key.in_(KEYS)))
    await conn.execute(
        insert(settings),
        [{"key": key, "value": value} for key, value in asdict(values).items()],
    )


async def value(conn: AsyncConnection, key: str) -> Mapping[str, object]:
    """Return what is kept under the name; {} if it never was set."""
    found = await conn.scalar(select(settings.c.value).where(settings.c.key == key))
    return found or {}


async def set_value(
    conn: AsyncConnection, key: str, content: Mapping[str, object]
) -> None:
    await conn.execute(delete(settings).where(settings.c.key == key))
    await conn.execute(insert(settings).values(key=key, value=dict(content)))
