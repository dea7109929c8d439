from datetime import UTC, datetime

import pytest
from sftp_world import BOX, World

from gateway.core.errors import Conflict, NotFound, QuotaExceeded, StorageError


@pytest.fixture
async def world(db, clock, tmp_path):
    world = World(db, tmp_path, clock)
    await world.add_mailbox()
    return world


@pytest.mark.parametrize("folder", ["outbox", "coutbox", "coutbox/sub"])
async def test_a_finished_file_is_taken_with_its_job_and_stays_listed(world, folder):
    await world.make_folder("coutbox/sub")
    receipt = await world.put(f"{folder}/order.edi", b"UNB")
    assert receipt.received_at == world.clock()
    assert await world.routes() == [receipt.id]
    assert await world.content(receipt.id) == b"UNB"
    assert f"{folder}/order.edi" in await world.paths()
    assert world.spooled() == []


async def test_an_unfinished_file_is_never_taken_and_keeps_its_bytes(world):
    spool = await world.begin("coutbox/order.edi")
    spool.file.write_bytes(b"UN")
    assert await world.routes() == []
    assert (await world.stat("coutbox/order.edi")).blob is None
    again = await world.begin("coutbox/order.edi", create=False, truncate=False)
    assert again == spool
    with again.file.open("ab") as file:
        file.write(b"B")
    receipt = await world.uploads.finish(again, {})
    assert await world.content(receipt.id) == b"UNB"


async def test_truncating_a_partial_begins_again(world):
    spool = await world.begin("coutbox/order.edi")
    spool.file.write_bytes(b"old")
    again = await world.begin("coutbox/order.edi")
    assert again.entry == spool.entry
    assert world.spooled() == [again.file.name]
    with pytest.raises(Conflict, match="removed while"):
        await world.uploads.finish(spool, {})


async def test_a_resting_file_can_be_appended_to(world):
    await world.put("coutbox/order.part", b"UN")
    spool = await world.begin("coutbox/order.part", truncate=False)
    assert spool.file.read_bytes() == b"UN"
    with spool.file.open("ab") as file:
        file.write(b"B")
    assert await world.uploads.finish(spool, {}) is None
    entry = await world.stat("coutbox/order.part")
    assert await world.read(entry.blob) == b"UNB"


async def test_a_taken_file_cannot_be_appended_to(world):
    await world.put("coutbox/order.edi")
    with pytest.raises(Conflict, match="being processed"):
        await world.begin("coutbox/order.edi", truncate=False)
    assert world.spooled() == []


async def test_a_name_can_be_used_again_while_its_file_is_processed(world):
    first = await world.put("coutbox/order.edi", b"1")
    second = await world.put("coutbox/order.edi", b"2")
    assert await world.content(first.id) == b"1"
    assert await world.content(second.id) == b"2"
    await world.consume(first.id)
    assert await world.paths() == ["coutbox/order.edi"]
    await world.consume(second.id)
    assert await world.paths() == []


async def test_an_exclusive_open_refuses_an_existing_file(world):
    await world.put("coutbox/order.part")
    with pytest.raises(Conflict, match="exists"):
        await world.begin("coutbox/order.part", exclusive=True)
    await world.make_folder("coutbox/sub")
    with pytest.raises(Conflict, match="is a folder"):
        await world.begin("coutbox/sub")


async def test_a_removed_partial_cannot_be_finished(world):
    spool = await world.begin("coutbox/order.edi")
    await world.remove("coutbox/order.edi")
    with pytest.raises(Conflict, match="send it again"):
        await world.uploads.finish(spool, {})
    assert await world.routes() == []


async def test_an_entry_that_changed_under_a_close_is_not_taken(world):
    spool = await world.begin("coutbox/order.edi")
    await world.uploads.partials.forget([spool.entry])
    with pytest.raises(Conflict, match="send it again"):
        await world.uploads.finish(spool, {})
    with pytest.raises(Conflict, match="send it again"):
        await world.uploads.partials.exchange(spool.entry, "a", "b")


async def test_the_time_the_client_set_is_kept(world):
    then = datetime(2001, 2, 3, tzinfo=UTC)
    spool = await world.begin("coutbox/a.part")
    await world.uploads.finish(spool, {}, then)
    assert (await world.stat("coutbox/a.part")).modified_at == then


async def test_a_full_mailbox_refuses_the_close_and_keeps_the_partial(
    db, clock, tmp_path
):
    world = World(db, tmp_path, clock, quota=10)
    await world.add_mailbox()
    await world.put("coutbox/a.part", b"123456")
    with pytest.raises(QuotaExceeded, match="11 bytes, 10 are allowed"):
        await world.put("coutbox/b.edi", b"12345")
    assert await world.routes() == []
    assert (await world.stat("coutbox/b.edi")).blob is None
    assert await world.folders.usage(BOX) == (11, 10)
    # the failed CLOSE made a blob of the spool file: it must not change any more
    await world.remove("coutbox/a.part")
    spool = await world.begin("coutbox/b.edi", truncate=False)
    with spool.file.open("r+b") as file:
        file.write(b"54")
    receipt = await world.uploads.finish(spool, {})
    assert await world.content(receipt.id) == b"54345"
    ref = await world.blobs.put(b"12345")
    assert await world.read(ref) == b"12345"
    assert world.spooled() == []


async def test_after_a_crash_spool_files_and_entries_are_put_in_step(world):
    kept = await world.begin("coutbox/kept.edi")
    lost = await world.begin("coutbox/lost.edi")
    lost.file.unlink()
    (world.spool / "orphan").write_bytes(b"x")
    assert await world.uploads.reconcile() == (1, 1)
    assert await world.paths() == ["coutbox/kept.edi"]
    assert world.spooled() == [kept.file.name]


async def test_a_spool_folder_that_cannot_be_used_is_named(world):
    world.spool.parent.mkdir(exist_ok=True)
    world.spool.write_text("a file where the folder should be")
    with pytest.raises(StorageError, match="spool"):
        await world.begin("coutbox/a.edi")


async def test_a_lost_spool_file_is_said_so(world):
    spool = await world.begin("coutbox/a.part")
    spool.file.unlink()
    again = await world.begin("coutbox/a.part", truncate=False)
    assert not again.file.exists()
    await world.remove("coutbox/a.part")
    with pytest.raises(NotFound):
        await world.stat("coutbox/a.part")
