"""The table of a dictionary under a person's hands."""

from typing import Any

import pytest
from drive.world import World
from playwright.sync_api import Page, expect

DICTIONARIES = "/api/v1/dictionaries"


@pytest.fixture
def table(world: World) -> dict[str, Any]:
    body = {
        "name": "Articles",
        "columns": ["code", "title"],
        "records": [["1", "Nut"], ["2", "Bolt"]],
    }
    return dict(world.api.post(DICTIONARIES, body))


def records(world: World, table: dict[str, Any]) -> list[list[str]]:
    return list(world.api.get(f"{DICTIONARIES}/{table['uuid']}")["records"])


def test_a_cell_is_edited_in_place_and_records_come_and_go(
    admin: Page, world: World, table: dict[str, Any]
):
    admin.goto(f"/admin/dictionaries/{table['uuid']}")
    cell = admin.get_by_role("cell", name="Bolt")
    cell.dblclick()
    field = admin.get_by_label("title", exact=True)
    expect(field).to_be_focused()
    field.fill("not this")
    field.press("Escape")
    expect(cell).to_be_visible()
    cell.dblclick()
    field.fill("Screw")
    field.press("Enter")
    expect(admin.get_by_role("link", name="Edit 2")).to_be_focused()
    assert records(world, table) == [["1", "Nut"], ["2", "Screw"]]

    admin.get_by_role("link", name="Add a record").click()
    expect(admin.get_by_label("code", exact=True)).to_be_focused()
    admin.keyboard.type("3")
    admin.get_by_label("title", exact=True).fill("Washer")
    admin.get_by_role("button", name="Save the record").click()
    expect(admin.get_by_role("cell", name="Washer")).to_be_visible()

    admin.get_by_label("Select all on this page").check()
    admin.get_by_label("Select 2").uncheck()
    expect(admin.get_by_text("Selected: 2").first).to_be_visible()
    admin.get_by_role("button", name="Delete", exact=True).last.click()
    admin.get_by_role("button", name="Delete records").click()
    expect(admin.get_by_role("cell", name="Nut")).to_have_count(0)
    assert records(world, table) == [["2", "Screw"]]


def test_a_file_is_seen_before_it_takes_the_place_of_the_records(
    admin: Page, world: World, table: dict[str, Any]
):
    admin.goto(f"/admin/dictionaries/{table['uuid']}")
    admin.get_by_role("link", name="Load a CSV file").click()
    chooser = admin.get_by_label("CSV file", exact=True)
    for text in ("code;title\n8;Eight\n9\n", "code;title\n8;Eight\n"):
        file = {"name": "a.csv", "mimeType": "text/csv", "buffer": text.encode()}
        chooser.set_input_files([file])
        if text.endswith("9\n"):
            expect(admin.get_by_text("Line 3 of the CSV file")).to_be_visible()
    expect(admin.get_by_text("The file brings 1 record")).to_be_visible()
    admin.get_by_role("button", name="Replace 2 by 1 records").click()
    expect(admin.get_by_text("in the place of those")).to_be_visible()
    assert records(world, table) == [["8", "Eight"]]
