"""The list of transfers stays as it is now, and runs failed ones again."""

import re

from drive.world import ORDER, World
from playwright.sync_api import Locator, Page, expect

GLN = "4829900007776"
FIR = ORDER.replace(b"4829900003228", GLN.encode())


def row(page: Page, name: str) -> Locator:
    return page.get_by_role("row", name=re.compile(re.escape(name)))


def test_failed_files_run_again_while_one_looks(admin: Page, world: World):
    world.mailbox("Fir Supplies", f"GLN::{GLN}")
    box = world.mailbox("Fir ERP")
    admin.goto(f"/admin/transfers?mailbox={box.uuid}")
    expect(admin.get_by_text("No transfer matches")).to_be_visible()
    expect(admin.locator("#live")).to_have_text("Live")
    for name in ("one.edi", "two.edi"):
        box.partner.write(f"coutbox/{name}", FIR)
        expect(row(admin, name).get_by_text("Failed", exact=True)).to_be_visible()
    expect(admin.get_by_text("no OUT rule matches one.edi")).to_be_visible()
    admin.keyboard.press("/")
    expect(admin.get_by_label("Search transfers")).to_be_focused()

    world.order_out(box, FIR)
    row(admin, "two.edi").get_by_role("checkbox").check()
    admin.get_by_label("Select all failed on this page").check()
    expect(admin.get_by_text("Selected: 2").first).to_be_visible()
    row(admin, "one.edi").get_by_role("checkbox").uncheck()
    admin.get_by_role("button", name="Reprocess").click()
    dialog = admin.get_by_role("dialog")
    expect(dialog).to_contain_text("Selected: 1")
    dialog.get_by_role("button", name="Reprocess").click()
    expect(admin.locator("#note")).to_contain_text("1 transfer runs again.")
    expect(row(admin, "two.edi").get_by_text("Processed", exact=True)).to_be_visible()
    expect(row(admin, "one.edi").get_by_text("Failed", exact=True)).to_be_visible()

    admin.get_by_role("link", name="one.edi").click()
    expect(admin.get_by_role("heading", name="No rule took it")).to_be_visible()
    admin.get_by_role("button", name="Reprocess").click()
    admin.get_by_role("dialog").get_by_role("button", name="Reprocess").click()
    expect(admin.locator("#state")).to_have_text("Processed")
    expect(admin.get_by_role("link", name=re.compile("Order"))).to_be_visible()
    found = world.api.get(f"/api/v1/transfers?mailbox={box.uuid}")["data"]
    assert {each["state"] for each in found} == {"PROCESSED"}


def test_who_signs_out_elsewhere_is_told_that_nothing_is_live(
    admin: Page, world: World
):
    page = admin
    page.goto("/admin/transfers")
    pill = page.locator("#live")
    expect(pill).to_have_text("Live")
    page.get_by_role("button", name="Pause").click()
    expect(pill).to_have_text("Paused")
    page.get_by_role("button", name="Pause").click()
    expect(pill).to_have_text("Live")
    other = page.context.new_page()
    other.goto("/admin/dashboard")
    other.get_by_role("button", name="Sign out").click()
    page.bring_to_front()
    world.mailbox("A commit")
    expect(pill).to_have_text("Not live, reload")
    page.get_by_role("link", name="Reload").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
