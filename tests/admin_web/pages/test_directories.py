"""Message directories on the pages: the list, an upload and what is wrong with it."""

import json
from io import BytesIO

from gateway.core.desk.actor import PersonRole

LIST = "/admin/templates/directories"
NODES = [["UNH", 1], ["BGM", 1]]


def a_file(**more) -> BytesIO:
    said = {"directory": "D97A", "messages": {"ORDERS": NODES}, **more}
    return BytesIO(json.dumps(said).encode())


async def test_a_directory_is_uploaded_listed_and_deleted(owner, desk):
    await owner.get("/admin/templates")
    assert LIST in owner.text
    await owner.get(LIST)
    assert owner.text.count("Comes with the gateway") == 9
    await owner.post(LIST, {"file": a_file()})
    assert owner.url == f"{LIST}?uploaded=D97A"
    assert "D97A was uploaded; from now on it is used." in owner.text
    assert "delete-D97A" in owner.text
    await owner.post(LIST, {"file": a_file(directory="<b>")})
    assert owner.status == 422
    assert "directory must be a name such as D97A" in owner.text
    assert "Compare the file with the table of a directory" in owner.text
    await owner.post(f"{LIST}/d97a/delete")
    assert owner.url == LIST
    total, _ = await desk.directories.search("D97A", 1, 0)
    assert total == 0


async def test_without_a_file_or_a_find_the_page_says_so(owner):
    await owner.get(f"{LIST}?q=ZZZ")
    assert "No directory has this in its name" in owner.text
    await owner.get(f"{LIST}?page=9")
    assert "There is no such page" in owner.text
    await owner.post(LIST, {})
    assert owner.status == 422
    assert "Choose a file." in owner.text
    table = await owner.get(f"{LIST}/D96A/table")
    assert table.content_type == "application/json"


async def test_who_only_looks_is_offered_no_upload(stranger, people):
    await stranger.sign_in(PersonRole.AUDITOR.value.lower())
    await stranger.get(LIST)
    assert "Comes with the gateway" in stranger.text
    assert "Upload a directory" not in stranger.text
