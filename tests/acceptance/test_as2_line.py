"""A document on its way from one gateway to another, by AS2."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from drive.process import GatewayProcess
from drive.world import ORDER, Mailbox, World, eventually

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(120)]

FILE = "order_ORD1.xml"


@dataclass
class Pair:
    """Two gateways; a shop's orders go from here to a supplier's there."""

    here: World
    there: World
    shop: Mailbox
    supplier: Mailbox
    partner: Mailbox
    order: bytes

    def configure(self, **as2: Any) -> None:
        self.here.api.put(
            f"/api/v1/mailboxes/{self.supplier.uuid}/integration", {"as2": as2}
        )

    def send(self) -> None:
        self.shop.partner.write("coutbox/order.edi", self.order)

    def sent(self) -> list[dict[str, Any]]:
        return self.here.transfers(self.supplier, direction="DELIVERED")

    def received(self) -> list[dict[str, Any]]:
        return self.there.transfers(self.partner, direction="RECEIVED")

    def arrived(self, expected: bytes) -> None:
        """Wait for the proof here; the file there is the expected one, once."""
        eventually(
            lambda: [one["state"] for one in self.sent()] == ["DELIVERED"],
            "the delivery is proved",
        )
        [got] = self.received()
        path = f"/api/v1/transfers/{got['uuid']}/content"
        assert (got["fileName"], got["protocol"]) == (FILE, "AS2")
        assert self.there.api.get(path) == expected
        [one] = self.sent()
        whole = self.here.api.get(f"/api/v1/transfers/{one['uuid']}")
        trace = " ".join(line["detail"] for line in whole["trace"])
        assert "MDN verified, signed by CN=" in trace


@pytest.fixture(scope="module")
def expected(request: pytest.FixtureRequest) -> bytes:
    return (request.path.parent / "expected" / FILE).read_bytes()


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The partner's gateway."""
    folder = tmp_path_factory.mktemp("other")
    process = GatewayProcess(folder / "data")
    try:
        process.start()
        yield World(process, folder)
    finally:
        process.clear()


def integrate(world: World, box: Mailbox, **as2: Any) -> dict[str, Any]:
    answer: dict[str, Any] = world.api.put(
        f"/api/v1/mailboxes/{box.uuid}/integration", {"protocol": "AS2", "as2": as2}
    )["as2"]
    return answer


@pytest.fixture
def pair(world: World, other: World) -> Pair:
    return a_pair(world, other)


def a_pair(world: World, other: World) -> Pair:
    number = str(secrets.randbelow(10**13)).zfill(13)
    shop = world.mailbox(f"Shop {number}")
    supplier = world.mailbox(f"Supplier {number}", f"GLN::{number}")
    partner = other.mailbox(f"Partner {number}")
    order = ORDER.replace(b"NAD+SU+4829900003228", f"NAD+SU+{number}".encode())
    world.order_out(shop, order)
    world.order_in(supplier)
    ours = integrate(world, supplier)
    theirs = integrate(
        other,
        partner,
        recipientId=ours["selfId"],
        recipientUrl=ours["selfUrl"],
        recipientCertificates=[ours["selfCertificate"]],
    )
    integrate(
        world,
        supplier,
        recipientId=theirs["selfId"],
        recipientUrl=theirs["selfUrl"],
        recipientCertificates=[theirs["selfCertificate"]],
        retrySeconds=1,
    )
    return Pair(world, other, shop, supplier, partner, order)


def test_an_order_is_delivered_when_the_partners_mdn_proves_it(pair, expected):
    pair.send()
    pair.arrived(expected)


def test_an_asynchronous_mdn_proves_it_too(pair, expected):
    pair.configure(mdn="ASYNC")
    pair.send()
    pair.arrived(expected)


def test_a_partner_who_was_away_gets_it_once_it_is_back(pair, expected):
    port = pair.there.process.endpoints["as2"]["port"]
    pair.there.process.stop()
    pair.send()
    eventually(
        lambda: [one["attempts"] for one in pair.sent()] > [0],
        "the partner is missed",
    )
    pair.there.process.settings = {"GATEWAY_AS2_PORT": str(port)}
    pair.there.process.start()
    pair.there.connect()
    pair.arrived(expected)
    assert pair.sent()[0]["attempts"] > 1


def test_what_the_partner_denies_is_told_and_can_be_sent_anew(pair, expected):
    box = f"/api/v1/mailboxes/{pair.partner.uuid}/integration"
    pair.there.api.put(box, {"as2": {"recipientId": "somebody else"}})
    pair.send()
    eventually(
        lambda: [one["state"] for one in pair.sent()] == ["FAILED"],
        "the denial is recorded",
    )
    [failed] = pair.sent()
    assert failed["error"]["code"] == "as2-mdn-negative"
    assert "authentication-failed" in failed["error"]["message"]
    name = pair.here.api.get(f"/api/v1/mailboxes/{pair.supplier.uuid}/integration")[
        "as2"
    ]["selfId"]
    pair.there.api.put(box, {"as2": {"recipientId": name}})
    pair.here.api.post(f"/api/v1/transfers/{failed['uuid']}/reprocess")
    eventually(
        lambda: [one["state"] for one in pair.sent()] == ["DELIVERED"],
        "the new message is proved",
    )
    states = sorted(one["fileName"] == FILE for one in pair.received())
    assert states[-1]


def test_a_kill_between_build_and_answer_loses_and_doubles_nothing(
    gateway: GatewayProcess, other: World, tmp_path: Path, expected
):
    gateway.start()
    made = a_pair(World(gateway, tmp_path), other)
    made.configure(retrySeconds=1, maxAttempts=50)
    made.send()
    eventually(made.sent, "the delivery is queued")
    gateway.kill()
    gateway.start()
    made.here.connect()
    made.arrived(expected)
