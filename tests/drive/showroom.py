"""A gateway with something to see on every page, and the way to each of them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from as2_builders import Person
from cryptography.hazmat.primitives.serialization import Encoding
from drive.world import ORDER, Mailbox, World

from admin_web.pages.shell import pages

PARTNER_URL = "https://as2.baltic-retail.example/receive"


@dataclass(frozen=True)
class Showroom:
    """What was made; *names* fills the paths of the pages."""

    shop: Mailbox
    supplier: Mailbox
    retail: str
    names: Mapping[str, str]

    def stops(self) -> Sequence[str]:
        """Return the address of every page that GET shows, and some in other states."""
        found = [self._filled(page.path) for page in pages() if page.method == "GET"]
        front = "/admin/integrations/list"
        return [*found, *(f"{front}?mailbox={box}" for box in self._boxes())]

    def _boxes(self) -> Sequence[str]:
        return self.shop.uuid, self.retail

    def _filled(self, path: str) -> str:
        def value(match: re.Match[str]) -> str:
            if match[1] not in self.names:
                raise AssertionError(f"{path}: the showroom has no {match[1]!r} yet")
            return self.names[match[1]]

        return re.sub(r"{(\w+)}", value, path)


def furnish(world: World, partner: Person) -> Showroom:
    """Make mailboxes of both protocols, rules, a delivered order and a failed one."""
    shop = world.mailbox("Alder Shop", "GLN::9863521000093")
    supplier = world.mailbox("Fjord Supplies", "GLN::4829900003228")
    out = world.order_out(shop, ORDER)
    world.order_in(supplier)
    put(shop, "order_ORD1.edi", ORDER)
    put(shop, "notes.txt", b"no rule knows this")
    done = world.transfer(shop, "order_ORD1.edi", "PROCESSED")
    failed = world.transfer(shop, "notes.txt", "FAILED")
    retail = by_as2(world, partner)
    names = {
        "mailbox": retail,
        "rule": out,
        "transfer": failed["uuid"],
        "envelope": done["envelopes"][0],
        "template": world.template(),
        "dictionary": world.api.get("/api/v1/dictionaries")[0]["uuid"],
    }
    return Showroom(shop, supplier, retail, names)


def by_as2(world: World, partner: Person) -> str:
    """Make a mailbox with a partner that speaks AS2; return its uuid."""
    box = world.api.post("/api/v1/mailboxes", {"name": "Baltic Retail"})["uuid"]
    settings: dict[str, Any] = {
        "recipientUrl": PARTNER_URL,
        "recipientId": "BALTIC",
        "recipientCertificates": [
            partner.certificate.public_bytes(Encoding.PEM).decode()
        ],
    }
    world.api.put(
        f"/api/v1/mailboxes/{box}/integration",
        {"enabled": True, "protocol": "AS2", "as2": settings},
    )
    return str(box)


def put(box: Mailbox, name: str, data: bytes) -> None:
    """Upload a file to be converted."""
    with box.partner.paramiko() as sftp, sftp.open(f"coutbox/{name}", "wb") as file:
        file.write(data)
