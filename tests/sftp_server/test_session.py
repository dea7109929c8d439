import asyncio
import errno
import os
import stat

import asyncssh
import pytest
from sftp_loopback import connect, make_server
from sftp_world import BOX, World
from sqlalchemy import insert

from gateway.store import transfers
from gateway.store.tables import entries
from sftp_server.session import Session

pytestmark = pytest.mark.integration


async def put(client, path, data=b"UNB+", **options):
    async with client.open(path, "wb", **options) as file:
        await file.write(data)


async def test_the_five_folders_are_there_and_empty(client):
    names = {name for name in await client.listdir("/") if not name.startswith(".")}
    assert names == {"outbox", "coutbox", "inbox", "cinbox", "error"}
    for name in names:
        assert await client.isdir(name)
        assert set(await client.listdir(name)) == {".", ".."}


async def test_an_upload_is_taken_when_its_close_is_answered(client, world):
    await put(client, "coutbox/order.edi")
    (transfer,) = await world.routes()
    assert await world.content(transfer) == b"UNB+"


async def test_the_transfer_knows_how_it_came(client, world):
    await put(client, "coutbox/order.edi")
    (transfer,) = await world.routes()
    async with world.db.read() as conn:
        upload = (await transfers.received(conn, transfer)).upload
    assert upload.attributes["login"] == BOX
    assert upload.attributes["remoteAddress"] == "127.0.0.1"
    assert upload.attributes["folder"] == "coutbox"


async def test_a_lost_connection_never_commits(server, world):
    async with connect(server) as conn:
        client = await conn.start_sftp_client()
        file = await client.open("coutbox/order.edi", "wb")
        await file.write(b"UNB+")
        closed = await client.open("coutbox/closed.part", "wb")
        await closed.close()  # the last request was a CLOSE, of another file
        conn.abort()
    while server.connections:
        await asyncio.sleep(0.01)
    assert await world.routes() == []
    entry = await world.stat("coutbox/order.edi")
    assert (entry.size, entry.blob) == (4, None)


async def test_an_interrupted_upload_is_resumed_and_taken_once(server, client, world):
    async with connect(server) as conn:
        first = await conn.start_sftp_client()
        file = await first.open("coutbox/order.edi", "wb")
        await file.write(b"UNB")
        conn.abort()
    assert (await client.stat("coutbox/order.edi")).size == 3
    flags = asyncssh.FXF_WRITE
    async with client.open("coutbox/order.edi", flags, encoding=None) as file:
        await file.write(b"+UNZ", 3)
    (transfer,) = await world.routes()
    assert await world.content(transfer) == b"UNB+UNZ"


async def test_an_append_goes_to_the_end(client, world):
    await put(client, "coutbox/a.part", b"UN")
    async with client.open("coutbox/a.part", "ab") as file:
        await file.write(b"B", 0)
    assert (await client.stat("coutbox/a.part")).size == 3
    await client.rename("coutbox/a.part", "coutbox/a.edi")
    (transfer,) = await world.routes()
    assert await world.content(transfer) == b"UNB"


async def test_the_session_that_opened_last_owns_the_upload(server, client, world):
    old = await client.open("coutbox/order.edi", "wb")
    await old.write(b"old")
    async with connect(server) as conn, conn.start_sftp_client() as second:
        flags = asyncssh.FXF_WRITE
        new = await second.open("coutbox/order.edi", flags, encoding=None)
        with pytest.raises(asyncssh.SFTPError, match="another session"):
            await old.write(b"x")
        await new.write(b"new!")
        await new.close()
    with pytest.raises(asyncssh.SFTPError, match="another session"):
        await old.close()
    (transfer,) = await world.routes()
    assert await world.content(transfer) == b"new!"


async def test_out_of_order_writes_make_the_same_file(client, world):
    file = await client.open("coutbox/a.edi", "wb")
    await file.write(b"cd", 2)
    await file.write(b"ab", 0)
    assert (await file.stat()).size == 4
    await file.fsync()
    await file.close()
    (transfer,) = await world.routes()
    assert await world.content(transfer) == b"abcd"


