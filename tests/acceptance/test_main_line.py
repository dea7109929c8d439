"""The way of a document over SFTP, from one partner's file to the other's."""

import json
import secrets

import pytest
from drive.mail import Postbox, text_of
from drive.sftp import needs_openssh
from drive.world import ORDER, Mailbox, World, eventually, native_order

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(120)]

EXPECTED = "order_ORD1.xml"


def pair(world: World, **settings: object) -> tuple[Mailbox, Mailbox, bytes]:
    """Make a shop, a supplier with `settings`, and an order addressed to it."""
    number = str(secrets.randbelow(10**13)).zfill(13)
    shop = world.mailbox(f"Shop {number}")
    supplier = world.mailbox(f"Supplier {number}", f"GLN::{number}", **settings)
    return (
        shop,
        supplier,
        ORDER.replace(b"NAD+SU+4829900003228", f"NAD+SU+{number}".encode()),
    )


@pytest.fixture(scope="module")
def expected(request: pytest.FixtureRequest) -> bytes:
    return (request.path.parent / "expected" / EXPECTED).read_bytes()


@needs_openssh
def test_an_edifact_order_put_by_openssh_becomes_the_file_the_erp_expects(
    world: World, expected, tmp_path
):
    shop, supplier, order = pair(world)
    world.order_out(shop, order)
    world.order_in(supplier)
    (tmp_path / "order.edi").write_bytes(order)

    shop.partner.openssh(f"put {tmp_path}/order.edi coutbox/")
    world.transfer(shop, "order.edi", "PROCESSED")
    world.transfer(supplier, EXPECTED, "DELIVERED")
    supplier.partner.openssh("ls cinbox", f"get cinbox/{EXPECTED} {tmp_path}/got.xml")

    assert (tmp_path / "got.xml").read_bytes() == expected
    assert shop.partner.listing("coutbox") == []
    sent, received = world.envelopes(shop, "outbox"), world.envelopes(supplier, "inbox")
    assert [x["subject"] for x in sent] == ["Order ORD1"]
    assert [x["status"] for x in sent] == ["COMPLETED"]
    assert [x["envelopeUuid"] for x in received] == [x["envelopeUuid"] for x in sent]


def test_an_edifact_order_put_by_paramiko_becomes_the_file_the_erp_expects(
    world: World, expected
):
    shop, supplier, order = pair(world)
    world.order_out(shop, order)
    world.order_in(supplier)

    shop.partner.write("coutbox/order.edi.part", order)
    assert shop.partner.listing("coutbox") == ["order.edi.part"]
    with shop.partner.paramiko() as sftp:
        sftp.rename("coutbox/order.edi.part", "coutbox/order.edi")
    world.transfer(supplier, EXPECTED, "DELIVERED")

    assert supplier.partner.read(f"cinbox/{EXPECTED}") == expected
    with supplier.partner.paramiko() as sftp:
        sftp.remove(f"cinbox/{EXPECTED}")
        assert sftp.listdir("cinbox") == []


def test_a_native_envelope_goes_from_outbox_to_inbox(world: World):
    shop, supplier, _ = pair(world)
    order = native_order("N1", supplier.uuid, world.template())

    shop.partner.write("outbox/native.xml", order)
    world.transfer(shop, "native.xml", "PROCESSED")
    (name,) = eventually(lambda: supplier.partner.listing("inbox"), "a file in inbox/")

    arrived = supplier.partner.read(f"inbox/{name}")
    assert b"<subject>Order N1</subject>" in arrived
    assert shop.uuid.encode() in arrived
    assert shop.partner.listing("outbox") == []


def test_notify_leaves_the_envelope_on_the_website_and_mails(
    world: World, postbox: Postbox
):
    address = f"{secrets.token_hex(4)}@supplier.example"
    shop, supplier, _ = pair(world, defaultRule="NOTIFY", notifyEmail=address)

    shop.partner.write(
        "outbox/n.xml", native_order("N2", supplier.uuid, world.template())
    )
    (mail,) = eventually(lambda: postbox.to(address), "a mail")

    assert "Order N2" in text_of(mail)
    assert supplier.partner.listing("inbox") == []
    (envelope,) = world.envelopes(supplier, "inbox")
    assert envelope["status"] == "WAITING"


