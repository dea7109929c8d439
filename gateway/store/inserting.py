"""INSERT with ON CONFLICT, which each database spells its own way."""

from functools import cache

from sqlalchemy import Table
from sqlalchemy.dialects import sqlite


@cache
def inserting(dialect: str, table: Table) -> sqlite.Insert:
    """Return the dialect's INSERT; the methods of all of them are the same."""
    if dialect == "sqlite":
        return sqlite.insert(table)
    # 3 MB that those with SQLite need not have
    from sqlalchemy.dialects import postgresql  # noqa: PLC0415

    return postgresql.insert(table)  # type: ignore[return-value]  # see above