async def test_a_large_file_goes_both_ways_unchanged(client, world, tmp_path):
    data = os.urandom(3_000_001)
    (tmp_path / "up").write_bytes(data)
    await client.put(tmp_path / "up", "coutbox/large.part")
    await client.get("coutbox/large.part", tmp_path / "down")
    assert (tmp_path / "down").read_bytes() == data


async def test_times_are_kept_and_modes_and_owners_accepted(client, world):
    await put(client, "coutbox/a.part")
    await client.utime("coutbox/a.part", (1_000_000_000, 1_000_000_001))
    await client.chmod("coutbox/a.part", 0o777)
    await client.chown("coutbox/a.part", 1000, 1000)
    found = await client.stat("coutbox/a.part")
    assert (found.mtime, found.uid, found.gid) == (1_000_000_001, 0, 0)
    assert stat.filemode(found.permissions) == "-rw-r-----"
    await client.setstat("coutbox", asyncssh.SFTPAttrs(permissions=0o777))


async def test_a_time_set_on_the_open_file_is_kept(client):
    file = await client.open("coutbox/a.part", "wb")
    await file.utime((5, 6))
    assert (await file.stat()).mtime == 6
    await file.close()
    assert (await client.lstat("coutbox/a.part")).mtime == 6


async def test_an_open_file_can_be_cut(client):
    file = await client.open("coutbox/a.part", "w+b")
    await file.write(b"abcdef")
    await file.truncate(3)
    assert await file.read(10, 0) == b"abc"
    await file.close()
    assert (await client.stat("coutbox/a.part")).size == 3
    with pytest.raises(asyncssh.SFTPOpUnsupported, match="open the file"):
        await client.truncate("coutbox/a.part", 1)


async def test_a_consumed_file_still_answers_the_session_that_sent_it(client, world):
    await put(client, "coutbox/a.edi")
    (transfer,) = await world.routes()
    await world.consume(transfer)
    assert (await client.stat("coutbox/a.edi")).size == 4
    await client.utime("coutbox/a.edi", (1, 1))
    assert "a.edi" not in await client.listdir("coutbox")
    await put(client, "coutbox/b.part")
    await client.rename("coutbox/b.part", "coutbox/b.edi")
    await world.consume((await world.routes())[-1])
    assert (await client.stat("coutbox/b.edi")).size == 4


async def test_a_consumed_file_is_gone_for_others_and_after_a_while(
    running, world, gate
):
    async with running(linger=0) as server, connect(server) as conn:
        client = await conn.start_sftp_client()
        await put(client, "coutbox/a.edi")
        (transfer,) = await world.routes()
        await world.consume(transfer)
        with pytest.raises(asyncssh.SFTPNoSuchFile, match=r"no coutbox/a\.edi"):
            await client.stat("coutbox/a.edi")


@pytest.mark.parametrize("folder", ["inbox", "cinbox", "error", "inbox/sub"])
async def test_partners_put_nothing_into_the_gateways_folders(client, world, folder):
    await world.make_folder("inbox/sub")
    with pytest.raises(asyncssh.SFTPPermissionDenied, match="written by the gateway"):
        await put(client, f"{folder}/a")


@pytest.mark.parametrize("path", ["/a", "/outbox/../a", "/.ssh", "/OUTBOX"])
async def test_nothing_is_made_beside_the_five(client, path):
    with pytest.raises(asyncssh.SFTPNoSuchFile, match="the folders are"):
        await put(client, path)
    with pytest.raises(asyncssh.SFTPPermissionDenied, match="the folders are"):
        await client.mkdir(path)


@pytest.mark.parametrize("path", ["/", "/inbox", "outbox/."])
async def test_the_root_and_the_five_cannot_be_changed(client, path):
    for change in (
        client.rmdir(path),
        client.remove(path),
        client.rename(path, "/outbox/x"),
        client.mkdir(path),
    ):
        with pytest.raises(asyncssh.SFTPPermissionDenied, match="always there"):
            await change
    with pytest.raises(asyncssh.SFTPFailure, match="is a folder"):
        await client.open(path, "wb")


