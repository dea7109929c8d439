from datetime import UTC, datetime

import pytest
from sftp_world import BOX, World, place

from gateway.core.errors import (
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    QuotaExceeded,
)
from gateway.core.model import Folder, Top
from gateway.store.tables import entries


@pytest.fixture
async def world(db, clock, tmp_path):
    world = World(db, tmp_path, clock)
    await world.add_mailbox()
    return world


async def test_a_temporary_file_is_taken_by_the_rename_to_its_final_name(world):
    assert await world.put("coutbox/order.edi.part", b"UNB") is None
    assert await world.routes() == []
    receipt = await world.move("coutbox/order.edi.part", "coutbox/order.edi")
    assert await world.routes() == [receipt.id]
    assert await world.content(receipt.id) == b"UNB"
    assert await world.paths() == ["coutbox/order.edi"]


@pytest.mark.parametrize("name", [".order.edi", "o.filepart", "o.TMP", "o.part"])
async def test_a_rename_to_another_temporary_name_takes_nothing(world, name):
    await world.put("coutbox/order.part")
    assert await world.move("coutbox/order.part", f"coutbox/{name}") is None
    assert await world.routes() == []


async def test_a_partial_file_is_not_taken_by_a_rename(world):
    await world.begin("coutbox/order.part")
    assert await world.move("coutbox/order.part", "coutbox/order.edi") is None
    assert await world.routes() == []


async def test_a_file_moved_out_of_error_runs_again_as_the_same_transfer(world):
    receipt = await world.put("coutbox/order.edi")
    await world.fail(receipt)
    assert await world.paths() == ["error/order.edi", "error/order.edi.error.json"]
    again = await world.move("error/order.edi", "outbox/order.xml")
    assert again.id == receipt.id
    assert await world.routes() == [receipt.id]
    assert await world.state(receipt.id) == "RECEIVED"
    assert await world.paths() == ["outbox/order.xml"]


async def test_a_file_in_error_without_a_transfer_is_received_anew(world):
    receipt = await world.put("coutbox/order.edi")
    await world.fail(receipt)
    async with world.db.write() as conn:
        await conn.execute(entries.update().values(transfer=None))
    again = await world.move("error/order.edi", "coutbox/order.edi")
    assert again.id != receipt.id
    assert await world.routes() == [again.id]


async def test_the_report_in_error_cannot_be_run(world):
    await world.fail(await world.put("coutbox/order.edi"))
    with pytest.raises(Forbidden, match="is the report"):
        await world.move("error/order.edi.error.json", "coutbox/order.json")


async def test_a_file_in_error_that_is_being_reprocessed_cannot_be_moved(world):
    receipt = await world.put("coutbox/order.edi")
    await world.fail(receipt)
    await world.set_state(receipt.id, "PROCESSING")
    with pytest.raises(Conflict, match="being processed"):
        await world.move("error/order.edi", "coutbox/order.edi")


async def test_a_file_leaves_error_only_under_a_final_name(world):
    await world.fail(await world.put("coutbox/order.edi"))
    with pytest.raises(Invalid, match="final name"):
        await world.move("error/order.edi", "coutbox/order.part")


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("coutbox/a.part", "inbox/a"),
        ("coutbox/a.part", "error/a"),
        ("inbox/a.xml", "coutbox/a"),
        ("inbox/a.xml", "cinbox/a"),
        ("error/f.edi", "cinbox/a"),
        ("coutbox/sub", "outbox/sub"),
    ],
)
async def test_what_a_partner_may_not_move_is_refused(world, source, target):
    await world.fail(await world.put("coutbox/f.edi"))
    await world.put("coutbox/a.part")
    await world.make_folder("coutbox/sub")
    receipt = await world.put("outbox/x.xml")
    blob = await world.blobs.put(b"in")
    await world.deposits.place(BOX, *place("inbox/a.xml"), blob, receipt.id)
    before = await world.paths()
    with pytest.raises(Forbidden):
        await world.move(source, target)
    assert await world.paths() == before


async def test_a_file_may_be_renamed_and_removed_inside_inbox(world):
    receipt = await world.put("outbox/x.xml")
    blob = await world.blobs.put(b"in")
    await world.deposits.place(BOX, *place("inbox/a.xml"), blob, receipt.id)
    await world.make_folder("inbox/done")
    assert await world.move("inbox/a.xml", "inbox/done/a.xml") is None
    assert (await world.stat("inbox/done/a.xml")).blob == blob
    await world.remove("inbox/done/a.xml")
    await world.remove("inbox/done", is_folder=True)
    assert await world.paths() == ["outbox/x.xml"]


async def test_a_taken_file_cannot_be_moved_or_removed(world):
    await world.put("outbox/x.xml")
    with pytest.raises(Conflict, match="being processed"):
        await world.move("outbox/x.xml", "outbox/y.xml")
    with pytest.raises(Conflict, match="being processed"):
        await world.remove("outbox/x.xml")


async def test_a_plain_rename_keeps_an_existing_target(world):
    await world.put("coutbox/a.part", b"a")
    await world.put("coutbox/b.part", b"b")
    with pytest.raises(Conflict, match="exists"):
        await world.move("coutbox/a.part", "coutbox/b.part")
    await world.move("coutbox/a.part", "coutbox/b.part", replace=True)
    entry = await world.stat("coutbox/b.part")
    assert await world.read(entry.blob) == b"a"


async def test_replacing_a_partial_removes_its_spool_file(world):
    await world.put("coutbox/a.part")
    await world.begin("coutbox/b.part")
    await world.move("coutbox/a.part", "coutbox/b.part", replace=True)
    assert world.spooled() == []