def test_reject_cancels_the_envelope_with_the_reason_and_tells_the_sender(
    world: World, postbox: Postbox
):
    address = f"{secrets.token_hex(4)}@shop.example"
    _, supplier, _ = pair(
        world, defaultRule="REJECT", rejectReason="We are on holiday until May"
    )
    shop = world.mailbox("Shop that is told", notifyEmail=address)

    shop.partner.write(
        "outbox/n.xml", native_order("N3", supplier.uuid, world.template())
    )
    (mail,) = eventually(lambda: postbox.to(address), "a mail")

    assert "We are on holiday until May" in text_of(mail)
    (sent,) = world.envelopes(shop, "outbox")
    assert sent["status"] == "CANCELLED"
    assert supplier.partner.listing("inbox") == []


STRICT = """<xsl:stylesheet version="2.0"
    xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:xs="http://www.w3.org/2001/XMLSchema">
  <xsl:param name="SENDER_MAILBOX"/>
  <xsl:param name="TEMPLATE_UUID"/>
  <xsl:param name="TEMPLATE_VERSION"/>
  <xsl:template match="/order">
    <envelope templateUuid="{$TEMPLATE_UUID}" templateVersion="{$TEMPLATE_VERSION}">
      <info><subject>Strict</subject><message/></info>
      <flow><roles>
        <role id="buyer" mailboxUuid="{$SENDER_MAILBOX}"/>
        <role id="supplier" mailboxUuid="@SUPPLIER@"/>
      </roles></flow>
      <documents><document id="order">
        <field name="number"><xsl:value-of select="number"/></field>
        <field name="orderDate">2026-10-12</field>
        <fieldgroup name="lines"><fieldset index="0">
          <field name="line">1</field>
          <field name="ean">4800000007919</field>
          <field name="quantity">
            <xsl:value-of select="@CAST@"/>
          </field>
        </fieldset></fieldgroup>
      </document></documents>
    </envelope>
  </xsl:template>
</xsl:stylesheet>
"""


def test_a_stylesheet_error_lands_in_error_with_its_line_and_runs_again_after_a_move(
    world: World, postbox: Postbox
):
    address = f"{secrets.token_hex(4)}@shop.example"
    _, supplier, _ = pair(world)
    shop = world.mailbox("Shop with a strict rule", notifyEmail=address)
    strict = STRICT.replace("@SUPPLIER@", supplier.uuid)
    rule = {
        "name": "Strict",
        "direction": "OUT",
        "templateUuid": world.template(),
        "match": {"kind": "NAME", "pattern": r".*\.xml"},
        "stylesheet": strict.replace("@CAST@", "xs:integer(quantity)"),
    }
    good = b"<order><number>S1</number><quantity>2</quantity></order>"
    bad = b"<order><number>S2</number><quantity>two</quantity></order>"
    uuid = world.rule(shop, ("good.xml", good), **rule)
    line = 1 + strict[: strict.index("@CAST@")].count("\n")

    shop.partner.write("coutbox/bad.xml", bad)
    failed = world.transfer(shop, "bad.xml", "FAILED")

    assert failed["error"]["line"] == line
    assert failed["error"]["rule"] == uuid
    assert shop.partner.listing("error") == ["bad.xml", "bad.xml.error.json"]
    report = json.loads(shop.partner.read("error/bad.xml.error.json"))
    assert f'"line": {line}' in json.dumps(report)
    assert shop.partner.read("error/bad.xml") == bad
    assert shop.partner.listing("coutbox") == []
    (mail,) = eventually(lambda: postbox.to(address), "a mail")
    assert "bad.xml" in text_of(mail)
    assert str(line) in text_of(mail)

    rule["stylesheet"] = strict.replace(
        "@CAST@", "(quantity[. castable as xs:integer], 1)[1]"
    )
    world.change(uuid, shop, ("bad.xml", bad), **rule)
    with shop.partner.paramiko() as sftp:
        sftp.rename("error/bad.xml", "coutbox/bad.xml")
    again = world.transfer(shop, "bad.xml", "PROCESSED")

    assert again["uuid"] == failed["uuid"]
    assert shop.partner.listing("error") == []
    assert len(world.envelopes(supplier, "inbox")) == 1
