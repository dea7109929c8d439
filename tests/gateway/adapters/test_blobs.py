import asyncio
import errno
import hashlib
import os
import sys
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest

from gateway.adapters import blobs as module
from gateway.adapters.blobs import CHUNK, LAID_MAX, FolderBlobs
from gateway.core.errors import Outage, StorageError
from gateway.core.model import BlobRef

ABC = hashlib.sha256(b"abc").hexdigest()
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
LATER = datetime(2100, 1, 1, tzinfo=UTC)


@pytest.fixture
def blobs(tmp_path):
    numbers = count()
    return FolderBlobs(tmp_path / "blobs", lambda: str(next(numbers)))


async def content(blobs, ref):
    return b"".join([data async for data in blobs.read(ref)])


def files(blobs):
    found = [path for path in blobs.root.rglob("*") if path.is_file()]
    return sorted(path.name for path in found if path.name != ".lock")


def age(path, to=LONG_AGO):
    os.utime(path, (to.timestamp(), to.timestamp()))


class PowerCut(Exception):
    pass


def cut_at(monkeypatch, owner, name):
    def cut(*_args, **_kwargs):
        raise PowerCut

    monkeypatch.setattr(owner, name, cut)


async def test_a_blob_lies_under_the_first_two_digits_of_its_digest(blobs):
    ref = await blobs.put(b"abc")
    assert ref == BlobRef(ABC, 3)
    assert blobs.path(ref) == blobs.root / "ba" / ABC
    assert await content(blobs, ref) == b"abc"
    assert files(blobs) == [ABC]


async def test_a_writer_takes_many_pieces_and_one_longer_than_its_buffer(blobs):
    pieces = [b"x" * 1000] * 300 + [b"y" * (CHUNK + 1), b""]
    async with blobs.writer() as writer:
        for piece in pieces:
            await writer.write(piece)
        ref = await writer.commit()
    whole = b"".join(pieces)
    assert ref == BlobRef(hashlib.sha256(whole).hexdigest(), len(whole))
    assert await content(blobs, ref) == whole


async def test_an_abandoned_writer_leaves_nothing(blobs):
    with pytest.raises(ConnectionResetError):
        async with blobs.writer() as writer:
            await writer.write(b"a" * CHUNK)
            raise ConnectionResetError
    assert files(blobs) == []


async def test_a_cancelled_writer_leaves_nothing(blobs):
    started = asyncio.Event()

    async def endless():
        async with blobs.writer() as writer:
            while True:
                await writer.write(b"a" * CHUNK)
                started.set()

    async with asyncio.TaskGroup() as group:
        task = group.create_task(endless())
        await started.wait()
        task.cancel()
    assert files(blobs) == []


async def test_nobody_else_may_read_what_is_stored(blobs):
    ref = await blobs.put(b"abc")
    assert blobs.path(ref).stat().st_mode & 0o777 == 0o600
    assert blobs.path(ref).parent.stat().st_mode & 0o777 == 0o700


async def test_the_same_bytes_are_kept_once_and_count_as_new_again(blobs):
    ref = await blobs.put(b"abc")
    age(blobs.path(ref))
    assert await blobs.put(b"abc") == ref
    assert files(blobs) == [ABC]
    assert blobs.path(ref).stat().st_mtime > LONG_AGO.timestamp()


async def test_a_damaged_blob_is_replaced_by_the_same_bytes_stored_again(blobs):
    ref = await blobs.put(b"abc")
    blobs.path(ref).write_bytes(b"a")
    assert await blobs.put(b"abc") == ref
    assert await content(blobs, ref) == b"abc"


@pytest.fixture
def synced(monkeypatch):
    """Note what is synced: the names and the inodes."""
    found = []
    fsync = os.fsync

    def noted(fd):
        found.extend([Path(f"/proc/self/fd/{fd}").readlink().name, os.fstat(fd).st_ino])
        fsync(fd)

    monkeypatch.setattr(os, "fsync", noted)
    return found


def inode(blobs, ref):
    return blobs.path(ref).stat().st_ino


