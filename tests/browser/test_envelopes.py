"""An envelope from a person's hand to another's: sent by a form, opened, rejected."""

from drive.world import World, native_order
from playwright.sync_api import Locator, Page, expect


def make(world: World, name: str) -> str:
    """Make a mailbox that nobody connects to."""
    return str(world.api.post("/api/v1/mailboxes", {"name": name})["uuid"])


def fill(row: Locator, line: str, ean: str, quantity: str) -> None:
    row.get_by_label("Line").fill(line)
    row.get_by_label("EAN").fill(ean)
    row.get_by_label("Quantity").fill(quantity)


def row(page: Page, number: int) -> Locator:
    return page.get_by_role("group", name=f"Row {number}")


def test_an_order_is_sent_by_a_form_after_its_fault_is_corrected(
    admin: Page, world: World
):
    oak, elm = make(world, "Oak Shop"), make(world, "Elm Supplies")
    world.template()
    admin.goto(f"/admin/envelopes?mailbox={oak}&scope=outbox")
    admin.get_by_role("link", name="Send an envelope").first.click()
    admin.get_by_label("Template", exact=True).select_option("Order")
    admin.get_by_role("button", name="Show its form").click()

    admin.get_by_label("Subject").fill("Order O-1")
    admin.get_by_label("Order number").fill("O-1")
    admin.get_by_label("Ordered on").fill("2026-10-12")
    admin.get_by_role("combobox", name="Supplier").select_option("Elm Supplies")
    fill(row(admin, 1), "1", "4800000000011", "many")
    for number, ean in ((2, "gone"), (3, "4800000000028")):
        admin.get_by_role("button", name="Add a row").click()
        expect(row(admin, number).get_by_label("Line")).to_be_focused()
        fill(row(admin, number), str(number), ean, "2")
    admin.get_by_role("button", name="Remove row 2").click()
    expect(row(admin, 2).get_by_label("EAN")).to_have_value("4800000000028")

    admin.get_by_role("button", name="Send envelope").click()
    expect(admin.get_by_role("alert")).to_contain_text("Nothing was sent.")
    wrong = row(admin, 1).get_by_label("Quantity")
    expect(wrong).to_be_focused()
    expect(wrong).to_have_value("many")
    wrong.fill("3")
    admin.get_by_role("button", name="Send envelope").click()
    expect(admin.get_by_text("Outbox of Oak Shop")).to_be_visible()
    [received] = world.api.get(f"/api/v1/mailbox/{elm}?scope=inbox")["data"]
    one = f"/api/v1/envelope/{received['envelopeUuid']}"
    [lines] = world.api.get(one, mailbox=elm)["documents"][0]["groups"]
    eans = [fields[1]["values"] for fields in lines["rows"]]
    assert eans == [["4800000000011"], ["4800000000028"]]


def test_an_order_is_opened_and_rejected_with_a_reason(admin: Page, world: World):
    ash, fir = make(world, "Ash Shop"), make(world, "Fir Supplies")
    order = native_order("A-1", fir, world.template()).decode()
    world.api.post("/api/v1/envelope/send", {"data": order}, mailbox=ash)
    admin.goto(f"/admin/envelopes?mailbox={fir}")
    admin.get_by_role("link", name="Order A-1").click()
    expect(admin.get_by_role("row", name="4800000007919")).to_be_visible()
    admin.get_by_text("Download", exact=True).click()
    with admin.expect_popup() as opened:
        admin.get_by_role("link", name="Print", exact=True).click()
    paper = opened.value
    expect(paper.get_by_role("row", name="4800000007919")).to_be_visible()
    expect(paper.get_by_role("button", name="Print")).to_have_css("cursor", "pointer")
    paper.evaluate("window.print = () => document.body.append('printed')")
    paper.get_by_role("button", name="Print").click()
    expect(paper.locator("body")).to_contain_text("printed")
    paper.close()
    admin.keyboard.press("Escape")
    admin.get_by_role("button", name="Reject…").click()
    dialog = admin.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    dialog.get_by_label("Reason").fill("Sold out")
    dialog.get_by_role("button", name="Reject envelope").click()
    expect(admin.get_by_text("Rejected, and so cancelled")).to_be_visible()
    expect(admin.get_by_role("button", name="Accept")).to_have_count(0)
    [sent] = world.api.get(f"/api/v1/mailbox/{ash}?scope=outbox")["data"]
    assert (sent["status"], sent["rejectReason"]) == ("CANCELLED", "Sold out")
