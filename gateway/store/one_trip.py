"""SQLite behind asyncio with one trip to its thread for each statement.

aiosqlite makes four (open a cursor, execute, fetch, close), and each wakes both
threads: several times what SQLite itself needs for our short statements.
"""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any, Self

import aiosqlite
from typing_extensions import override

Row = Sequence[Any]
Values = Sequence[Any] | Mapping[str, Any]


class Connection(aiosqlite.Connection):
    """aiosqlite's connection; its cursors, and how a transaction begins, differ."""

    _pending = ""
    _reads = False

    def begin(self, *, writes: bool) -> None:
        """Begin a transaction together with its first statement.

        A writer takes the lock then: a read that upgrades later may fail as busy.
        """
        self._pending = "BEGIN IMMEDIATE" if writes else "BEGIN"
        self._reads = not writes

    @override
    def cursor(self) -> "Cursor":  # type: ignore[override]  # all that is used of one
        return Cursor(self)

    async def run(self, cursor: "Cursor", work: partial[sqlite3.Cursor]) -> None:
        """Run one statement to its end; the cursor keeps what came of it."""
        begin, self._pending = self._pending, ""
        found = await self._execute(self._finish, begin, work)  # type: ignore[no-untyped-call] # aiosqlite's
        cursor.description, cursor.rows, cursor.rowcount, cursor.lastrowid = found

    @override
    async def commit(self) -> None:
        self._pending = ""
        if self._conn.in_transaction:
            await super().commit()

    @override
    async def rollback(self) -> None:
        self._pending = ""
        if not self._conn.in_transaction:
            return
        if self._reads:  # nothing to wait for: what comes next waits in the queue
            self._tx.put_nowait((None, self._conn.rollback))
        else:
            await super().rollback()

    def _finish(
        self, begin: str, work: partial[sqlite3.Cursor]
    ) -> tuple[Sequence[Any] | None, list[Row], int, int | None]:
        if begin:
            self._conn.execute(begin)
        cursor = work()
        try:
            rows = cursor.fetchall() if cursor.description else []
            return cursor.description, rows, cursor.rowcount, cursor.lastrowid
        finally:
            cursor.close()


class Cursor:
    """What SQLAlchemy's adapter calls of a cursor; it fetches rows whole anyway."""

    description: Sequence[Any] | None = None
    rowcount = -1
    lastrowid: int | None = None
    arraysize = 1

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.rows: list[Row] = []

    async def __aenter__(self) -> Self:
        return self

    async def execute(self, sql: str, parameters: Values = ()) -> Self:
        execute = self._connection._conn.execute  # noqa: SLF001 - its own half
        await self._connection.run(self, partial(execute, sql, parameters))
        return self

    async def executemany(self, sql: str, parameters: Iterable[Values]) -> Self:
        execute = self._connection._conn.executemany  # noqa: SLF001 - its own half
        await self._connection.run(self, partial(execute, sql, parameters))
        return self

    async def fetchall(self) -> list[Row]:
        return self.rows

    async def close(self) -> None:
        self.rows = []


def connect(database: str, **options: Any) -> Connection:
    """Return a connection to be awaited, as `aiosqlite.connect` does."""
    connection = Connection(partial(sqlite3.connect, database, **options), 64)
    connection._thread.daemon = True  # noqa: SLF001 - as SQLAlchemy does for its own
    return connection
