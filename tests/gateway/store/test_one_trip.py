"""Transactions of the connection that makes one trip for each statement."""

import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from gateway.core.errors import Outage
from gateway.store.database import Database


@pytest.fixture
async def table(db):
    """A database with the table t (x UNIQUE)."""
    if not db.embedded:
        pytest.skip("this is SQLite's connection")
    async with db.write() as conn:
        await conn.execute(text("CREATE TABLE t (x UNIQUE)"))
    return db


async def put(conn, value):
    await conn.execute(text("INSERT INTO t VALUES (:x)"), {"x": value})


async def content(db):
    async with db.read() as conn:
        found = await conn.execute(text("SELECT x FROM t ORDER BY x"))
        return list(found.scalars())


async def test_what_fails_half_way_leaves_nothing(table):
    with pytest.raises(IntegrityError):
        async with table.write() as conn:
            await put(conn, 1)
            await put(conn, 1)
    assert await content(table) == []


async def test_a_transaction_without_a_statement_holds_no_lock(table):
    async with table.write():
        pass
    async with table.write() as conn:
        await put(conn, 1)
    assert await content(table) == [1]


async def test_a_read_sees_one_state_to_its_end(table):
    count = text("SELECT count(*) FROM t")
    async with table.read() as reader:
        assert (await reader.execute(count)).scalar() == 0
        async with table.write() as conn:
            await put(conn, 1)
        assert (await reader.execute(count)).scalar() == 0
    assert await content(table) == [1]


async def test_a_connection_that_read_can_write_next(table):
    for number in range(10):
        assert await content(table) == list(range(number))
        async with table.write() as conn:
            await put(conn, number)


async def test_a_cancelled_write_is_rolled_back_and_the_lock_is_free(table):
    begun = asyncio.Event()

    async def write():
        async with table.write() as conn:
            await put(conn, 1)
            begun.set()
            await asyncio.Event().wait()

    async with asyncio.TaskGroup() as group:
        task = group.create_task(write())
        await begun.wait()
        task.cancel()
    assert task.cancelled()
    async with table.write() as conn:
        await put(conn, 2)
    assert await content(table) == [2]


async def test_a_writer_takes_the_lock_before_its_first_statement(table, tmp_path):
    other = Database.open(f"sqlite+aiosqlite:///{tmp_path}/gateway.db")
    try:
        async with other.write() as conn:
            await conn.execute(text("PRAGMA busy_timeout = 0"))
            await conn.execute(text("SELECT count(*) FROM t"))
            async with table.read() as reader:
                await reader.execute(text("PRAGMA busy_timeout = 0"))
            with pytest.raises(Outage, match="locked"):
                async with table.write() as late:
                    await late.execute(text("PRAGMA busy_timeout = 0"))
                    await late.execute(text("SELECT count(*) FROM t"))
    finally:
        await other.close()


async def test_many_rows_at_once_and_their_number(table):
    async with table.write() as conn:
        rows = [{"x": number} for number in range(5)]
        await conn.execute(text("INSERT INTO t VALUES (:x)"), rows)
        gone = await conn.execute(text("DELETE FROM t WHERE x < 2"))
        assert gone.rowcount == 2
    assert await content(table) == [2, 3, 4]