async def test_a_blob_is_laid_down_without_the_disk_and_synced_when_it_is_secured(
    blobs, synced
):
    ref = await blobs.put(b"abc")
    blobs.path(ref).unlink()
    synced.clear()
    assert blobs.lay_here(b"abc") == ref
    assert synced == []
    assert files(blobs) == [ABC]
    assert blobs.secure({ABC: b"abc"}) == {ABC}
    assert synced[::2] == [ABC, "ba"]


@pytest.mark.parametrize("way", ["put", "adopt", "adopt and keep"])
async def test_a_small_blob_that_may_be_laid_only_gives_way_to_a_synced_one(
    blobs, synced, tmp_path, way
):
    ref = blobs.lay_here(b"abc")
    spool = tmp_path / "spool"
    spool.write_bytes(b"abc")
    age(spool)
    with blobs.path(ref).open() as laid:  # else its number may be given again
        if way == "put":
            await blobs.put(b"abc")
        else:
            await blobs.adopt(spool, keep=way != "adopt")
        assert inode(blobs, ref) != os.fstat(laid.fileno()).st_ino
    assert inode(blobs, ref) in synced
    assert spool.exists() == (way != "adopt")
    assert blobs.path(ref).stat().st_mtime > LONG_AGO.timestamp()


async def test_a_large_blob_that_is_there_is_kept(blobs):
    ref = await blobs.put(bytes(LAID_MAX + 1))
    before = inode(blobs, ref)
    with blobs.path(ref).open():
        await blobs.put(bytes(LAID_MAX + 1))
        assert inode(blobs, ref) == before
    assert files(blobs) == [ref.sha256]


async def test_laying_down_leaves_what_is_there_already(blobs, monkeypatch):
    """Another may have stored and synced it since it was looked for."""
    ref = await blobs.put(b"abc")
    missed = iter([False])
    monkeypatch.setattr(module, "holds", lambda *_: next(missed))
    replaced = []
    settle = FolderBlobs.settle

    def noted(self, temp, ref, *, keep):
        replaced.append(inode(self, ref))
        settle(self, temp, ref, keep=keep)

    before = inode(blobs, ref)
    monkeypatch.setattr(FolderBlobs, "settle", noted)
    assert blobs.lay_here(b"abc") == ref
    assert replaced == [before]  # by a synced one
    assert files(blobs) == [ABC]


@pytest.mark.parametrize("what", [ABC, "ba"])
async def test_what_the_disk_refused_once_is_not_believed_but_written_anew(
    blobs, monkeypatch, what
):
    """Linux reports once that it could not write a file, then takes it for clean."""
    ref = blobs.lay_here(b"abc")
    refused = [what, "1", "2"]  # then the new files, too
    fsync = os.fsync

    def failing(fd):
        name = Path(f"/proc/self/fd/{fd}").readlink().name
        if name in refused:
            refused.remove(name)
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        fsync(fd)

    monkeypatch.setattr(os, "fsync", failing)
    with blobs.path(ref).open() as laid:
        assert blobs.secure({ABC: b"abc"}) == set()
        assert blobs.secure({ABC: b"abc"}) == set()
        again = FolderBlobs(blobs.root, lambda: "again")
        assert again.secure({ABC: b"abc"}) == {ABC}
        assert inode(blobs, ref) != os.fstat(laid.fileno()).st_ino
    assert refused == []
    assert await content(blobs, ref) == b"abc"
    assert files(blobs) == [ABC]
    assert again.secure({ABC: b"abc"}) == {ABC}


async def test_a_refused_file_is_not_believed_after_a_crash_either(blobs, monkeypatch):
    ref = blobs.lay_here(b"abc")

    def refused(_fd):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", refused)
        cut_at(patch, FolderBlobs, "put_here")
        with pytest.raises(PowerCut):
            blobs.secure({ABC: b"abc"})
    with blobs.path(ref).open() as left:
        assert blobs.secure({ABC: b"abc"}) == {ABC}
        assert inode(blobs, ref) != os.fstat(left.fileno()).st_ino


