"""Bad input of every kind: a clear error, and the others keep being served."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import paramiko
import pytest
from drive.api import ApiError
from drive.world import Mailbox, World, native_order

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(120)]

EVIL = Path(__file__).parent / "evil"


@pytest.fixture(scope="module")
def shop(world: World) -> Mailbox:
    return world.mailbox("Shop of refusals")


def rule(world: World, stylesheet: str) -> dict[str, object]:
    return {
        "name": "Evil",
        "direction": "OUT",
        "templateUuid": world.template(),
        "match": {"kind": "NAME", "pattern": ".*"},
        "stylesheet": stylesheet,
    }


@pytest.mark.parametrize("name", ["readfile.xslt", "infinite.xslt", "membomb.xslt"])
def test_an_evil_stylesheet_is_stopped_while_others_are_served(
    world: World, shop: Mailbox, name
):
    supplier = world.mailbox(f"Supplier beside {name}")
    sender = world.mailbox(f"Sender beside {name}")
    evil = rule(world, (EVIL / name).read_text())
    with ThreadPoolExecutor(1) as pool:
        trial = pool.submit(world.execute, shop, ("a.xml", b"<a/>"), **evil)
        started = time.monotonic()
        sender.partner.write(
            "outbox/n.xml", native_order("E1", supplier.uuid, world.template())
        )
        world.transfer(sender, "n.xml", "PROCESSED")
        assert time.monotonic() - started < 5
        with pytest.raises(ApiError) as caught:
            trial.result()
    assert caught.value.status == 422
    assert caught.value.body["message"]
    text = str(caught.value.body)
    assert Path("/etc/hostname").read_text().strip() not in text


ANY = """<xsl:stylesheet version="2.0"
    xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
  <xsl:param name="SENDER_MAILBOX"/>
  <xsl:param name="TEMPLATE_UUID"/>
  <xsl:template match="/">
    <envelope templateUuid="{$TEMPLATE_UUID}" templateVersion="">
      <info><subject>Any</subject><message/></info>
      <flow><roles>
        <role id="buyer" mailboxUuid="{$SENDER_MAILBOX}"/>
        <role id="supplier" mailboxUuid="{$SENDER_MAILBOX}"/>
      </roles></flow>
      <documents><document id="order">
        <field name="number"><xsl:value-of select="name(*)"/></field>
        <field name="orderDate">2026-10-12</field>
      </document></documents>
    </envelope>
  </xsl:template>
</xsl:stylesheet>"""
GOOD = b"<order><number>G1</number></order>"


def test_an_xml_file_with_entities_goes_to_error_and_the_next_is_served(world: World):
    box = world.mailbox("Shop with entities")
    world.rule(box, ("good.xml", GOOD), **rule(world, ANY))

    box.partner.write("coutbox/xxe.xml", (EVIL / "xxe.xml").read_bytes())
    box.partner.write("coutbox/good.xml", GOOD)

    failed = world.transfer(box, "xxe.xml", "FAILED")
    assert "DOCTYPE" in failed["error"]["message"]
    assert failed["error"]["line"] == 1
    world.transfer(box, "good.xml", "PROCESSED")
    assert box.partner.listing("error") == ["xxe.xml", "xxe.xml.error.json"]


def test_a_workbook_that_would_burst_harms_nobody(world: World):
    box = world.mailbox("Shop with a workbook")
    world.rule(box, ("good.xml", GOOD), **rule(world, ANY))

    box.partner.write("coutbox/bomb.xlsx", (EVIL / "bomb_sparse.xlsx").read_bytes())
    box.partner.write("coutbox/good.xml", GOOD)

    bomb = world.transfer(box, "bomb.xlsx", "FAILED")
    assert "XFD1048576" in bomb["error"]["message"]
    world.transfer(box, "good.xml", "PROCESSED")
    assert box.partner.listing("error") == ["bomb.xlsx", "bomb.xlsx.error.json"]


def test_a_file_that_no_rule_knows_goes_to_error_and_says_what_to_do(world: World):
    box = world.mailbox("Shop without rules")
    box.partner.write("coutbox/strange.bin", b"\x00\x01")
    failed = world.transfer(box, "strange.bin", "FAILED")
    assert failed["error"]["step"] == "match"
    assert "rule" in failed["error"]["message"]
    assert b"strange.bin" in box.partner.read("error/strange.bin.error.json")


def test_a_wrong_envelope_in_outbox_goes_to_error_with_its_line(world: World):
    box = world.mailbox("Shop with a typo")
    order = native_order("T1", box.uuid, world.template())
    wrong = order.replace(b'name="orderDate"', b'naem="orderDate"')
    box.partner.write("outbox/typo.xml", wrong)
    failed = world.transfer(box, "typo.xml", "FAILED")
    line = 1 + wrong[: wrong.index(b"naem")].count(b"\n")
    assert failed["error"]["line"] == line
    assert "naem" in failed["error"]["message"]


def test_a_login_is_refused_and_sessions_end_when_the_integration_is_switched_off(
    world: World,
):
    box = world.mailbox("Shop that is switched off")
    with box.partner.paramiko() as sftp:
        assert sorted(sftp.listdir(".")) == [
            *("cinbox", "coutbox", "error", "inbox", "outbox"),
        ]
        world.api.put(f"/api/v1/mailboxes/{box.uuid}/integration", {"enabled": False})
        with pytest.raises((OSError, EOFError)):
            for _ in range(100):  # the session is closed at once, or nearly
                sftp.listdir(".")
                time.sleep(0.05)
    with pytest.raises(paramiko.AuthenticationException):
        box.partner.listing(".")
    world.api.put(f"/api/v1/mailboxes/{box.uuid}/integration", {"enabled": True})
    assert len(box.partner.listing(".")) == 5


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        pytest.param("GET", "/api/v1/nothing", None, 404),
        pytest.param("GET", "/api/v1/mailboxes/none", None, 404),
        pytest.param("DELETE", "/api/v1/templates", None, 405),
        pytest.param("POST", "/api/v1/mailboxes", b"{", 400),
        pytest.param("POST", "/api/v1/mailboxes", {"name": ""}, 422),
        pytest.param("POST", "/api/v1/mailboxes", {"nmae": "x"}, 422),
        pytest.param("POST", "/api/v1/templates", {"data": "<a"}, 422),
    ],
)
def test_a_wrong_call_is_answered_with_a_code_and_a_sentence(
    world: World, method, path, body, status
):
    with pytest.raises(ApiError) as caught:
        world.api.call(method, path, body, {})
    assert caught.value.status == status
    assert set(caught.value.body) >= {"code", "message", "data"}
    assert len(caught.value.body["message"].split()) > 2
