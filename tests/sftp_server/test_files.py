import asyncio
import errno
import os

import asyncssh
import pytest
from sftp_loopback import connect
from sftp_world import BOX, place

from gateway.core.errors import Conflict, QuotaExceeded, Refusal
from sftp_server.files import Writers, Writing


async def unlimited():
    return None


def a_writing(spool, **values):
    return Writing(
        **{
            "spool": spool,
            "append": False,
            "max_bytes": 1 << 30,
            "room_left": unlimited,
            **values,
        }
    )


@pytest.mark.parametrize(
    ("number", "kind", "words"),
    [
        (errno.ENOSPC, QuotaExceeded, "disk is full"),
        (errno.EIO, Refusal, "could not write"),
    ],
)
async def test_a_failed_write_fails_the_close_too(
    world, monkeypatch, number, kind, words
):
    def fail(*_args):
        raise OSError(number, "broken")

    writing = a_writing(await world.begin("coutbox/a.edi"))
    assert await writing.open()
    await writing.write(0, b"abc")
    monkeypatch.setattr(os, "pwrite", fail)
    with pytest.raises(kind, match=words):
        await writing.write(3, b"def")
    monkeypatch.undo()
    committed = []
    with pytest.raises(kind, match=words):
        await writing.finish(committed.append)
    assert committed == []
    assert writing.fd == -1


async def test_an_upload_leaves_the_disk_what_the_database_needs(running):
    async with running(keep_free=1 << 60) as server, connect(server) as conn:
        client = await conn.start_sftp_client()
        with pytest.raises(asyncssh.SFTPError, match="disk is nearly full"):
            async with client.open("coutbox/a.edi", "wb") as file:
                await file.write(b"abc")
        assert await client.listdir("coutbox") == [".", "..", "a.edi"]
        await client.remove("coutbox/a.edi")


async def test_a_file_that_became_a_blob_is_never_written_to(world):
    """The first look may be too early: the entry changes before the file is opened."""
    spool = await world.begin("coutbox/a.edi")
    spool.file.write_bytes(b"abc")
    await world.uploads.finish(spool, {})
    fresh = await world.begin("coutbox/b.edi")
    os.link(fresh.file, world.spool / "blob")
    answers = [spool, fresh, await world.begin("coutbox/c.edi")]

    async def begin():
        return answers.pop(0)

    writing = await Writers().open(begin, a_writing)
    assert answers == []
    assert writing.spool.file != fresh.file
    writing.shut()


async def test_two_that_fight_over_a_name_are_told(world):
    spool = await world.begin("coutbox/a.edi")
    spool.file.unlink()

    async def begin():
        return spool

    with pytest.raises(Conflict, match="somebody else"):
        await Writers().open(begin, a_writing)


async def test_the_quota_is_looked_up_now_and_then(world):
    looks = []

    async def room():
        looks.append(1)
        return 10_000_000

    writing = a_writing(await world.begin("coutbox/a.edi"), room_left=room)
    await writing.open()
    for number in range(100):
        await writing.write(number * 1000, b"x" * 1000)
    assert len(looks) == 1
    writing.shut()


async def test_a_client_that_does_not_fetch_its_answers_costs_little(running, world):
    """After dos.py of many servers: READs without end, a window that stays shut."""
    receipt = await world.put("outbox/x.xml")
    blob = await world.blobs.put(os.urandom(1 << 20))
    await world.deposits.place(BOX, *place("inbox/big"), blob, receipt.id)
    async with running() as server, connect(server) as conn:
        client = await conn.start_sftp_client()
        handler = client._handler
        handle = await handler.open(
            b"inbox/big", asyncssh.FXF_READ, asyncssh.SFTPAttrs()
        )
        handler._reader._chan.pause_reading()
        for number in range(400):
            handler.send_packet(
                5,
                number + 1000,
                (number + 1000).to_bytes(4, "big"),
                len(handle).to_bytes(4, "big") + handle,
                (0).to_bytes(8, "big"),
                (1 << 18).to_bytes(4, "big"),
            )
        (door,) = server._crowd.doors
        most = 0
        for _ in range(20):
            await asyncio.sleep(0.02)
            channels = door._conn._channels.values()
            most = max(most, *(c.get_write_buffer_size() for c in channels))
        assert 1 << 18 < most < 1 << 21
        conn.abort()