async def test_a_file_whose_folder_the_disk_refused_is_not_believed(blobs, monkeypatch):
    ref = blobs.lay_here(b"abc")
    blobs.path(ref).unlink()

    def refused(_path):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with monkeypatch.context() as patch:
        patch.setattr(module, "fsync", refused)
        assert blobs.secure({ABC: b"abc"}) == set()
    with blobs.path(ref).open() as left:
        assert blobs.secure({ABC: b"abc"}) == {ABC}
        assert inode(blobs, ref) != os.fstat(left.fileno()).st_ino


async def test_one_that_cannot_be_secured_is_logged_and_the_others_are(blobs, caplog):
    ref = blobs.lay_here(b"bad")
    blobs.path(ref).unlink()
    blobs.path(ref).mkdir()
    loop = blobs.path(blobs.lay_here(b"loop"))
    loop.unlink()
    loop.symlink_to(loop)  # as unreadable as one on a bad sector
    blobs.lay_here(b"abc")
    payloads = {ref.sha256: b"bad", loop.name: b"loop", ABC: b"abc"}
    assert blobs.secure(payloads) == {loop.name, ABC}
    (line,) = caplog.messages
    assert line.startswith(f"payload {ref.sha256} is kept in the database, but not on")
    assert "Is a directory" in line
    assert "see to the disk" in line
    assert await content(blobs, BlobRef(loop.name, 4)) == b"loop"


@pytest.mark.parametrize("left", [None, b"", b"\0\0\0"])
async def test_what_a_power_cut_took_of_a_laid_blob_is_written_anew(blobs, left):
    ref = blobs.lay_here(b"abc")
    blobs.path(ref).unlink()
    if left is not None:
        blobs.path(ref).write_bytes(left)
    blobs.secure({ABC: b"abc"})
    assert await content(blobs, ref) == b"abc"


async def test_a_blob_that_a_power_cut_left_full_of_zeros_is_not_taken_for_the_bytes(
    blobs,
):
    ref = blobs.lay_here(b"abc")
    blobs.path(ref).write_bytes(bytes(3))
    await blobs.put(b"abc")
    assert await content(blobs, ref) == b"abc"


async def test_many_may_store_the_same_bytes_at_once(blobs):
    refs = await asyncio.gather(*[blobs.put(b"abc") for _ in range(20)])
    assert set(refs) == {BlobRef(ABC, 3)}
    assert files(blobs) == [ABC]


async def test_many_may_adopt_the_same_bytes_at_once(tmp_path):
    ids = iter(range(10**6))
    blobs = FolderBlobs(tmp_path / "blobs", lambda: str(next(ids)))
    for turn in range(20):
        spooled = [tmp_path / f"{turn}-{n}" for n in range(16)]
        for file in spooled:
            file.write_bytes(b"the same %d" % turn)
        found = await asyncio.gather(*(blobs.adopt(f, keep=True) for f in spooled))
        assert len(set(found)) == 1
        assert all(file.exists() for file in spooled)
        assert await content(blobs, found[0]) == b"the same %d" % turn
    assert not list((blobs.root / "tmp").iterdir())


async def test_an_adopted_file_is_moved(blobs, tmp_path):
    spool = tmp_path / "spool"
    spool.write_bytes(b"abc")
    ref = await blobs.adopt(spool)
    assert ref == BlobRef(ABC, 3)
    assert not spool.exists()
    assert await content(blobs, ref) == b"abc"


async def test_an_adopted_file_may_keep_its_own_name_too(blobs, tmp_path):
    spool = tmp_path / "spool"
    spool.write_bytes(b"abc")
    assert await blobs.adopt(spool, keep=True) == BlobRef(ABC, 3)
    assert spool.samefile(blobs.path(BlobRef(ABC, 3)))
    assert await blobs.adopt(spool) == BlobRef(ABC, 3)
    assert not spool.exists()
    assert await content(blobs, BlobRef(ABC, 3)) == b"abc"


async def test_adopting_with_keep_replaces_a_damaged_blob(blobs, tmp_path):
    ref = await blobs.put(b"abc")
    blobs.path(ref).write_bytes(b"")
    spool = tmp_path / "spool"
    spool.write_bytes(b"abc")
    await blobs.adopt(spool, keep=True)
    assert await content(blobs, ref) == b"abc"
    assert spool.exists()


