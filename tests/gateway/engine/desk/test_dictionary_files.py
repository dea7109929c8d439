"""Tables of more than one batch: filled, moved, searched, exported in parts."""

from itertools import count
from uuid import UUID

import pytest

from gateway.core.desk.actor import COMMAND_LINE
from gateway.core.desk.dictionaries import ColumnDraft, DictionaryDraft, PageQuery
from gateway.core.desk.dictionary_files import CsvFile
from gateway.core.errors import Invalid, StorageError
from gateway.engine.desk import dictionary_rows
from gateway.engine.desk.dictionaries import Dictionaries
from gateway.engine.desk.dictionary_files import DictionaryFiles
from gateway.engine.desk.dictionary_records import Records
from gateway.store import dictionary_lookups, dictionary_records

ROWS = 2 * dictionary_records.BATCH + 1


@pytest.fixture
def desk(db, clock):
    numbers = count(1)
    return Dictionaries(
        db=db, clock=clock, new_id=lambda: str(UUID(int=next(numbers), version=4))
    )


@pytest.fixture
def files(db, desk):
    return DictionaryFiles(db, desk)


@pytest.fixture
async def table(files):
    lines = ["code,title", *(f"{n},Title {n}" for n in range(ROWS))]
    file = CsvFile(data="\n".join(lines).encode())
    return await files.create(COMMAND_LINE, "Big", file)


async def found(db, table, by, wanted, column):
    async with db.read() as conn:
        return await dictionary_lookups.value(
            conn, table.id, table.columns[by].uuid, wanted, column
        )


async def test_the_last_record_is_found_by_each_column(db, desk, table):
    code, title = (column.uuid for column in table.columns)
    last = ROWS - 1
    assert await found(db, table, 0, str(last), title) == f"Title {last}"
    assert await found(db, table, 1, f"Title {last}", code) == str(last)
    assert (await desk.info(table.id)).record_count == ROWS


async def test_moved_columns_are_found_in_every_batch(db, desk, table):
    code, title = table.columns
    columns = [ColumnDraft(c.name, c.uuid) for c in (title, code)]
    draft = DictionaryDraft(columns=[*columns, ColumnDraft("unit")])
    changed = (await desk.change(COMMAND_LINE, table.id, draft)).dictionary
    unit = changed.columns[2].uuid
    for number in (0, ROWS - 1):
        assert await found(db, table, 1, f"Title {number}", code.uuid) == str(number)
        assert await found(db, table, 0, str(number), unit) == ""
    assert await found(db, changed, 2, "", code.uuid) == "0"


async def test_a_file_is_added_behind_the_last_batch(db, desk, files, table):
    file = CsvFile(data=b"title,code\nMore,x\n")
    await files.load(COMMAND_LINE, table.id, file, append=True)
    whole = await desk.get(table.id)
    assert [r.values[0] for r in whole.records][-2:] == [str(ROWS - 1), "x"]
    assert await found(db, table, 0, "x", table.columns[1].uuid) == "More"


async def test_an_export_holds_every_batch(files, table):
    content = await files.export(table.id, spreadsheet=False)
    text = b"".join([chunk async for chunk in content.chunks]).decode()
    assert text.splitlines()[-1] == f"{ROWS - 1},Title {ROWS - 1}"
    assert len(text.splitlines()) == ROWS + 1


async def test_an_export_never_mixes_old_records_with_new_ones(desk, files, table):
    content = await files.export(table.id, spreadsheet=False)
    assert await anext(content.chunks)
    assert await anext(content.chunks)
    await desk.rename(COMMAND_LINE, table.id, "Other")
    with pytest.raises(StorageError, match="was changed while it was read"):
        await anext(content.chunks)


async def test_no_way_leads_over_the_most_values(
    db, clock, desk, files, table, monkeypatch
):
    monkeypatch.setattr(dictionary_rows, "MOST_CELLS", 2 * ROWS)
    records = Records(db=db, clock=clock, new_id=desk.new_id)
    more = CsvFile(data=b"code,title\nx,y\n")
    with pytest.raises(Invalid, match="more than"):
        await files.load(COMMAND_LINE, table.id, more, append=True)
    with pytest.raises(Invalid, match="more than"):
        await records.add(COMMAND_LINE, table.id, ["x", "y"])
    columns = [ColumnDraft(name) for name in ("code", "title", "unit")]
    with pytest.raises(Invalid, match="more than"):
        await desk.change(COMMAND_LINE, table.id, DictionaryDraft(columns=columns))
    page = await records.search(table.id, PageQuery())
    assert (page.total, len(page.dictionary.columns)) == (ROWS, 2)
