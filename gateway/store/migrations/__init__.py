"""The version of the schema: what the database has, what this program knows."""

from pathlib import Path

from sqlalchemy import inspect, text
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.store.database import Database

TABLE = "alembic_version"


def newest() -> str:
    """Return the newest version this program knows: scripts are named by it."""
    scripts = (Path(__file__).parent / "versions").glob("[0-9]*.py")
    return max(path.name.partition("_")[0] for path in scripts)


async def present(conn: AsyncConnection) -> str:
    """Return the version that the database has, "" if it is empty."""
    if not await conn.run_sync(lambda sync: inspect(sync).has_table(TABLE)):
        return ""
    found: str | None = await conn.scalar(text(f"SELECT version_num FROM {TABLE}"))  # noqa: S608 - a constant
    return found or ""


async def upgrade(db: Database, revision: str = "head") -> None:
    """Bring the schema to *revision*; StorageError if a newer program made it."""
    wanted = newest() if revision == "head" else revision
    async with db.read() as conn:
        if await present(conn) == wanted:
            return
    from gateway.store.migrations import scripts  # noqa: PLC0415 - see there why

    async with db.write() as conn:
        await conn.run_sync(scripts.run, await present(conn), revision)