async def test_a_spool_file_that_is_gone_is_named(blobs, tmp_path):
    with pytest.raises(StorageError, match=r"nowhere could not be used: No such file"):
        await blobs.adopt(tmp_path / "nowhere")


async def test_a_missing_blob_is_named_when_it_is_read(blobs):
    with pytest.raises(StorageError, match=f"blob {ABC} is missing; restore"):
        await content(blobs, BlobRef(ABC, 3))


async def test_an_unreadable_blob_is_named(blobs):
    blobs.path(BlobRef(ABC, 3)).mkdir(parents=True)
    with pytest.raises(StorageError, match=f"blob {ABC}: Is a directory"):
        await content(blobs, BlobRef(ABC, 3))


async def test_a_shortened_blob_is_noticed_when_it_is_read(blobs):
    ref = await blobs.put(b"abc")
    blobs.path(ref).write_bytes(b"ab")
    with pytest.raises(StorageError, match="has 2 bytes, 3 were stored"):
        await content(blobs, ref)


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
async def test_a_full_disk_is_said_in_words_and_leaves_nothing(
    blobs, monkeypatch, code
):
    def full(_fd):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(module.os, "fsync", full)
    with pytest.raises(StorageError, match="no room is left on the disk of"):
        await blobs.put(b"abc")
    with pytest.raises(StorageError, match="no room is left on the disk of"):
        async with blobs.writer() as writer:
            await writer.write(b"abc")
            await writer.commit()
    assert files(blobs) == []


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")  # noqa: PTH110 - evaluated at import
async def test_a_writer_survives_a_disk_that_is_full_even_at_its_end(
    blobs, monkeypatch
):
    def create(_temp):
        return open("/dev/full", "wb", buffering=CHUNK * 4)  # noqa: PTH123 - the writer closes it

    monkeypatch.setattr(module, "create", create)
    with pytest.raises(StorageError, match="no room is left"):
        async with blobs.writer() as writer:
            await writer.write(b"a" * CHUNK)
            await writer.commit()


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")  # noqa: PTH110 - evaluated at import
@pytest.mark.parametrize("step", ["write", "link"])
def test_laying_down_on_a_full_disk_leaves_nothing(blobs, monkeypatch, step):
    def create(temp):
        temp.parent.mkdir(parents=True, exist_ok=True)
        temp.touch()
        return open("/dev/full", "wb")  # noqa: PTH123 - the writer closes it

    def full(*_args):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    if step == "write":
        monkeypatch.setattr(module, "create", create)
    else:
        monkeypatch.setattr(module.os, "link", full)
    with pytest.raises(Outage, match="no room is left"):
        blobs.lay_here(b"abc")
    assert files(blobs) == []


LAID_STEPS = [(module, "create"), (module.os, "link"), (module.os, "utime")]


@pytest.mark.parametrize("step", range(len(LAID_STEPS)))
async def test_a_crash_while_a_blob_is_laid_down_never_shows_half_of_it(
    blobs, monkeypatch, step
):
    with monkeypatch.context() as patch:
        patch.setattr(module, "discard", lambda _temp, file: file.close())
        cut_at(patch, *LAID_STEPS[step])
        with pytest.raises(PowerCut):
            blobs.lay_here(b"abc")
    whole = blobs.path(BlobRef(ABC, 3))
    assert not whole.exists() or whole.read_bytes() == b"abc"
    await blobs.sweep(LATER)
    assert blobs.lay_here(b"abc") == BlobRef(ABC, 3)
    assert files(blobs) == [ABC]
    assert blobs.secure({ABC: b"abc"}) == {ABC}


STEPS = [(module.os, "fsync"), (FolderBlobs, "settle"), (module, "fsync")]


@pytest.mark.parametrize("step", range(len(STEPS)))
async def test_a_power_cut_between_the_steps_never_shows_half_a_blob(
    blobs, monkeypatch, tmp_path, step
):
    spool = tmp_path / "spool"
    spool.write_bytes(b"abc")
    with monkeypatch.context() as patch:
        # a dead process tidies nothing up
        patch.setattr(module, "discard", lambda _temp, file: file.close())
        cut_at(patch, *STEPS[step])
        with pytest.raises(PowerCut):
            await blobs.put(b"abc")
        with pytest.raises(PowerCut):
            await blobs.adopt(spool, keep=True)
    whole = blobs.path(BlobRef(ABC, 3))
    assert not whole.exists() or whole.read_bytes() == b"abc"
    assert spool.read_bytes() == b"abc"
    await blobs.sweep(LATER)
    assert await blobs.adopt(spool) == BlobRef(ABC, 3)
    assert await content(blobs, BlobRef(ABC, 3)) == b"abc"
    assert files(blobs) == [ABC]


