"""News: told as soon as they are committed, to whoever waits."""

import asyncio
from dataclasses import dataclass

import pytest
from transfer_builders import put_received

from gateway.core.desk.news import News
from gateway.core.integration import Mailbox
from gateway.core.model import MailboxId, TransferId
from gateway.engine.desk import news as module
from gateway.engine.desk.news import Newsroom
from gateway.store import mailboxes, transfers
from gateway.store.database import Database

BOX = MailboxId("00000000-0000-4000-8000-000000000001")
LONG, SHORT = 30.0, 0.01


@pytest.fixture
async def room(db, clock):
    async with db.write() as conn:
        await mailboxes.add(conn, Mailbox(id=BOX, name="Shop"), clock())
    return Newsroom.open(db)


@pytest.fixture
def receive(db, clock):
    """Return what records a received file."""

    async def one(uuid):
        await put_received(db, BOX, clock(), uuid)

    return one


async def test_what_is_there_is_told_at_once(room, receive):
    assert await room.newest() == 0
    await receive("t1")
    await receive("t2")
    assert await room.after(0, LONG, asyncio.Event()) == News(2, ("t1", "t2"))
    assert await room.after(1, LONG, asyncio.Event()) == News(2, ("t2",))


async def test_a_commit_wakes_who_waits(room, receive):
    async with asyncio.TaskGroup() as group:
        told = group.create_task(room.after(0, LONG, asyncio.Event()))
        await asyncio.sleep(0)
        await receive("t1")
    assert told.result() == News(1, ("t1",))


async def test_nothing_is_told_of_what_was_rolled_back(db, clock, room, receive):
    await receive("t1")
    with pytest.raises(ZeroDivisionError):
        async with db.write() as conn:
            await transfers.note(conn, TransferId("t1"), clock(), "x", "y")
            raise ZeroDivisionError
    assert (await room.after(1, SHORT, asyncio.Event())).transfers == ()


async def test_who_waits_may_be_woken_for_nothing(room):
    bell = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        told = group.create_task(room.after(0, LONG, bell))
        await asyncio.sleep(0)
        bell.set()
    assert told.result() == News(0)


@dataclass(frozen=True)
class Shared:
    """A database that other processes may write to."""

    db: Database
    embedded = False

    def read(self):
        return self.db.read()


async def test_where_others_write_too_one_looks_again(db, monkeypatch):
    monkeypatch.setattr(module, "OTHERS_SECONDS", SHORT)
    room = Newsroom(Shared(db))
    assert await room.after(0, LONG, asyncio.Event()) == News(0, everything=True)