async def test_sub_folders_are_made_moved_and_removed(client, world):
    await client.mkdir("coutbox/new")
    await put(client, "coutbox/new/a.part")
    await client.rename("coutbox/new", "coutbox/old")
    assert "a.part" in await client.listdir("coutbox/old")
    with pytest.raises(asyncssh.SFTPFailure, match="not empty"):
        await client.rmdir("coutbox/old")
    with pytest.raises(asyncssh.SFTPFailure, match="is a folder"):
        await client.open("coutbox/old", "rb")
    await client.remove("coutbox/old/a.part")
    await client.rmdir("coutbox/old")
    assert await world.paths() == []


async def test_a_posix_rename_replaces_and_a_plain_one_does_not(client):
    await put(client, "coutbox/a.part", b"a")
    await put(client, "coutbox/b.part", b"bb")
    with pytest.raises(asyncssh.SFTPFailure, match="exists"):
        await client.rename("coutbox/a.part", "coutbox/b.part")
    await client.posix_rename("coutbox/a.part", "coutbox/b.part")
    assert (await client.stat("coutbox/b.part")).size == 1


async def test_there_are_no_links(client):
    await put(client, "coutbox/a.part")
    for wish in (
        client.symlink("/etc/passwd", "coutbox/b"),
        client.link("coutbox/a.part", "coutbox/b"),
        client.readlink("coutbox/a.part"),
    ):
        with pytest.raises(asyncssh.SFTPOpUnsupported):
            await wish


async def test_a_partial_cannot_be_read(client):
    file = await client.open("coutbox/a.edi", "wb")
    with pytest.raises(asyncssh.SFTPFailure, match="not complete"):
        await client.open("coutbox/a.edi", "rb")
    await file.close()


async def test_paths_are_made_absolute(client):
    assert await client.realpath(".") == "/"
    assert await client.realpath("outbox//./x/..") == "/outbox"
    assert await client.realpath("../../etc") == "/etc"
    with pytest.raises(asyncssh.SFTPNoSuchFile, match="UTF-8"):
        await client.realpath(b"\xff")


async def test_names_may_be_any_text(client):
    name = "Bestellung Größe № 5, 注文\u3000書\u00a0👩\u200d🔧.part"
    await put(client, f"coutbox/{name}")
    assert name in await client.listdir("coutbox")
    with pytest.raises(asyncssh.SFTPNoSuchFile, match="illegal character"):
        await put(client, "coutbox/a\nb")
    with pytest.raises(asyncssh.SFTPNoSuchFile, match="255 bytes"):
        await put(client, "coutbox/" + "ü" * 128)


async def test_a_long_listing_comes_whole(client, world):
    row = {"mailbox": BOX, "folder": "inbox", "is_folder": True, "size": 0}
    rows = [
        {**row, "name": f"{number:03}", "modified_at": world.clock()}
        for number in range(520)
    ]
    async with world.db.write() as conn:
        await conn.execute(insert(entries), rows)
    names = await client.listdir("inbox")
    assert len(names) == 522
    assert len(set(names)) == 522


async def test_a_listing_shows_neutral_owners(client):
    await put(client, "coutbox/a.part")
    names = await client.readdir("coutbox")
    line = next(n.longname for n in names if n.filename == "a.part")
    assert line.startswith("-rw-r-----    1 mailbox  mailbox         4 ")


async def test_the_quota_is_told_and_kept(db, clock, tmp_path, gate):
    world = World(db, tmp_path, clock, quota=10_000)
    await world.add_mailbox()
    server = make_server(world, gate, max_file_bytes=9000)
    await server.start()
    async with connect(server) as conn, conn.start_sftp_client() as client:
        await put(client, "coutbox/a.part", b"x" * 4096)
        found = await client.statvfs("coutbox")
        assert found.frsize * found.bavail == 5 * 1024
        with pytest.raises(asyncssh.SFTPError, match="mailbox is full"):
            await put(client, "coutbox/b.edi", b"x" * 6000)
        with pytest.raises(asyncssh.SFTPError, match="9000 bytes"):
            await put(client, "coutbox/c.edi", b"x" * 9001)
        file = await client.open("coutbox/d.edi", "wb")
        with pytest.raises(asyncssh.SFTPError, match="9000 bytes"):
            await file.write(b"x", 1 << 40)
        with pytest.raises(asyncssh.SFTPError, match="9000 bytes"):
            await file.close()
    assert await world.routes() == []
    await server.stop(1)


