"""Set-ups that scenarios share: mailboxes with their partners, the order's rules."""

import base64
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from drive.api import Api
from drive.process import GatewayProcess
from drive.sftp import Partner, make_key

FILES = Path(__file__).parents[2] / "gateway" / "demo" / "files"
ORDER = (FILES / "order.edi").read_bytes()
T = TypeVar("T")


def eventually(look: Callable[[], T], what: str, seconds: float = 20) -> T:
    """Look until the answer is true; an AssertionError that says what was awaited."""
    begun = time.monotonic()
    while not (found := look()):
        waited = time.monotonic() - begun
        if waited > seconds:
            raise AssertionError(f"{what}: not within {seconds} s, last {found!r}")
        time.sleep(min(0.05 + waited / 20, 0.5))  # looking is work for the gateway
    return found


@dataclass(frozen=True)
class Mailbox:
    """A mailbox of the gateway and the partner behind it."""

    uuid: str
    name: str
    partner: Partner


@dataclass
class World:
    """A running gateway as its administrator and its partners see it."""

    process: GatewayProcess
    folder: Path
    api: Api = field(init=False)

    def __post_init__(self) -> None:
        self.connect()

    def connect(self) -> None:
        """Log in anew, as after a restart."""
        password = (self.process.data / "admin-password").read_text().strip()
        url = self.process.endpoints["admin"]["url"]
        self.api = Api.login(url, "admin", password)

    def mailbox(self, name: str, *aliases: str, **settings: Any) -> Mailbox:
        """Make a mailbox and switch its SFTP on."""
        box = self.api.post(
            "/api/v1/mailboxes", {"name": name, "aliases": list(aliases)}
        )["uuid"]
        key = self.folder / f"{box}.key"
        answer = self.api.put(
            f"/api/v1/mailboxes/{box}/integration",
            {
                "enabled": True,
                "protocol": "SFTP",
                "sftp": {"publicKeys": [make_key(key)]},
                **settings,
            },
        )
        return Mailbox(box, name, self._partner(answer["sftp"], key))

    def _partner(self, sftp: dict[str, Any], key: Path) -> Partner:
        known = key.with_suffix(".known_hosts")
        known.write_text(sftp["knownHosts"].rstrip("\n") + "\n")
        return Partner(
            login=sftp["login"],
            password=sftp["password"],
            host=sftp["host"],
            port=int(sftp["port"]),
            known_hosts=known,
            key=key,
        )

    def reconnect(self, box: Mailbox) -> Mailbox:
        """Return the mailbox with the gateway's new port, after a restart."""
        sftp = self.api.get(f"/api/v1/mailboxes/{box.uuid}/integration")["sftp"]
        password = {"password": box.partner.password}
        return Mailbox(
            box.uuid, box.name, self._partner(sftp | password, box.partner.key)
        )

    # --- rules -------------------------------------------------------------------

    def template(self) -> str:
        """Import the order's template and return its uuid; again is no harm."""
        data = (FILES / "template.xml").read_text()
        return str(self.api.post("/api/v1/templates", {"data": data})["uuid"])

    def products(self) -> dict[str, str]:
        """Make the dictionary; return the words that order-out.xsl wants filled in."""
        made = self.api.post(
            "/api/v1/dictionaries",
            {
                "name": f"Products {secrets.token_hex(4)}",
                "columns": [{"name": "ean"}, {"name": "article"}],
            },
        )
        rows = [x.split(",") for x in (FILES / "products.csv").read_text().split()]
        self.api.put(f"/api/v1/dictionaries/{made['uuid']}/records", rows[1:])
        columns = {
            f"@PRODUCTS.{column['name']}@": column["uuid"] for column in made["columns"]
        }
        return {"@PRODUCTS@": made["uuid"], **columns}

    def execute(
        self, box: Mailbox, example: tuple[str, bytes] | None, **rule: Any
    ) -> dict[str, Any]:
        """Try a rule on the example, or on one the gateway makes."""
        trial = {**rule, "mailbox": box.uuid}
        if example:
            name, content = example
            trial["exampleName"] = name
            trial["exampleContent"] = base64.b64encode(content).decode()
        found: dict[str, Any] = self.api.post("/api/v1/rules/execute", trial)
        return found

    def rule(
        self, box: Mailbox, example: tuple[str, bytes] | None = None, **rule: Any
    ) -> str:
        """Execute the rule on the example, save it, return its uuid."""
        token = self.execute(box, example, **rule)["executeToken"]
        saved = self.api.post(
            f"/api/v1/mailboxes/{box.uuid}/rules", {**rule, "executeToken": token}
        )
        return str(saved["uuid"])

    def change(
        self, uuid: str, box: Mailbox, example: tuple[str, bytes], **rule: Any
    ) -> None:
        """Execute the changed rule and save it."""
        token = self.execute(box, example, **rule)["executeToken"]
        self.api.put(f"/api/v1/rules/{uuid}", {**rule, "executeToken": token})

    def order_out(self, box: Mailbox, order: bytes, **changes: Any) -> str:
        """Give the mailbox the rule that makes EDIFACT orders envelopes.

        It is tried on `order`, whose supplier must have a mailbox.
        """
        stylesheet = (FILES / "order-out.xsl").read_text()
        for word, value in self.products().items():
            stylesheet = stylesheet.replace(word, value)
        rule = {
            "name": "EDIFACT orders",
            "direction": "OUT",
            "templateUuid": self.template(),
            "match": {"kind": "CONTENT", "pattern": r"UNH\+[^']*ORDERS:D:96A"},
            "stylesheet": stylesheet,
        }
        return self.rule(box, ("order.edi", order), **rule | changes)

    def order_in(self, box: Mailbox, **changes: Any) -> str:
        """Give the mailbox the rule that makes envelopes XML for an ERP."""
        rule = {
            "name": "Orders for the ERP",
            "direction": "IN",
            "templateUuid": self.template(),
            "stylesheet": (FILES / "order-in.xsl").read_text(),
            "fileNamePattern": 'order_{"order":"number"}.xml',
        }
        return self.rule(box, **rule | changes)

    # --- what became of it -------------------------------------------------------

    def transfers(self, box: Mailbox, **query: str) -> list[dict[str, Any]]:
        """Return the newest 500 of the mailbox's transfers."""
        words = "".join(f"&{name}={value}" for name, value in query.items())
        path = f"/api/v1/transfers?mailbox={box.uuid}&limit=500{words}"
        found: list[dict[str, Any]] = self.api.get(path)["data"]
        return found

    def count(self, box: Mailbox, **query: str) -> int:
        """Return how many of the mailbox's transfers there are in all."""
        words = "".join(f"&{name}={value}" for name, value in query.items())
        path = f"/api/v1/transfers?mailbox={box.uuid}&limit=1{words}"
        return int(self.api.get(path)["totalElements"])

    def transfer(self, box: Mailbox, name: str, state: str) -> dict[str, Any]:
        """Wait until the file of this name is in this state and return its transfer."""

        def look() -> dict[str, Any] | None:
            return next(
                (
                    one
                    for one in self.transfers(box)
                    if one["fileName"] == name and one["state"] == state
                ),
                None,
            )

        found = eventually(look, f"{name} {state}")
        whole: dict[str, Any] = self.api.get(f"/api/v1/transfers/{found['uuid']}")
        return whole

    def envelopes(self, box: Mailbox, scope: str) -> list[dict[str, Any]]:
        path = f"/api/v1/mailbox/{box.uuid}?scope={scope}&limit=500"
        found: list[dict[str, Any]] = self.api.get(path)["data"]
        return found


def native_order(number: str, recipient: str, template: str) -> bytes:
    """Return an order as native envelope XML, to be put into outbox/."""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<envelope templateUuid="{template}" templateVersion="">
  <info><subject>Order {number}</subject><message>By hand</message></info>
  <flow><roles>
    <role id="buyer" mailboxUuid=""/>
    <role id="supplier" mailboxUuid="{recipient}"/>
  </roles></flow>
  <documents><document id="order">
    <field name="number">{number}</field>
    <field name="orderDate">2026-10-12</field>
    <fieldgroup name="lines"><fieldset index="0">
      <field name="line">1</field>
      <field name="ean">4800000007919</field>
      <field name="quantity">2</field>
    </fieldset></fieldgroup>
  </document></documents>
</envelope>
""".encode()
