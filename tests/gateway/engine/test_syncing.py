from datetime import timedelta

import pytest
from sqlalchemy import select

from gateway.engine.syncing import AT_ONCE, Syncing
from gateway.store import unsynced
from gateway.store.tables import unsynced as table


class FakeBlobs:
    """Remembers what was secured."""

    def __init__(self):
        self.secured = []

    def secure(self, payloads):
        self.secured += payloads


@pytest.fixture
def blobs():
    return FakeBlobs()


@pytest.fixture
def syncing(db, blobs, clock):
    return Syncing(db, blobs, clock)


async def kept(db):
    async with db.read() as conn:
        return {row.digest for row in await conn.execute(select(table))}


async def test_what_is_a_minute_old_is_secured_and_forgotten(db, clock, blobs, syncing):
    now = clock()
    async with db.write() as conn:
        await unsynced.add(conn, {"a": b"1"}, now - timedelta(seconds=61))
        await unsynced.add(conn, {"b": b"2"}, now - timedelta(seconds=30))
    await syncing.run()
    assert blobs.secured == [b"1"]
    assert await kept(db) == {"b"}


async def test_everything_is_secured_at_the_start_also_more_than_one_batch(
    db, clock, blobs, syncing
):
    many = {str(number): b"%d" % number for number in range(AT_ONCE + 1)}
    async with db.write() as conn:
        await unsynced.add(conn, many, clock())
    await syncing.recover()
    assert sorted(blobs.secured) == sorted(many.values())
    assert await kept(db) == set()


async def test_what_was_stored_again_meanwhile_is_kept(db, clock, syncing, blobs):
    now = clock()
    async with db.write() as conn:
        await unsynced.add(conn, {"a": b"1"}, now - timedelta(minutes=2))
        await unsynced.add(conn, {"a": b"1"}, now)
        await unsynced.forget(conn, ["a"], now - timedelta(minutes=1))
    assert await kept(db) == {"a"}
    await syncing.run()
    assert blobs.secured == []


async def test_a_failure_of_the_disk_forgets_nothing(db, clock, syncing, blobs):
    def full(_payloads):
        raise OSError("full")

    blobs.secure = full
    async with db.write() as conn:
        await unsynced.add(conn, {"a": b"1"}, clock())
    with pytest.raises(OSError, match="full"):
        await syncing.recover()
    assert await kept(db) == {"a"}
