"""Versioned schema: Alembic's scripts, run inside the process at start-up."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from gateway.core.errors import StorageError
from gateway.store.database import Database


def config(connection: Connection | None = None) -> Config:
    """Return Alembic's configuration for `connection`."""
    settings = Config()
    settings.set_main_option("script_location", str(Path(__file__).parent))
    settings.attributes["connection"] = connection
    return settings


async def upgrade(db: Database, revision: str = "head") -> None:
    """Bring the schema to *revision*; StorageError if a newer program made it."""
    async with db.write() as conn:
        await conn.run_sync(_upgrade, revision)


def _upgrade(connection: Connection, revision: str) -> None:
    settings = config(connection)
    known = {s.revision for s in ScriptDirectory.from_config(settings).walk_revisions()}
    current = MigrationContext.configure(connection).get_current_revision()
    if current is not None and current not in known:
        raise StorageError(
            f"the database has schema {current}, which this version does not know; "
            "install the version that made it, or restore the backup made before"
        )
    command.upgrade(settings, revision)
