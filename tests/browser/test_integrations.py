"""The integrations page as a person uses it, with a real browser and a real partner."""

import re
from pathlib import Path
from typing import Any

import paramiko
import pytest
from as2_builders import Person
from cryptography.hazmat.primitives.serialization import Encoding
from drive.dropping import drop_file
from drive.sftp import Partner
from drive.world import World
from playwright.sync_api import Page, expect

KEY = (
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEgHWll+choVbi4Hmd5cwMUyTcbn6vHN1GJQho7FMhXd"
    " erp"
)
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 360, "height": 740}


def make_mailbox(page: Page, name: str) -> None:
    """Make it in the dialog, or, as the first one, on the empty page."""
    page.goto("/admin/integrations/list")
    if page.get_by_text("No mailbox yet").count() == 0:
        page.get_by_role("button", name="New mailbox").click()
    page.get_by_label("Name of the mailbox").fill(name)
    page.get_by_role("button", name="Make the mailbox").click()
    expect(page.get_by_role("form", name=f"Integration of {name}")).to_be_visible()
    page.wait_for_load_state()


def kept(world: World, uuid: str) -> dict[str, Any]:
    """Return what the gateway has of the integration."""
    return dict(world.api.get(f"/api/v1/mailboxes/{uuid}/integration"))


def save(page: Page) -> None:
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()


def copied(page: Page, what: str) -> str:
    """Press a copy button and return what is on the clipboard then."""
    page.evaluate("navigator.clipboard.writeText('')")
    page.get_by_role("button", name=f"Copy {what}", exact=True).click()
    expect(page.locator("#note")).to_contain_text("Copied")
    return str(page.evaluate("navigator.clipboard.readText()"))


def connect(page: Page, password: str, folder: Path) -> list[str]:
    """Log in by SFTP with what the page gives to copy; list what is there."""
    lines = page.get_by_role("button", name="Copy known_hosts line")
    if not lines.is_visible():
        page.get_by_text("known_hosts line and a command").click()
    known = folder / "known_hosts"
    known.write_text(copied(page, "known_hosts line") + "\n")
    partner = Partner(
        login=copied(page, "login"),
        password=password,
        host=copied(page, "host"),
        port=int(copied(page, "port")),
        known_hosts=known,
        key=folder / "none",
    )
    return partner.listing(".")


def test_a_newcomer_connects_a_partner_by_sftp(
    admin: Page, world: World, tmp_path: Path
):
    make_mailbox(admin, "Alder ERP")
    expect(admin.locator("#password")).to_contain_text("Generated when you press Save")
    admin.get_by_label("Integration on").check()
    expect(admin.get_by_text("Not saved yet")).to_be_visible()
    save(admin)
    password = copied(admin, "password")
    assert re.fullmatch(r"\w{32}", password)
    found = connect(admin, password, tmp_path)
    assert found == ["cinbox", "coutbox", "error", "inbox", "outbox"]
    uuid = copied(admin, "mailbox UUID")
    assert uuid == copied(admin, "login")
    sftp = kept(world, uuid)["sftp"]
    assert copied(admin, "host key fingerprint") == sftp["hostKeyFingerprint"]
    command = f"sftp -P {sftp['port']} {uuid}@{sftp['host']}"
    assert copied(admin, "command") == command


def test_a_public_key_comes_and_goes_by_its_button(admin: Page, world: World):
    make_mailbox(admin, "Keys")
    uuid = copied(admin, "mailbox UUID")
    admin.get_by_text("Add keys").click()
    admin.get_by_label("Public keys in OpenSSH format").fill(KEY)
    save(admin)
    assert kept(world, uuid)["sftp"]["publicKeys"] == [KEY]
    admin.get_by_role("button", name="Remove key erp").click()
    expect(admin.get_by_text("Not saved yet")).to_be_visible()
    save(admin)
    assert kept(world, uuid)["sftp"]["publicKeys"] == []
    admin.get_by_label("Notify by e-mail").fill("a@b.example")
    admin.get_by_role("button", name="Send test").click()
    expect(admin.locator("#note")).to_contain_text("on its way to a@b.example")
    sent = world.api.get("/api/v1/audit?action=test-mail-sent&limit=1")["data"]
    assert [(each["subject"], each["after"]["to"]) for each in sent] == [
        (uuid, "a@b.example")
    ]


