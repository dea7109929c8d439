"""Alembic's entry: runs the scripts on the connection that upgrade() holds."""

from typing import Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext

from gateway.store.tables import metadata
from gateway.store.tables.base import Instant


def _render(kind: str, item: object, _context: AutogenContext) -> str | Literal[False]:
    """Write our own column types as the plain ones they are in the database."""
    if kind == "type" and isinstance(item, Instant):
        return "sa.DateTime(timezone=True)"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite alters a table by copying it
    compare_type=True,
    render_item=_render,
)
context.run_migrations()
