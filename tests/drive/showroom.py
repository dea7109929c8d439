"""A gateway with something to see on every page, and the way to each of them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from secrets import token_hex
from typing import Any

from as2_builders import Person
from cryptography.hazmat.primitives.serialization import Encoding
from drive.world import FILES, ORDER, Mailbox, World

from admin_web.pages.shell import pages

# one never ends, one is there by AS2 only, two are files
NO_PAGES = re.compile(r"/events$|/evidence$|/attachments/|/table$")
PARTNER_URL = "https://as2.baltic-retail.example/receive"
TEMPLATE = FILES / "template.xml"
LONG_TEMPLATE = "5e1b7a55-0c35-4a7e-9a4f-6f1b8d1f2c10"


@dataclass(frozen=True)
class Names:
    """How the things are called that people and partners name as they like."""

    shop: str = "Alder Shop"
    supplier: str = "Fjord Supplies"
    retail: str = "Baltic Retail"
    idle: str = "Heron Logistics"
    order: str = "order_ORD1.edi"
    note: str = "notes.txt"
    template: str = "Order"


LONG = Names(
    shop="Baumschulenverwaltungsgesellschaft" * 7,
    supplier="Fischereizulieferungsbetrieb" * 9,
    retail="Einzelhandelskettenverbund" * 4,  # an AS2 name, too
    idle="Lagerhausverwaltungsverein" * 9,
    order="o" * 240 + ".edi",
    note="n" * 240 + ".txt",
    template="Sammelbestellungsformular" * 10,
)
"""As long as they may be, and nowhere to break."""


@dataclass(frozen=True)
class Showroom:
    """What was made; *samples* has one of each by the word before it in the paths."""

    shop: Mailbox
    supplier: Mailbox
    retail: str
    idle: str
    samples: Mapping[str, str]
    owner: str
    password: str

    def stops(self) -> Sequence[str]:
        """Return the address of every page that GET shows, and some in other states."""
        found = [
            self.address(page.path)
            for page in pages()
            if page.method == "GET" and not NO_PAGES.search(page.path)
        ]
        front = "/admin/integrations/list"
        boxes = (self.shop.uuid, self.retail, self.idle)
        sent = f"mailbox={self.shop.uuid}&template={self.samples['templates']}"
        return [
            *dict.fromkeys(found),
            *(f"{front}?mailbox={box}" for box in boxes),
            f"/admin/envelopes?mailbox={self.supplier.uuid}&scope=inbox",
            f"/admin/envelopes?mailbox={self.idle}&scope=outbox",
            f"/admin/envelopes?mailbox={self.idle}&scope=inbox",
            f"/admin/envelopes/new?{sent}",
            f"/admin/mailboxes/{self.shop.uuid}/rules/{self.samples['out']}",
        ]

    def address(self, path: str) -> str:
        """Return the path with a sample in the place of each name."""

        def value(match: re.Match[str]) -> str:
            if match[1] not in self.samples:
                raise AssertionError(f"{path}: the showroom has none of {match[1]!r}")
            return f"{match[1]}/{self.samples[match[1]]}"

        return re.sub(r"(\w+)(/{\w+})+", value, path)


def page_paths() -> Sequence[str]:
    """Return the paths that GET may show a page at, each once."""
    found = [page.path for page in pages() if page.method == "GET"]
    return [path for path in dict.fromkeys(found) if not NO_PAGES.search(path)]


def furnish(world: World, partner: Person, names: Names = Names()) -> Showroom:
    """Make mailboxes of both protocols, rules, a delivered order and a failed one."""
    shop = world.mailbox(names.shop, "GLN::9863521000093")
    supplier = world.mailbox(names.supplier, "GLN::4829900003228")
    retail = by_as2(world, partner, names.retail)
    idle = world.api.post("/api/v1/mailboxes", {"name": names.idle})["uuid"]
    out = world.order_out(shop, ORDER)
    world.order_in(supplier)
    put(shop, names.order, ORDER)
    put(shop, names.note, b"no rule knows this")
    a_user(world, "olena", "INTEGRATOR")
    password = a_user(world, "sofia", "OWNER")
    done = world.transfer(shop, names.order, "PROCESSED")
    failed = world.transfer(shop, names.note, "FAILED")
    samples = {
        "mailboxes": retail,
        "rules": world.order_in(Mailbox(retail, names.retail, shop.partner)),
        "out": out,
        "transfers": failed["uuid"],
        "envelopes": done["envelopes"][0],
        "templates": a_template(world, names.template),
        "dictionaries": world.api.get("/api/v1/dictionaries")[0]["uuid"],
        "users": "olena",
        "certificates": world.api.get("/api/v1/certificates")[0]["fingerprint"],
    }
    return Showroom(shop, supplier, retail, idle, samples, "sofia", password)


def a_user(world: World, login: str, role: str) -> str:
    """Add a person and return their password."""
    password = token_hex(12)
    person = {"login": login, "role": role, "password": password}
    world.api.post("/api/v1/users", person)
    return password


def a_template(world: World, name: str) -> str:
    """Import the order's template; under another name it is another."""
    if name == Names.template:
        return world.template()
    data = re.sub('uuid="[^"]*"', f'uuid="{LONG_TEMPLATE}"', TEMPLATE.read_text())
    for word in ('name="Order"', 'title="Buyer"', 'title="Supplier"'):
        data = data.replace(word, f'{word.partition("=")[0]}="{name}"')
    return str(world.api.post("/api/v1/templates", {"data": data})["uuid"])


def by_as2(world: World, partner: Person, name: str) -> str:
    """Make a mailbox with a partner that speaks AS2; return its uuid."""
    box = world.api.post("/api/v1/mailboxes", {"name": name})["uuid"]
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
