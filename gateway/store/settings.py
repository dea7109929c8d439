"""The appliance's own settings: what one switch changes for every mailbox."""

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.core.integration import Settings
from gateway.store.tables import settings

_KEYS = {
    "integrations_enabled": "integrationsEnabled",
    "show_passwords_once": "showPasswordsOnce",
}


async def get(conn: AsyncConnection) -> Settings:
    """Return the settings; what was never set has its default."""
    found = select(settings).where(settings.c.key.in_(_KEYS.values()))
    stored = {row.key: row.value for row in await conn.execute(found)}
    return Settings(
        **{name: stored[key] for name, key in _KEYS.items() if key in stored}
    )


async def put(conn: AsyncConnection, values: Settings) -> None:
    await conn.execute(delete(settings).where(settings.c.key.in_(_KEYS.values())))
    await conn.execute(
        insert(settings),
        [{"key": key, "value": getattr(values, name)} for name, key in _KEYS.items()],
    )