async def test_everything_is_synced_before_a_blob_counts_as_stored(blobs, monkeypatch):
    done = []
    fsync, settle = os.fsync, FolderBlobs.settle

    def noted_fsync(fd):
        path = Path(f"/proc/self/fd/{fd}").readlink()
        done.append(path.relative_to(blobs.root.parent).parts)
        fsync(fd)

    def noted_settle(self, *args, **kwargs):
        done.append("settle")
        settle(self, *args, **kwargs)

    monkeypatch.setattr(module.os, "fsync", noted_fsync)
    monkeypatch.setattr(FolderBlobs, "settle", noted_settle)
    await blobs.put(b"abc")
    root = blobs.root.name
    assert done == [(root, "tmp", "0"), "settle", (root,), (), (root, "ba")]


async def test_the_sweep_takes_old_temporary_files_only(blobs):
    ref = await blobs.put(b"abc")
    (blobs.root / "tmp" / "left").write_bytes(b"x")
    (blobs.root / "tmp" / "busy").write_bytes(b"x")
    age(blobs.root / "tmp" / "left")
    age(blobs.path(ref))
    assert await blobs.sweep(LONG_AGO + timedelta(days=1)) == 1
    assert files(blobs) == [ABC, "busy"]


async def test_the_sweep_of_a_folder_that_is_not_there_yet_finds_nothing(blobs):
    assert await blobs.sweep(LATER) == 0
    assert [found async for found in blobs.idle(LATER)] == []


async def test_only_what_was_not_stored_lately_is_idle_and_removed(blobs):
    old, new = await blobs.put(b"old"), await blobs.put(b"new")
    age(blobs.path(old))
    limit = LONG_AGO + timedelta(days=1)
    idle = [digest async for found in blobs.idle(limit) for digest in found]
    assert idle == [old.sha256]
    assert await blobs.remove([old.sha256, new.sha256, ABC], limit) == 1
    assert files(blobs) == [new.sha256]


async def test_a_blob_stored_again_meanwhile_is_not_removed(blobs):
    ref = await blobs.put(b"abc")
    age(blobs.path(ref))
    limit = LONG_AGO + timedelta(days=1)
    idle = [digest async for found in blobs.idle(limit) for digest in found]
    await blobs.put(b"abc")
    assert await blobs.remove(idle, limit) == 0
    assert await content(blobs, ref) == b"abc"


PROGRAM = """
import asyncio, itertools, pathlib, sys
from gateway.adapters.blobs import FolderBlobs

async def main():
    numbers = itertools.count()
    blobs = FolderBlobs(pathlib.Path(sys.argv[1]), lambda: str(next(numbers)))
    async def many(start):
        for number in itertools.count(start, 4):
            ref = await blobs.put(str(number).encode() * 5000)
            print(ref.sha256, ref.size, flush=True)
    await asyncio.gather(*[many(start) for start in range(4)])

asyncio.run(main())
"""


async def test_every_blob_a_killed_process_had_stored_is_whole(blobs):
    killed = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PROGRAM, str(blobs.root), stdout=asyncio.subprocess.PIPE
    )
    lines = [await killed.stdout.readline() for _ in range(30)]
    killed.kill()
    rest, _ = await killed.communicate()
    stored = [line.split() for line in lines + rest.splitlines()]
    for digest, size in (line for line in stored if len(line) == 2):
        data = await content(blobs, BlobRef(digest.decode(), int(size)))
        assert hashlib.sha256(data).hexdigest() == digest.decode()
    await blobs.sweep(LATER)
    for path in blobs.root.glob("??/*"):
        assert hashlib.sha256(path.read_bytes()).hexdigest() == path.name
    assert list((blobs.root / "tmp").iterdir()) == []
