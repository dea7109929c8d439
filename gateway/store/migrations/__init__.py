"""The version of the schema: what the database has, what this program knows."""

from pathlib import Path

from sqlalchemy import Connection, inspect, text
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.store.database import Database
from gateway.store.tables import metadata

TABLE = "alembic_version"
# as Alembic makes it
_STAMP = (
    f"CREATE TABLE {TABLE} (version_num VARCHAR(32) NOT NULL, "
    f"CONSTRAINT {TABLE}_pkc PRIMARY KEY (version_num))"
)


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
    """Bring the schema to *revision*; StorageError if a newer program made it.

    An empty database gets the newest tables at once; Alembic is for those that are not.
    """
    wanted = newest() if revision == "head" else revision
    async with db.read() as conn:
        if await present(conn) == wanted:
            return
    async with db.write() as conn:
        if wanted == newest() and await conn.run_sync(_is_empty):
            await conn.run_sync(_create, wanted)
            return
        from gateway.store.migrations import scripts  # noqa: PLC0415 - see there why

        await conn.run_sync(scripts.run, await present(conn), revision)


def _is_empty(connection: Connection) -> bool:
    return not inspect(connection).get_table_names()


def _create(connection: Connection, version: str) -> None:
    metadata.create_all(connection, checkfirst=False)
    connection.execute(text(_STAMP))
    stamp = text(f"INSERT INTO {TABLE} VALUES (:version)")  # noqa: S608 - a constant
    connection.execute(stamp, {"version": version})
