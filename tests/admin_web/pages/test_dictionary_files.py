"""CSV files on the pages: shown first, loaded whole or not at all, downloaded."""

import re
from io import BytesIO

import pytest

from gateway.core.desk.actor import COMMAND_LINE
from gateway.core.desk.dictionaries import ColumnDraft, DictionaryDraft

BY_SCRIPT = {"HX-Request": "true"}
ASIS = {"delimiter": "", "encoding": "", "header": "on", "mode": "replace"}


@pytest.fixture
async def table(desk):
    draft = DictionaryDraft(
        name="Products",
        columns=[ColumnDraft("code"), ColumnDraft("title")],
        records=[["1", "One"], ["2", "Two"]],
    )
    return await desk.dictionaries.create(COMMAND_LINE, draft)


@pytest.fixture
def here(table):
    return f"/admin/dictionaries/{table.dictionary.id}"


@pytest.fixture
def send(owner, here):
    """Return what sends the form of the import, with a file."""

    async def sent(file, end="/preview", **more):
        if not owner.csrf:
            await owner.get(f"{here}/import")
        fields = {**ASIS, **more, "file": BytesIO(file)}
        fields = {name: value for name, value in fields.items() if value is not None}
        return await owner.post(f"{here}/import{end}", fields, headers=BY_SCRIPT)

    return sent


def mark(text):
    return re.search(r'name="seen" value="(\w+)"', text)[1]


async def values(desk, table):
    whole = await desk.dictionaries.get(table.dictionary.id)
    return [record.values for record in whole.records]


async def test_a_file_is_shown_and_kept_only_when_it_is_loaded(
    owner, desk, send, table, here
):
    file = b"title;code\r\nOne;1\r\nThree;3\r\nFour;4\r\n"
    await send(file)
    assert "The file brings 3 records" in owner.text
    assert "Separated by: Semicolon. Encoding: UTF-8." in owner.text
    assert "Replace 2 by 3 records" in owner.text
    assert await values(desk, table) == [("1", "One"), ("2", "Two")]
    answer = await send(file, "", seen=mark(owner.text))
    assert answer.headers["HX-Redirect"] == f"{here}?loaded=all"
    assert await values(desk, table) == [("1", "One"), ("3", "Three"), ("4", "Four")]
    whole = await desk.dictionaries.get(table.dictionary.id)
    assert whole.records[0].uuid == table.records[0].uuid


async def test_a_file_is_added_to_what_is_there(owner, desk, send, table):
    file = "3|Drei\n".encode("utf-16")
    await send(file, mode="append", header=None)
    assert "Add 1 record" in owner.text
    assert "Encoding: UTF-16" in owner.text
    await send(file, "", mode="append", header=None, seen=mark(owner.text))
    assert await values(desk, table) == [("1", "One"), ("2", "Two"), ("3", "Drei")]
    whole = await desk.dictionaries.get(table.dictionary.id)
    assert [each.uuid for each in whole.records[:2]] == [
        each.uuid for each in table.records
    ]


async def test_the_encoding_of_old_spreadsheets_can_be_chosen(owner, desk, send, table):
    file = "code;title\r\n1;Гайка\r\n".encode("windows-1251")
    await send(file)
    assert owner.status == 422
    assert "Line 2 of the CSV file is not UTF-8" in owner.text
    await send(file, encoding="windows-1251")
    assert "Гайка" in owner.text
    await send(file, "", encoding="windows-1251", seen=mark(owner.text))
    assert await values(desk, table) == [("1", "Гайка")]


async def test_a_line_for_excel_names_the_separator(owner, send):
    await send(b"sep=|\r\ncode|title\r\n1|a,b,c\r\n2|x|y\r\n")
    assert "Line 4 of the CSV file has 3 values; its header has 2." in owner.text


async def test_every_fault_is_told_with_its_line_and_nothing_is_loaded(
    owner, desk, send, table
):
    lines = ["code,title", *("wrong" for _ in range(30)), f"1,{'x' * 2001}"]
    file = "\n".join(lines).encode()
    await send(file)
    assert "The file has 31 faults" in owner.text
    assert "Line 2 of the CSV file has 1 values" in owner.text
    assert "And 11 more." in owner.text
    await send(file, "")
    assert owner.status == 422
    assert "The file has 31 faults" in owner.text
    assert await values(desk, table) == [("1", "One"), ("2", "Two")]


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"file": b"code,name\n"}, "must name the columns code, title"),
        ({"file": b"", "header": None}, "Choose a CSV file first."),
        ({"file": b" ", "header": None}, "The CSV file is empty."),
        ({"file": b"1,2\n", "encoding": "ebcdic"}, "known are encoding"),
        ({"file": b'code,title\n"1,2\n'}, "unexpected end of data"),
        ({"file": b"code,title\n1,\0\n"}, "the character NUL"),
    ],
    ids=str,
)
async def test_a_file_that_cannot_be_read_says_why(owner, send, fields, told):
    await send(**fields)
    assert owner.status == 422
    assert told in owner.text


async def test_a_preview_counts_only_for_the_dictionary_as_it_was(
    owner, desk, send, table
):
    file = b"code,title\n9,Nine\n"
    await send(file)
    seen = mark(owner.text)
    await desk.records.add(COMMAND_LINE, table.dictionary.id, ["3", "Three"])
    await send(file, "", seen=seen)
    assert owner.status == 422
    assert "has changed since the preview" in owner.text
    assert len(await values(desk, table)) == 3
    await send(file, "", seen=mark(owner.text))
    assert await values(desk, table) == [("9", "Nine")]


async def test_without_script_the_file_is_loaded_by_its_form(owner, desk, table, here):
    await owner.get(f"{here}/import")
    await owner.post(
        f"{here}/import", {**ASIS, "file": BytesIO(b"code,title\n9,Nine\n")}
    )
    assert owner.url == f"{here}?loaded=all"
    assert "in the place of those that were here" in owner.text
    assert await values(desk, table) == [("9", "Nine")]


async def test_what_is_downloaded_can_be_loaded_again(owner, desk, send, table, here):
    before = [("=1+1", 'Болт, "M8"'), ("-5", "a\nb")]
    uuid = table.dictionary.id
    draft = DictionaryDraft(records=[list(row) for row in before])
    await desk.dictionaries.change(COMMAND_LINE, uuid, draft)
    answer = await owner.client.get(f"{here}/export")
    file = await answer.read()
    assert answer.content_type == "text/csv"
    assert 'filename="Products.csv"' in answer.headers["Content-Disposition"]
    await send(file, "")
    assert await values(desk, table) == before


async def test_a_spreadsheet_gets_no_formulas(owner, desk, table, here):
    uuid = table.dictionary.id
    rows = [["=HYPERLINK(1)", "@x"], ["-5,1", "+380 44 123"], ["-x", "\tx"]]
    await desk.dictionaries.change(COMMAND_LINE, uuid, DictionaryDraft(records=rows))
    answer = await owner.client.get(f"{here}/export?for=spreadsheet")
    file = await answer.read()
    assert file.startswith(b"\xef\xbb\xbfcode,title\r\n")
    assert file.decode("utf-8-sig").splitlines()[1:] == [
        "'=HYPERLINK(1),'@x",
        '"-5,1",+380 44 123',
        "'-x,'\tx",
    ]
