"""The mailbox at the top: what is chosen there, the pages follow."""

import html

import pytest

from admin_web.pages.place import without_mailbox
from gateway.core.desk.actor import COMMAND_LINE

CHOOSE = "/admin/mailboxes/choose"


@pytest.fixture
async def boxes(owner, desk):
    """Make two mailboxes; nobody has chosen one."""
    names = ("Alder", "Birch")
    return [await desk.mailboxes.create(COMMAND_LINE, name, ()) for name in names]


def at_the_top(page):
    return html.unescape(page).partition("Chosen mailbox: </span>")[2][:60]


async def test_the_pages_follow_the_chosen_mailbox(owner, boxes):
    alder, birch = boxes
    await owner.get("/admin/transfers")
    assert "All mailboxes" in at_the_top(owner.text)
    back = f"/admin/transfers?mailbox={alder.id}&state=failed&page=3"
    await owner.post(CHOOSE, {"mailbox": birch.id.upper(), "next": back})
    assert owner.url == "/admin/transfers?state=failed"
    chosen = f'<option value="{birch.id}" selected>'
    for path in ("/admin/transfers", "/admin/conversions"):
        await owner.get(path)
        assert "Birch" in at_the_top(owner.text), path
        assert chosen in owner.text, path
        await owner.get(f"{path}?mailbox=all")  # the address says more
        assert "All mailboxes" in at_the_top(owner.text)
        assert chosen not in owner.text
    for path in ("/admin/integrations/list", "/admin/envelopes"):
        await owner.get(path)
        assert birch.id in owner.text.partition('id="main"')[2], path
        await owner.get(f"{path}?mailbox={alder.id}")
        assert "Alder" in at_the_top(owner.text)
    await owner.get("/admin/dashboard")
    assert "What was exchanged by Birch" in owner.text
    await owner.post(CHOOSE, {"mailbox": "", "next": "/admin/dashboard"})
    assert "All mailboxes" in at_the_top(owner.text)


async def test_mailboxes_are_searched_and_one_that_is_gone_is_no_choice(
    owner, desk, boxes
):
    await owner.get("/admin/mailboxes?q=BIR")
    assert (boxes[1].id in owner.text, boxes[0].id in owner.text) == (True, False)
    await owner.post(CHOOSE, {"mailbox": boxes[1].id, "next": "//evil.example"})
    assert owner.url == "/admin/dashboard"
    await desk.mailboxes.remove(COMMAND_LINE, boxes[1].id)
    await owner.get("/admin/transfers")
    assert "All mailboxes" in at_the_top(owner.text)
    await owner.post(CHOOSE, {"mailbox": boxes[1].id, "next": "/admin/transfers"})
    assert owner.status == 404


async def test_a_new_mailbox_is_the_chosen_one(owner, boxes):
    await owner.post("/admin/mailboxes", {"name": "Cedar"})
    await owner.get("/admin/transfers")
    assert "Cedar" in at_the_top(owner.text)


@pytest.mark.parametrize(
    ("target", "back"),
    [
        ("/admin/mailboxes/1/rules/2", "/admin/integrations/list"),
        ("/admin/envelopes/7?mailbox=1", "/admin/envelopes"),
        ("/admin/audit?q=a+b&mailbox=1", "/admin/audit?q=a+b"),
    ],
)
def test_what_belongs_to_one_mailbox_leads_to_the_list_of_the_other(target, back):
    assert without_mailbox(target) == back


async def test_the_account_is_named_in_the_settings(owner, desk):
    await owner.get("/admin/settings")
    form = {"integrationsEnabled": "on", "accountName": " Alder & Finch "}
    await owner.post("/admin/settings/switches", form)
    assert "Alder &amp; Finch</span>" in owner.text
    assert (await desk.settings.get()).account_name == "Alder & Finch"
    await owner.post("/admin/settings/switches", {**form, "accountName": "x" * 101})
    assert owner.status == 422
    assert "needs at most 100 printable characters" in owner.text
    assert (await desk.settings.get()).account_name == "Alder & Finch"


async def test_an_account_without_a_name_is_named_from_the_top_of_every_page(
    owner, desk
):
    way = 'href="/admin/settings#f-accountName"'
    await owner.get("/admin/dashboard")
    assert way in owner.text
    await owner.get("/admin/settings")
    assert 'id="f-accountName"' in owner.text
    await desk.settings.change(COMMAND_LINE, None, None, "Alder & Finch")
    await owner.get("/admin/dashboard")
    assert way not in owner.text
    assert "Alder &amp; Finch" in owner.text