def test_a_password_is_revealed_copied_and_reset(
    admin: Page, world: World, tmp_path: Path
):
    make_mailbox(admin, "Reset")
    admin.get_by_label("Integration on").check()
    save(admin)
    admin.reload()
    row = admin.locator("#password")
    expect(row).to_contain_text("hidden")
    old = copied(admin, "password")  # fetched: it is not on the page
    assert old not in admin.content()
    admin.get_by_role("button", name="Reveal password").click()
    expect(row).to_contain_text(old)
    admin.get_by_role("button", name="Hide password").click()
    expect(row).not_to_contain_text(old)
    admin.get_by_role("button", name="Reset password").click()
    dialog = admin.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="Keep the old one")).to_be_focused()
    dialog.get_by_role("button", name="Reset password").click()
    expect(dialog).to_be_hidden()
    expect(row.locator("code")).to_have_text(re.compile(r"\w{32}"))
    new = copied(admin, "password")
    assert new != old
    assert connect(admin, new, tmp_path)
    with pytest.raises(paramiko.AuthenticationException):
        connect(admin, old, tmp_path)
    switch_all(admin, "off")
    with pytest.raises(paramiko.AuthenticationException):
        connect(admin, new, tmp_path)
    switch_all(admin, "on")
    assert world.api.get("/api/v1/settings")["integrationsEnabled"]


def switch_all(page: Page, way: str) -> None:
    """Switch every integration of the appliance; off asks first."""
    page.get_by_role("button", name=f"Switch all {way}").click()
    if way == "off":
        page.get_by_role("dialog").get_by_role("button", name="Switch all off").click()
    expect(
        page.get_by_text(f"integrations of this appliance are {way}")
    ).to_be_visible()
    page.wait_for_load_state()


def test_the_protocol_as2_shows_its_own_block_and_faults_at_their_fields(admin: Page):
    make_mailbox(admin, "Fjord")
    admin.get_by_text("Signed messages, each with a receipt").click()
    expect(admin.get_by_text("Give these to the partner")).to_be_hidden()
    admin.get_by_label("Signing algorithm").select_option("sha1")
    expect(admin.get_by_text("SHA-1 can be forged")).to_be_visible()
    address = admin.get_by_label("Recipient URL")
    address.fill("ftp://wrong.example")
    admin.get_by_role("button", name="Save").click()
    expect(admin.get_by_role("alert")).to_contain_text("Nothing was saved.")
    expect(address).to_be_focused()
    expect(admin.locator("#e-recipientUrl")).to_contain_text("must begin with http")
    expect(admin.get_by_label("Signing algorithm")).to_have_value("sha1")


def test_a_certificate_is_uploaded_and_the_own_one_downloaded(
    admin: Page, world: World, bob: Person, tmp_path: Path
):
    make_mailbox(admin, "Coast Retail")
    admin.get_by_text("Signed messages, each with a receipt").click()
    file = tmp_path / "bob.cer"
    file.write_bytes(bob.certificate.public_bytes(Encoding.DER))
    drop_file(admin.locator("label.drop"), file)
    expect(admin.get_by_text("New, not saved yet")).to_be_visible()
    expect(admin.locator("#certificates")).to_contain_text("CN=bob")
    admin.get_by_label("Recipient URL").fill("https://as2.baltic.example/in")
    admin.get_by_label("Recipient ID").fill("BALTIC")
    save(admin)
    expect(admin.get_by_text("New, not saved yet")).to_be_hidden()
    with admin.expect_download() as download:
        admin.get_by_role("link", name="PEM").click()
    own = download.value.path().read_text()
    uuid = copied(admin, "mailbox UUID")
    as2 = kept(world, uuid)["as2"]
    assert as2["recipientUrl"] == "https://as2.baltic.example/in"
    assert as2["recipientCertificateFacts"][0]["subject"] == "CN=bob"
    assert as2["selfCertificate"].split() == own.split()
    assert copied(admin, "Self URL") == as2["selfUrl"]
    admin.get_by_role("button", name="Remove CN=bob").click()
    expect(admin.get_by_text("Not saved yet")).to_be_visible()
    save(admin)
    assert kept(world, uuid)["as2"]["recipientCertificates"] == []
    pem = bob.certificate.public_bytes(Encoding.PEM).decode()
    paste(admin, pem)
    save(admin)
    [pasted] = kept(world, uuid)["as2"]["recipientCertificates"]
    assert pasted.split() == pem.split()


def paste(page: Page, pem: str) -> None:
    """Give a certificate as text and see it read."""
    page.get_by_text("Paste it instead").click()
    page.get_by_label("Certificate as PEM text").fill(pem)
    page.get_by_role("button", name="Read it").click()
    expect(page.get_by_text("New, not saved yet")).to_be_visible()


