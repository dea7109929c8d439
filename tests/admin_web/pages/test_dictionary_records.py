"""The table of a dictionary: search, edit in place, add, delete."""

import re

import pytest

from gateway.core.desk.actor import COMMAND_LINE
from gateway.core.desk.audit import AuditQuery
from gateway.core.desk.dictionaries import ColumnDraft, DictionaryDraft
from gateway.store import dictionary_lookups

BY_SCRIPT = {"HX-Request": "true"}


@pytest.fixture
async def table(desk):
    draft = DictionaryDraft(
        name="Products",
        columns=[ColumnDraft("code"), ColumnDraft("title")],
        records=[[f"{n:03}", f"Article {n}"] for n in range(120)],
    )
    return await desk.dictionaries.create(COMMAND_LINE, draft)


@pytest.fixture
def here(table):
    return f"/admin/dictionaries/{table.dictionary.id}"


async def values(desk, table):
    whole = await desk.dictionaries.get(table.dictionary.id)
    return [record.values for record in whole.records]


def mark(text):
    return re.search(r'name="seen" value="(\w+)"', text)[1]


async def test_records_are_shown_by_page_in_their_order(owner, here):
    await owner.get(here)
    assert "1 to 50 of 120" in owner.text
    assert "Article 49<" in owner.text
    assert "Article 50<" not in owner.text
    await owner.get(f"{here}?page=3")
    assert "101 to 120 of 120" in owner.text
    await owner.get(f"{here}?page=4")
    assert "There is no such page" in owner.text


async def test_a_part_of_any_value_finds_its_records(owner, here):
    await owner.get(f"{here}?q=ARTICLE+11")
    assert "1 to 11 of 11" in owner.text
    await owner.get(f"{here}?q=%25")
    assert "No record holds this text" in owner.text


async def test_a_record_is_edited_in_place(owner, desk, world, table, here):
    record = table.records[60]
    await owner.get(f"{here}?page=2&edit={record.uuid}", headers=BY_SCRIPT)
    assert 'value="Article 60"' in owner.text
    fields = [("seen", mark(owner.text)), ("value", "060"), ("value", " New ")]
    await owner.post(f"{here}/records/{record.uuid}?page=2", fields, headers=BY_SCRIPT)
    assert "51 to 100 of 120" in owner.text
    assert (await desk.records.get(table.dictionary.id, record.uuid)).values == (
        "060",
        " New ",
    )
    code, title = (column.uuid for column in table.dictionary.columns)
    async with world.db.read() as conn:
        where = (conn, table.dictionary.id, title)
        assert await dictionary_lookups.value(*where, " New ", code) == "060"
        assert await dictionary_lookups.value(*where, "Article 60", code) is None


async def test_without_script_the_page_comes_back(owner, table, here):
    record = table.records[60]
    await owner.get(f"{here}?page=2&edit={record.uuid}")
    fields = [("seen", mark(owner.text)), ("value", "x"), ("value", "y")]
    await owner.post(f"{here}/records/{record.uuid}?page=2", fields)
    assert owner.url == f"{here}?page=2"


async def test_what_somebody_changed_meanwhile_is_shown_first(owner, desk, table, here):
    uuid, record = table.dictionary.id, table.records[0]
    await owner.get(f"{here}?edit={record.uuid}")
    seen = mark(owner.text)
    await desk.records.change(COMMAND_LINE, uuid, record.uuid, ["000", "Theirs"], None)
    fields = [("value", "000"), ("value", "Mine")]
    await owner.post(f"{here}/records/{record.uuid}", [("seen", seen), *fields])
    assert owner.status == 422
    assert "Somebody has changed this record meanwhile" in owner.text
    assert "Now here: Theirs" in owner.text
    assert 'value="Mine"' in owner.text
    assert (await desk.records.get(uuid, record.uuid)).values[1] == "Theirs"
    again = [("seen", mark(owner.text)), *fields]
    await owner.post(f"{here}/records/{record.uuid}", again)
    assert (await desk.records.get(uuid, record.uuid)).values[1] == "Mine"


async def test_a_wrong_value_is_told_beside_it(owner, desk, table, here):
    record = table.records[0]
    fields = [("seen", record.mark), ("value", "000"), ("value", "x" * 2001)]
    await owner.get(here)
    await owner.post(f"{here}/records/{record.uuid}", fields)
    assert owner.status == 422
    assert "title needs at most 2000 characters." in owner.text
    await owner.post(
        f"{here}/records/{record.uuid}", [("seen", record.mark), ("value", "one")]
    )
    assert "The record has 1 values" in owner.text
    assert (await values(desk, table))[0] == ("000", "Article 0")


async def test_an_added_record_is_the_last_and_its_page_is_shown(
    owner, desk, table, here
):
    await owner.get(f"{here}?edit=new")
    assert 'id="r-new"' in owner.text
    await owner.post(f"{here}/records", [("value", "120"), ("value", "a\r\nb")])
    assert owner.url == f"{here}?page=3"
    assert (await values(desk, table))[-1] == ("120", "a\nb")
    await owner.post(f"{here}/records", [("value", "120")])
    assert owner.status == 422


async def test_ticked_records_are_deleted(owner, desk, world, table, here):
    gone = [record.uuid for record in table.records[:2]]
    await owner.get(here)
    fields = [("record", each) for each in [*gone, gone[0]]]
    await owner.post(f"{here}/delete-records", fields)
    assert (await values(desk, table))[0][0] == "002"
    code, title = (column.uuid for column in table.dictionary.columns)
    async with world.db.read() as conn:
        where = (conn, table.dictionary.id, code)
        assert await dictionary_lookups.value(*where, "001", title) is None
    await owner.post(f"{here}/delete-records")
    assert owner.status == 422
    _total, entries = await desk.audit.find(AuditQuery(limit=2))
    assert [each.action for each in entries] == ["dictionary-record-removed"] * 2


async def test_an_empty_table_offers_the_two_ways_to_fill_it(owner, desk):
    draft = DictionaryDraft(name="Empty", columns=[ColumnDraft("a")])
    made = (await desk.dictionaries.create(COMMAND_LINE, draft)).dictionary
    await owner.get(f"/admin/dictionaries/{made.id}")
    assert "No records yet" in owner.text
    assert f"/admin/dictionaries/{made.id}/import" in owner.text


async def test_texts_are_shown_as_texts(owner, desk):
    draft = DictionaryDraft(
        name="<b>", columns=[ColumnDraft("<i>")], records=[['"><script>alert(1)']]
    )
    made = (await desk.dictionaries.create(COMMAND_LINE, draft)).dictionary
    for end in ("", "?edit=new", "/columns", "/uses", "/import"):
        await owner.get(f"/admin/dictionaries/{made.id}{end}")
        assert owner.status == 200
        assert "<script>alert" not in owner.text
        assert "<b></h1>" not in owner.text