async def test_our_own_failure_says_nothing_of_its_cause(client, world, caplog):
    file = await client.open("coutbox/a.edi", "wb")
    world.blobs.root.mkdir(exist_ok=True)
    (world.blobs.root / "ba").write_text("in the way")
    await file.write(b"abc")
    with pytest.raises(asyncssh.SFTPFailure, match="nothing was taken"):
        await file.close()
    assert "an SFTP request failed" in caplog.text
    assert await world.routes() == []


async def test_a_failing_database_is_logged_and_not_shown_to_the_client(
    client, world, caplog
):
    async with world.db.write() as conn:
        await conn.exec_driver_sql("ALTER TABLE entries RENAME TO gone")
    with pytest.raises(asyncssh.SFTPFailure) as caught:
        await client.listdir("coutbox")
    assert "reason of its own" in str(caught.value)
    assert "entries" not in str(caught.value)
    assert "FROM entries" in caplog.text


async def test_a_full_disk_is_told_to_the_client_and_takes_one_line_of_the_log(
    client, world, caplog, monkeypatch
):
    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    file = await client.open("coutbox/a.edi", "wb")
    await file.write(b"abc")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(asyncssh.SFTPFailure, match="cannot store anything now"):
        await file.close()
    (line,) = [each for each in caplog.records if each.name == "sftp_server.errors"]
    assert "no room is left" in line.message
    assert line.exc_info is None
    assert await world.routes() == []


async def test_data_is_copied_inside_the_server(client, world):
    await put(client, "coutbox/a.part", b"x" * 300_000)
    async with (
        client.open("coutbox/a.part", "rb") as source,
        client.open("coutbox/b.edi", "wb") as target,
    ):
        await client.remote_copy(source, target)
    (transfer,) = await world.routes()
    assert await world.content(transfer) == b"x" * 300_000


async def test_open_files_are_counted(running):
    async with running(max_handles=2) as server, connect(server) as conn:
        client = await conn.start_sftp_client()
        files = [await client.open(f"coutbox/{n}.part", "wb") for n in range(2)]
        with pytest.raises(asyncssh.SFTPFailure, match="too many open files"):
            await client.open("coutbox/3.part", "wb")
        with pytest.raises(asyncssh.SFTPFailure, match="too many open files"):
            await client.listdir("coutbox")
        await files[0].close()
        await client.listdir("coutbox")


async def test_a_file_open_for_reading_is_not_written_to(client, world):
    await put(client, "coutbox/a.part")
    async with client.open("coutbox/a.part", "rb") as file:
        assert (await file.stat()).size == 4
        assert (await file.statvfs()).namemax == 255
        await file.fsync()
        await file.utime((1, 1))
        with pytest.raises(asyncssh.SFTPPermissionDenied, match="reading only"):
            await file.write(b"x")


async def test_a_stopping_server_begins_no_upload(server, client):
    server._house.stopping = True
    with pytest.raises(asyncssh.SFTPFailure, match="stopping"):
        await client.open("coutbox/a", "wb")


async def test_what_is_not_there_cannot_be_touched_or_listed(client):
    for call in (
        client.utime("coutbox/none", (1, 1)),
        client.stat("coutbox/none/deeper"),
        client.readdir("coutbox/none"),
        client.statvfs("coutbox/none"),
    ):
        with pytest.raises(asyncssh.SFTPNoSuchFile):
            await call


@pytest.mark.parametrize(
    ("call", "arguments"),
    [
        ("open56", (b"inbox/a", 0, 0, asyncssh.SFTPAttrs())),
        ("lock", (object(), 0, 1, 0)),
        ("unlock", (object(), 0, 1)),
        ("link", (b"a", b"b")),
        ("map_path", (b"/etc",)),
        ("reverse_map_path", (b"/etc",)),
    ],
)
def test_what_sftp_3_cannot_ask_for_is_refused_all_the_same(call, arguments):
    session = Session.__new__(Session)
    with pytest.raises(asyncssh.SFTPOpUnsupported):
        getattr(session, call)(*arguments)