def test_rules_are_ordered_by_keyboard_switched_cloned_and_deleted(
    admin: Page, world: World
):
    box = world.mailbox("Rules")
    world.order_in(box, name="First")
    admin.goto(f"/admin/integrations/list?mailbox={box.uuid}")

    def names() -> list[str]:
        path = f"/api/v1/mailboxes/{box.uuid}/rules"
        return [rule["name"] for rule in world.api.get(path)]

    shown = admin.locator("#rules h3")
    admin.get_by_label("More for First").click()
    admin.get_by_role("button", name="Clone").click()
    expect(shown).to_have_text(["First", "Copy of First"])
    grip = admin.get_by_role("button", name="Move Copy of First, position 2 of 2")
    grip.focus()
    admin.keyboard.press("ArrowUp")
    expect(shown).to_have_text(["Copy of First", "First"])
    assert names() == ["Copy of First", "First"]
    expect(admin.locator("#said")).to_have_text(
        "Copy of First moved to position 1 of 2."
    )
    moved = admin.get_by_role("button", name="Move Copy of First, position 1 of 2")
    expect(moved).to_be_focused()
    admin.keyboard.press("ArrowDown")
    expect(shown).to_have_text(["First", "Copy of First"])
    admin.get_by_role("switch", name="First on", exact=True).uncheck()
    expect(admin.locator("#said")).to_have_text("First is off.")
    path = f"/api/v1/mailboxes/{box.uuid}/rules"
    assert [each["enabled"] for each in world.api.get(path)] == [False, False]
    admin.get_by_label("More for Copy of First").click()
    admin.get_by_role("button", name="Delete", exact=True).click()
    admin.get_by_role("button", name="Delete rule").click()
    expect(shown).to_have_text(["First"])
    assert names() == ["First"]


def test_rules_of_the_account_are_hidden_from_sight_only(admin: Page, world: World):
    box = world.mailbox("Filtered")
    world.order_in(box, name="Own")
    whole = world.order_in(box, name="Whole", level="ACCOUNT", enabled=False)
    admin.goto(f"/admin/integrations/list?mailbox={box.uuid}")
    hers = admin.get_by_role("link", name="Whole", exact=True)
    expect(hers).to_be_visible()
    admin.get_by_label("Show account level rules").uncheck()
    expect(hers).to_be_hidden()
    admin.get_by_role("switch", name="Own on", exact=True).uncheck()
    expect(admin.locator("#said")).to_have_text("Own is off.")
    expect(hers).to_be_hidden()  # as the list came back, too
    admin.get_by_label("Show account level rules").check()
    expect(hers).to_be_visible()
    found = world.api.get(f"/api/v1/mailboxes/{box.uuid}/rules")
    assert [each["name"] for each in found] == ["Own", "Whole"]
    world.api.delete(f"/api/v1/rules/{whole}")


def test_leaving_with_unsaved_changes_asks_first(admin: Page):
    make_mailbox(admin, "Left")
    make_mailbox(admin, "Stayed")
    admin.get_by_label("Notify by e-mail").fill("a@b.example")
    asked: list[str] = []

    def stay(dialog) -> None:
        asked.append(dialog.message)
        dialog.dismiss()

    admin.once("dialog", stay)
    choice = admin.get_by_label("Mailbox", exact=True)
    choice.select_option(label="Left")
    assert asked == ["Leave without saving your changes?"]
    expect(admin.get_by_role("form", name="Integration of Stayed")).to_be_visible()
    expect(choice.locator("option:checked")).to_have_text("Stayed")
    admin.get_by_role("link", name="Discard").click()
    expect(admin.get_by_label("Notify by e-mail")).to_have_value("")
    admin.get_by_label("Mailbox", exact=True).select_option(label="Left")
    expect(admin.get_by_role("form", name="Integration of Left")).to_be_visible()


def test_dark_and_light_follow_the_system_or_the_choice(admin: Page):
    def background() -> str:
        return str(admin.evaluate("getComputedStyle(document.body).backgroundColor"))

    admin.emulate_media(color_scheme="light")
    light = background()
    admin.emulate_media(color_scheme="dark")
    dark = background()
    assert dark != light
    admin.get_by_title("Light").click()
    assert background() == light
    admin.reload()
    assert background() == light
    admin.get_by_title("Dark").click()
    admin.emulate_media(color_scheme="light")
    admin.reload()
    assert background() == dark


@pytest.mark.parametrize("protocol", ["SFTP", "AS2"])
def test_a_narrow_screen_never_scrolls_sideways(admin: Page, protocol):
    make_mailbox(admin, f"Narrow {protocol}")
    admin.locator(f"[value={protocol}]").check()
    save(admin)
    for summary in admin.locator("main summary").all():
        if summary.is_visible():
            summary.click()
    for size in (NARROW, {"width": 768, "height": 900}, WIDE):
        admin.set_viewport_size(size)
        wide = admin.evaluate("document.documentElement.scrollWidth")
        assert wide <= size["width"]
    admin.set_viewport_size(NARROW)
    link = admin.get_by_role("link", name="Integrations", exact=True)
    expect(link).to_be_hidden()
    admin.get_by_role("button", name="Open menu").click()
    expect(link).to_be_visible()
    admin.get_by_role("button", name="Sign out").click()
    expect(admin.get_by_role("heading", name="Sign in")).to_be_visible()
