"""Alembic's scripts, run inside the process.

Imported only for a database whose schema is an older one: Alembic weighs as much as
a third of everything else at start-up.
"""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from gateway.core.errors import StorageError


def config(connection: Connection | None = None) -> Config:
    """Return Alembic's configuration for `connection`."""
    settings = Config()
    settings.set_main_option("script_location", str(Path(__file__).parent))
    settings.attributes["connection"] = connection
    return settings


def run(connection: Connection, current: str, revision: str) -> None:
    """Bring the schema from *current* to *revision*; StorageError if it is unknown."""
    settings = config(connection)
    known = {s.revision for s in ScriptDirectory.from_config(settings).walk_revisions()}
    if current and current not in known:
        raise StorageError(
            f"the database has schema {current}, which this version does not know; "
            "install the version that made it, or restore the backup made before"
        )
    command.upgrade(settings, revision)
