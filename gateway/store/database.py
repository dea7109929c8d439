"""Opening the database; read and write transactions."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, nullcontext
from dataclasses import dataclass, field

from sqlalchemy import event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool, ConnectionPoolEntry

from gateway.core.errors import Outage
from gateway.store import one_trip

PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",  # WAL's NORMAL may lose the last commits in a power cut
    "foreign_keys=ON",
    "busy_timeout=5000",
    "cache_size=-8000",  # KiB, for each connection
)
NEW_WORK = "gateway_new_work"

Connection = AsyncConnection
"""An open transaction, for those who only pass it on."""


@dataclass(frozen=True, slots=True)
class Database:
    """One engine; each transaction says whether it writes."""

    engine: AsyncEngine
    # SQLite has one writer: waiting here is fair and cheap, its busy handler is neither
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    _watchers: list[Callable[[], None]] = field(default_factory=list)
    _followers: list[Callable[[], None]] = field(default_factory=list)

    @classmethod
    def open(cls, url: str) -> "Database":
        """Open `sqlite+aiosqlite:///FILE` or `postgresql+asyncpg://...`."""
        own = {"async_creator_fn": one_trip.connect} if "aiosqlite" in url else {}
        engine = create_async_engine(
            url,
            poolclass=AsyncAdaptedQueuePool,
            pool_size=6,
            max_overflow=0,
            pool_use_lifo=True,  # few connections, with warm caches
            connect_args=own,
        )
        if engine.dialect.name == "sqlite":
            event.listen(engine.sync_engine, "connect", _prepare_sqlite)
        return cls(engine)

    async def close(self) -> None:
        await self.engine.dispose()

    @property
    def embedded(self) -> bool:
        """Whether this process alone uses the database."""
        return self.engine.dialect.name == "sqlite"

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """One consistent view; nothing written in it is kept. Outage."""
        with _told():
            async with self.engine.connect() as conn:
                if self.embedded:
                    _begin_sqlite(conn, writes=False)
                    yield conn
                else:  # SQLite's reads are so by themselves
                    yield await conn.execution_options(
                        isolation_level="REPEATABLE READ"
                    )

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """One write transaction: commits on leaving, rolls back on an exception.

        Outage if the disk is full, the database locked or its server gone.
        """
        turn = self._turn if self.embedded else nullcontext()
        with _told():
            async with turn, self.engine.begin() as conn:
                if self.embedded:
                    _begin_sqlite(conn, writes=True)
                conn.info.pop(NEW_WORK, None)
                yield conn
                new_work = conn.info.pop(NEW_WORK, False)
        if new_work:
            for watcher in self._watchers:
                watcher()
        for follower in self._followers:
            follower()

    def watch(self, watcher: Callable[[], None]) -> None:
        """Have `watcher` called after each commit that leaves new work (a job)."""
        self._watchers.append(watcher)

    def follow(self, follower: Callable[[], None]) -> None:
        """Have `follower` called after each commit."""
        self._followers.append(follower)


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except (OperationalError, InterfaceError, PoolTimeout) as error:
        why = getattr(error, "orig", None) or error
        if getattr(why, "sqlite_errorcode", 0) == sqlite3.SQLITE_ERROR:
            raise  # a wrong statement, which SQLite calls operational too
        raise Outage(f"the database cannot be used now: {why}") from error


def _prepare_sqlite(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # the driver must not begin by itself
    cursor = connection.cursor()
    for pragma in PRAGMAS:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(conn: AsyncConnection, *, writes: bool) -> None:
    """Writers take the lock now: a read that upgrades later may fail as busy.

    Not by SQLAlchemy's event: while one is listened for, each statement takes longer.
    """
    sync = conn.sync_connection
    driver = sync and sync.connection.driver_connection
    if isinstance(driver, one_trip.Connection):
        driver.begin(writes=writes)