async def test_a_taken_file_gives_its_name_to_the_next_one(world):
    first = await world.put("coutbox/a.edi", b"1")
    await world.put("coutbox/a.part", b"2")
    second = await world.move("coutbox/a.part", "coutbox/a.edi")
    assert await world.routes() == [first.id, second.id]
    await world.consume(first.id)
    assert await world.paths() == ["coutbox/a.edi"]


async def test_a_rename_onto_itself_changes_nothing(world):
    await world.put("coutbox/a.part")
    assert await world.move("coutbox/a.part", "coutbox/a.part") is None
    assert await world.paths() == ["coutbox/a.part"]


async def test_a_renamed_folder_takes_its_content_along_and_runs_nothing(world):
    for path in ("coutbox/A", "coutbox/a_b", "coutbox/A/deep"):
        await world.make_folder(path)
    await world.put("coutbox/A/deep/x.part")
    await world.put("coutbox/a_b/y.part")
    assert await world.move("coutbox/A", "coutbox/Ä") is None
    assert await world.paths() == [
        "coutbox/a_b",
        "coutbox/Ä",
        "coutbox/a_b/y.part",
        "coutbox/Ä/deep",
        "coutbox/Ä/deep/x.part",
    ]
    assert await world.routes() == []


@pytest.mark.parametrize(
    ("target", "error"),
    [
        ("coutbox/a/b", Invalid),
        ("coutbox/other", Conflict),
        ("coutbox/nowhere/a", NotFound),
    ],
)
async def test_a_folder_is_not_moved_where_it_cannot_be(world, target, error):
    await world.make_folder("coutbox/a")
    await world.make_folder("coutbox/other")
    with pytest.raises(error):
        await world.move("coutbox/a", target)


async def test_paths_cannot_grow_without_end(world):
    path = "coutbox"
    with pytest.raises(Invalid, match="longer than 1000"):
        for _ in range(20):
            path = f"{path}/{'n' * 200}"
            await world.make_folder(path)
    deep = f"coutbox/{'m' * 255}"
    await world.make_folder(deep)
    deep = f"{deep}/{'m' * 255}"
    await world.make_folder(deep)
    with pytest.raises(Invalid, match="longer than 1000"):
        await world.move(f"coutbox/{'n' * 200}", f"{deep}/moved")
    await world.move(f"coutbox/{'n' * 200}", f"coutbox/{'o' * 200}")


async def test_a_file_does_not_replace_a_folder(world):
    await world.put("coutbox/a.part")
    await world.make_folder("coutbox/b")
    with pytest.raises(Conflict, match="is a folder"):
        await world.move("coutbox/a.part", "coutbox/b", replace=True)
    with pytest.raises(Conflict, match="exists"):
        await world.make_folder("coutbox/b")


async def test_a_folder_is_removed_only_when_it_is_empty_and_a_folder(world):
    await world.make_folder("coutbox/a")
    await world.put("coutbox/a/b.part")
    with pytest.raises(Conflict, match="not empty"):
        await world.remove("coutbox/a", is_folder=True)
    with pytest.raises(Conflict, match="is a folder"):
        await world.remove("coutbox/a")
    with pytest.raises(Conflict, match="not a folder"):
        await world.remove("coutbox/a/b.part", is_folder=True)


async def test_what_is_not_there_is_not_found(world):
    missing = [
        world.stat("inbox/a"),
        world.stat("inbox/a/b"),
        world.remove("inbox/a"),
        world.move("inbox/a", "inbox/b"),
        world.make_folder("inbox/a/b"),
        world.folders.touch(BOX, *place("inbox/a"), world.clock()),
        world.folders.entries(BOX, Folder.parse("inbox/none")),
        world.begin("coutbox/none/a"),
        world.begin("coutbox/a", create=False),
    ]
    for call in missing:
        with pytest.raises(NotFound):
            await call


async def test_a_listing_comes_in_pages_with_the_size_of_partial_files(world):
    names = [f"{number:04}.part" for number in range(3)]
    for name in names:
        await world.put(f"coutbox/{name}", b"12345")
    spool = await world.begin("coutbox/1.part")
    spool.file.write_bytes(b"12")
    first = await world.folders.entries(BOX, Folder(Top.COUTBOX))
    assert [(entry.name.text, entry.size) for entry in first] == [
        *((name, 5) for name in names),
        ("1.part", 2),
    ]
    rest = await world.folders.entries(BOX, Folder(Top.COUTBOX), first[1].name)
    assert [entry.name.text for entry in rest] == ["0002.part", "1.part"]
    assert await world.folders.usage(BOX) == (17, 0)
    spool.file.unlink()
    assert (await world.stat("coutbox/1.part")).size == 0


async def test_a_time_that_was_set_is_shown(world):
    await world.put("coutbox/a.part")
    then = datetime(2001, 2, 3, tzinfo=UTC)
    await world.folders.touch(BOX, *place("coutbox/a.part"), then)
    assert (await world.stat("coutbox/a.part")).modified_at == then


async def test_a_mailbox_cannot_hold_entries_without_end(db, clock, tmp_path):
    world = World(db, tmp_path, clock, max_entries=2)
    await world.add_mailbox()
    await world.make_folder("inbox/a")
    await world.put("coutbox/b.part")
    for call in (world.make_folder("inbox/c"), world.begin("coutbox/c")):
        with pytest.raises(QuotaExceeded, match="limit"):
            await call
    assert world.spooled() == []
