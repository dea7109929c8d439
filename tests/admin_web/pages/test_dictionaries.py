"""The list of dictionaries, their names and columns: what people do on the pages."""

import re
from io import BytesIO

import pytest

from gateway.core.desk.actor import COMMAND_LINE
from gateway.core.desk.dictionaries import ColumnDraft, DictionaryDraft
from gateway.core.errors import NotFound
from gateway.core.model import RuleId
from gateway.core.rules import Level, Rule, RuleDirection
from gateway.core.template import FILE_TEMPLATE
from gateway.store import rules

LIST = "/admin/dictionaries"


@pytest.fixture
async def products(desk):
    draft = DictionaryDraft(
        name="Products",
        columns=[ColumnDraft("code"), ColumnDraft("title")],
        records=[["1", "One"], ["2", "Two"]],
    )
    return (await desk.dictionaries.create(COMMAND_LINE, draft)).dictionary


async def columns_of(desk, dictionary):
    return [each.name for each in (await desk.dictionaries.info(dictionary.id)).columns]


async def send_columns(owner, dictionary, names, **more):
    """Send the form of the columns with other names."""
    address = f"{LIST}/{dictionary.id}/columns"
    await owner.get(address)
    seen = re.search(r'name="seen" value="(\w+)"', owner.text)[1]
    fields = [("seen", more.pop("seen", seen))]
    for column, name in zip(dictionary.columns, names, strict=True):
        fields += [("uuid", column.uuid), ("name", name)]
    await owner.post(address, fields + list(more.items()))


async def test_the_empty_list_says_what_would_be_there(owner):
    await owner.get(LIST)
    assert "No dictionaries yet" in owner.text
    assert "New dictionary" in owner.text


async def test_a_dictionary_is_made_with_its_columns(owner, desk):
    await owner.get(LIST)
    await owner.post(LIST, {"name": " Units ", "columns": "ours\r\n\r\ntheirs\r\n"})
    (made,) = await desk.dictionaries.all()
    assert owner.url == f"{LIST}/{made.id}"
    assert (made.name, [each.name for each in made.columns]) == (
        "Units",
        ["ours", "theirs"],
    )


async def test_a_dictionary_is_made_of_a_csv_file(owner, desk):
    await owner.get(LIST)
    file = '\ufeffcode;title\r\n1;"Nut; small"\r\n2;Болт\r\n'.encode()
    await owner.post(LIST, {"name": "Parts", "columns": "", "file": BytesIO(file)})
    (made,) = await desk.dictionaries.all()
    whole = await desk.dictionaries.get(made.id)
    assert [each.name for each in made.columns] == ["code", "title"]
    assert [r.values for r in whole.records] == [("1", "Nut; small"), ("2", "Болт")]


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"name": "", "columns": "a"}, "needs a name"),
        ({"name": "x", "columns": ""}, "Name one column or more"),
        ({"name": "x", "columns": "a\na"}, "(2) is there twice"),
        ({"name": "x", "columns": "", "file": b"a,b\n1\n"}, "has 1 values"),
        ({"name": "x", "columns": "", "file": b"a,\xff\n"}, "not UTF-8"),
        ({"name": "x", "columns": "", "file": b" "}, "characters"),
    ],
    ids=str,
)
async def test_a_refused_dictionary_keeps_what_was_typed(owner, desk, fields, told):
    if "file" in fields:
        fields = {**fields, "file": BytesIO(fields["file"])}
    await owner.get(LIST)
    await owner.post(LIST, fields)
    assert owner.status == 422
    assert told in owner.text
    assert "data-open" in owner.text
    assert await desk.dictionaries.all() == []


async def test_the_list_is_searched_and_paged(owner, desk):
    for number in range(60):
        draft = DictionaryDraft(name=f"No {number:02}", columns=[ColumnDraft("a")])
        await desk.dictionaries.create(COMMAND_LINE, draft)
    await owner.get(LIST)
    assert "1 to 50 of 60" in owner.text
    assert "No 49" in owner.text
    assert "No 50" not in owner.text
    await owner.get(f"{LIST}?page=2")
    assert "51 to 60 of 60" in owner.text
    await owner.get(f"{LIST}?q=no+1")
    assert "1 to 10 of 10" in owner.text
    await owner.get(f"{LIST}?q=nothing")
    assert "No dictionary has this" in owner.text
    await owner.get(f"{LIST}?page=9")
    assert "There is no such page" in owner.text
    await owner.get(f"{LIST}?page=x")
    assert owner.status == 422


