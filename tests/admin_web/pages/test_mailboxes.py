"""A mailbox made, renamed, aliased and deleted from the integrations page."""

import re

import pytest
from documents import TEMPLATE_XML, envelope_xml

from gateway.core.desk.actor import COMMAND_LINE
from gateway.core.desk.audit import AuditQuery

FRONT = "/admin/integrations/list"


@pytest.fixture
async def box(owner):
    """Make a mailbox on the page and return its address."""
    await owner.post("/admin/mailboxes", {"name": "Alder"})
    return f"/admin/mailboxes/{owner.url.partition('mailbox=')[2]}"


def opened(text):
    """Return the dialog that is open when the page is shown."""
    found = re.search(r'<dialog[^>]*id="([\w-]+)"[^>]*data-open', text)
    return found[1] if found else None


async def all_mailboxes(desk):
    return [(each.name, each.aliases) for each in await desk.mailboxes.all()]


async def test_a_mailbox_is_renamed_and_gets_aliases(owner, box, desk):
    form = {"name": " Alder ERP ", "aliases": "9520001\r\n\r\n DUNS::42 \r\n"}
    await owner.post(f"{box}/change", form)
    assert owner.status == 200
    assert await all_mailboxes(desk) == [("Alder ERP", ("9520001", "DUNS::42"))]
    assert "<code>9520001</code>, <code>DUNS::42</code>" in owner.text
    assert opened(owner.text) is None
    total, entries = await desk.audit.find(AuditQuery(action="mailbox-changed"))
    assert total == 1
    assert (entries[0].before["name"], entries[0].after["name"]) == (
        "Alder",
        "Alder ERP",
    )


async def test_what_is_wrong_is_told_in_the_dialog_and_nothing_is_saved(
    owner, box, desk
):
    await owner.post(f"{box}/change", {"name": " ", "aliases": "a\na"})
    assert (owner.status, opened(owner.text)) == (422, "change-dialog")
    assert "The name needs 1 to 255 printable characters." in owner.text
    assert "(2) is there twice" in owner.text
    assert await all_mailboxes(desk) == [("Alder", ())]


async def test_an_alias_of_another_mailbox_is_refused(owner, box, desk):
    await owner.post("/admin/mailboxes", {"name": "Birch"})
    other = owner.url.partition("mailbox=")[2]
    await owner.post(f"/admin/mailboxes/{other}/change", {"name": "B", "aliases": "x"})
    await owner.post(f"{box}/change", {"name": "Alder", "aliases": "x"})
    assert (owner.status, opened(owner.text)) == (422, "change-dialog")
    assert f"x belongs to the mailbox {other}" in owner.text


async def test_a_refused_new_name_opens_its_own_dialog(owner, box):
    uuid = box.rpartition("/")[2]
    await owner.post("/admin/mailboxes", {"name": "x" * 256, "mailbox": uuid})
    assert (owner.status, opened(owner.text)) == (422, "mailbox-dialog")


async def test_an_empty_mailbox_is_deleted(owner, box, desk):
    await owner.post(f"{box}/delete")
    assert await all_mailboxes(desk) == []
    assert "No mailbox yet" in owner.text


async def test_a_mailbox_with_documents_stays_and_why_is_told(owner, box, desk):
    await owner.post("/admin/mailboxes", {"name": "Birch"})
    other = owner.url.partition("mailbox=")[2]
    await desk.templates.add(COMMAND_LINE, TEMPLATE_XML)
    order = envelope_xml(other)
    await desk.envelopes.send(COMMAND_LINE, box.rpartition("/")[2], order)
    await owner.post(f"{box}/delete")
    assert (owner.status, opened(owner.text)) == (422, "remove-dialog")
    assert "cannot be deleted; switch its integration off instead" in owner.text
    assert len(await all_mailboxes(desk)) == 2


async def test_the_schemas_are_linked_and_there(owner, box):
    await owner.get(FRONT)
    for path in ("/xsd/envelope.xsd", "/xsd/template.xsd"):
        assert f'href="{path}"' in owner.text
        answer = await owner.client.get(path)
        assert answer.status == 200
        assert b"<xs:schema" in await answer.read()
