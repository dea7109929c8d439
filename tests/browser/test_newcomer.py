"""The whole story of a newcomer: from the first sign-in to documents exchanged."""

import re
from pathlib import Path

import pytest
from as2_builders import Person
from cryptography.hazmat.primitives.serialization import Encoding
from drive.sftp import Partner
from drive.story import Desk
from drive.world import FILES, ORDER, Mailbox, World
from playwright.sync_api import Page, expect

GLN = b"4829900003228", b"4829900007777"
"""The supplier's in the demo's order, and that of this story."""


def order(number: str) -> bytes:
    return ORDER.replace(b"ORD1", number.encode()).replace(*GLN)


@pytest.fixture
def supplier(world: World) -> Mailbox:
    """Somebody to send to, who was there before; the template of orders too."""
    world.template()
    return world.mailbox(
        "Supplier of the story",
        f"GLN::{GLN[1].decode()}",
        defaultRule="NOTIFY",  # so that a person decides
        notifyEmail="orders@supplier.example",
    )


@pytest.mark.timeout(120)
def test_a_newcomer_connects_converts_exchanges_and_cleans_up(
    page: Page, world: World, supplier: Mailbox, bob: Person, tmp_path: Path
):
    desk = Desk(page, world)
    desk.sign_in()
    uuid = desk.make_mailbox("Juniper ERP")
    partner = desk.connect_by_sftp(tmp_path)

    convert(desk, uuid, tmp_path)

    page.goto("/admin/transfers")
    expect(page.locator("#live")).to_have_text("Live")
    drop(partner, "first.edi", order("PO-1"))
    drop(partner, "second.edi", order("PO-2"))
    for name in ("first.edi", "second.edi"):  # the page was not loaded again
        row = page.get_by_role("row", name=re.compile(name))
        expect(row.get_by_text("Processed", exact=True)).to_be_visible()

    desk.accept(supplier.uuid, "PO-1")
    desk.reject(supplier.uuid, "PO-2", "Sold out")
    found = world.envelopes(supplier, "inbox")
    assert {each["subject"][-4:]: each["status"] for each in found} == {
        "PO-1": "COMPLETED",
        "PO-2": "CANCELLED",
    }

    desk.order_clone_and_delete_rules(uuid)
    assert len(world.api.get(f"/api/v1/mailboxes/{uuid}/rules")) == 1
    file = tmp_path / "bob.pem"
    file.write_bytes(bob.certificate.public_bytes(Encoding.PEM))
    own = desk.switch_to_as2(uuid, file)
    kept = world.api.get(f"/api/v1/mailboxes/{uuid}/integration")
    assert kept["protocol"] == "AS2"
    assert kept["as2"]["selfCertificate"].split() == own.split()
    assert kept["as2"]["recipientCertificateFacts"][0]["subject"] == "CN=bob"

    desk.darken_and_narrow()


def convert(desk: Desk, mailbox: str, folder: Path) -> None:
    """Add the rule of orders: what is wrong is told at its line, then mended."""
    desk.begin_rule("EDIFACT orders", order("PO-1"))
    stylesheet = (FILES / "order-out.xsl").read_text()
    for word, value in desk.world.products().items():
        stylesheet = stylesheet.replace(word, value)
    line = desk.execute_wrong(stylesheet, folder)
    assert line == stylesheet[: stylesheet.index("</xsl:template>")].count("\n") + 1
    desk.execute_right(stylesheet, folder)
    [rule] = desk.world.api.get(f"/api/v1/mailboxes/{mailbox}/rules")
    assert (rule["name"], rule["direction"]) == ("EDIFACT orders", "OUT")


def drop(partner: Partner, name: str, data: bytes) -> None:
    with partner.paramiko() as sftp, sftp.open(f"coutbox/{name}", "wb") as file:
        file.write(data)