async def test_a_dictionary_is_renamed(owner, desk, products):
    await owner.get(f"{LIST}/{products.id}")
    await owner.post(f"{LIST}/{products.id}/name", {"name": "Goods"})
    assert (await desk.dictionaries.info(products.id)).name == "Goods"
    await owner.post(f"{LIST}/{products.id}/name", {"name": " "})
    assert owner.status == 422
    assert "needs a name of 1 to 255" in owner.text


async def test_deleting_names_the_rules_that_use_it(owner, desk, world, products):
    box = (await desk.mailboxes.create(COMMAND_LINE, "Shop", ())).id
    rule = Rule(
        id=RuleId("00000000-0000-4000-8000-0000000000aa"),
        mailbox=box,
        level=Level.MAILBOX,
        direction=RuleDirection.IN,
        name="Orders & more",
        enabled=False,
        template=FILE_TEMPLATE,
        template_version=None,
        stylesheet=f"<x>{products.id.upper()}</x>",
    )
    async with world.db.write() as conn:
        await rules.add(conn, rule, world.clock())
    await owner.get(f"{LIST}/{products.id}/uses")
    assert "Orders &amp; more" in owner.text
    assert f"/admin/mailboxes/{box}/rules/{rule.id}" in owner.text
    assert "Orders &amp; more (Shop)" in owner.text  # in the dialog
    await owner.post(f"{LIST}/{products.id}/delete")
    assert owner.url == LIST
    with pytest.raises(NotFound):
        await desk.dictionaries.get(products.id)


async def test_the_page_gives_the_call_of_a_stylesheet(owner, products):
    await owner.get(f"{LIST}/{products.id}/uses")
    code, title = products.columns
    for text in (products.id, code.uuid, title.uuid, "getValueFromDictionary"):
        assert text in owner.text
    assert "No rule looks anything up here yet" in owner.text


async def test_columns_are_renamed_and_added_in_one_go(owner, desk, products):
    await send_columns(owner, products, ["number", "title"], added="unit")
    assert await columns_of(desk, products) == ["number", "title", "unit"]
    whole = await desk.dictionaries.get(products.id)
    assert whole.records[0].values == ("1", "One", "")
    assert whole.dictionary.columns[0].uuid == products.columns[0].uuid


async def test_a_column_moves_and_takes_its_values_along(owner, desk, products):
    code = products.columns[0]
    await send_columns(owner, products, ["code", "title"], down=code.uuid)
    whole = await desk.dictionaries.get(products.id)
    assert await columns_of(desk, products) == ["title", "code"]
    assert whole.records[1].values == ("Two", "2")
    await send_columns(owner, whole.dictionary, ["title", "code"], up=code.uuid)
    assert await columns_of(desk, products) == ["code", "title"]
    await send_columns(owner, products, ["code", "title"], up=code.uuid)
    assert await columns_of(desk, products) == ["code", "title"]


async def test_a_removed_column_takes_its_values_away(owner, desk, products):
    code, _title = products.columns
    await send_columns(owner, products, ["code", "title"], remove=code.uuid)
    whole = await desk.dictionaries.get(products.id)
    assert [record.values for record in whole.records] == [("One",), ("Two",)]


async def test_columns_that_somebody_changed_meanwhile_are_not_overwritten(
    owner, desk, products
):
    await send_columns(owner, products, ["mine", "title"], seen="other")
    assert owner.status == 422
    assert "changed meanwhile" in owner.text
    assert await columns_of(desk, products) == ["code", "title"]


@pytest.mark.parametrize(
    ("names", "added", "told"),
    [
        (["code", "code"], "", "is there twice"),
        (["", "title"], "", "needs 1 to 255"),
        (["code", "title"], "title", "is there twice"),
    ],
)
async def test_wrong_columns_are_told_beside_them(
    owner, desk, products, names, added, told
):
    await send_columns(owner, products, names, added=added)
    assert owner.status == 422
    assert told in owner.text
    assert await columns_of(desk, products) == ["code", "title"]


async def test_an_auditor_looks_and_changes_nothing(stranger, people, products):
    await stranger.sign_in("auditor")
    for path in ("", f"/{products.id}", f"/{products.id}/columns"):
        await stranger.get(LIST + path)
        assert stranger.status == 200
        assert "<dialog" not in stranger.text
    await stranger.post(f"{LIST}/{products.id}/delete")
    assert stranger.status == 403
    await stranger.get(f"{LIST}/{products.id}/import")
    assert stranger.status == 403


async def test_an_unknown_dictionary_is_404(owner):
    for end in ("", "/columns", "/uses", "/import", "/export"):
        nothing = "00000000-0000-4000-8000-000000000000"
        await owner.get(f"{LIST}/{nothing}{end}")
        assert owner.status == 404, end
