from datetime import timedelta

import pytest
from sqlalchemy import select

from gateway.engine import syncing as module
from gateway.engine.syncing import AT_ONCE, EARLIEST, Syncing
from gateway.store import unsynced
from gateway.store.tables import unsynced as table


class FakeBlobs:
    """Remembers what was secured; what is bad cannot be."""

    def __init__(self):
        self.secured = []
        self.bad = set()

    def secure(self, payloads):
        done = {digest: payloads[digest] for digest in payloads.keys() - self.bad}
        self.secured += done.values()
        return done.keys()


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


async def test_the_start_does_not_ask_the_clock(db, clock, blobs, syncing):
    """A power cut may have taken its time: years after or before what is kept."""
    now = clock()
    async with db.write() as conn:
        await unsynced.add(conn, {"a": b"1"}, now + timedelta(days=20_000))
        await unsynced.add(conn, {"b": b"2"}, now - timedelta(days=20_000))
    await syncing.recover()
    assert sorted(blobs.secured) == [b"1", b"2"]
    assert await kept(db) == set()


async def test_a_clock_that_stepped_back_lets_nothing_stay(db, clock, blobs, syncing):
    now = clock()
    async with db.write() as conn:
        await unsynced.add(conn, {"a": b"1"}, now + timedelta(seconds=61))
        await unsynced.add(conn, {"b": b"2"}, now + timedelta(seconds=30))
    await syncing.run()
    assert blobs.secured == [b"1"]
    assert await kept(db) == {"b"}


async def test_what_was_stored_again_meanwhile_is_kept(db, clock, syncing, blobs):
    """Also if it is older by then: the clock may have been set."""
    now = clock()
    async with db.write() as conn:
        await unsynced.add(conn, {"a": b"1", "b": b"2", "c": b"3"}, now)
        read = await unsynced.page(conn, (EARLIEST, ""), now, 10)
        await unsynced.add(conn, {"a": b"1"}, now + timedelta(seconds=1))
        await unsynced.add(conn, {"b": b"2"}, now - timedelta(seconds=1))
        await unsynced.forget(conn, read)
    assert await kept(db) == {"a", "b"}
    await syncing.run()
    assert blobs.secured == []


async def test_the_bad_ones_stay_and_those_behind_them_are_reached(
    db, clock, syncing, blobs, monkeypatch
):
    monkeypatch.setattr(module, "AT_ONCE", 2)
    blobs.bad = {"a", "b", "d"}
    async with db.write() as conn:
        many = dict.fromkeys("abcde", b"1")
        await unsynced.add(conn, many, clock() - timedelta(minutes=2))
    await syncing.run()
    assert await kept(db) == blobs.bad
    await syncing.recover()
    assert await kept(db) == blobs.bad
    blobs.bad = set()
    await syncing.run()
    assert await kept(db) == set()


async def test_a_failure_of_the_disk_forgets_nothing(db, clock, syncing, blobs):
    def full(_payloads):
        raise OSError("full")

    blobs.secure = full
    async with db.write() as conn:
        await unsynced.add(conn, {"a": b"1"}, clock())
    with pytest.raises(OSError, match="full"):
        await syncing.recover()
    assert await kept(db) == {"a"}
