"""Two mailboxes, a template, a dictionary, two rules and an order to try them on.

Everything goes through the desk, as if a person had typed it in. Each thing has an
uuid of its own here, so a start that was cut short is taken up where it ended; what a
person changes or removes later stays so, because a complete set is never loaded again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from gateway.core.desk.actor import Actor, PersonRole
from gateway.core.desk.areas import Desk
from gateway.core.desk.dictionaries import ColumnDraft, DictionaryDraft, WholeDictionary
from gateway.core.desk.integrations import IntegrationChange
from gateway.core.desk.rules import Example, RuleDraft
from gateway.core.errors import NotFound
from gateway.core.integration import DefaultRule
from gateway.core.model import MailboxId, TemplateId
from gateway.core.rules import Match, MatchKind, RuleDirection
from gateway.demo.partner import make_key

ACTOR = Actor("demo", PersonRole.OWNER)
SHOP = MailboxId("0b6f6f0e-5d0c-4b53-9a0e-0de300000001")
SUPPLIER = MailboxId("0b6f6f0e-5d0c-4b53-9a0e-0de300000002")
PRODUCTS = "0b6f6f0e-5d0c-4b53-9a0e-0de300000003"
LOADED = "loaded"
FILES = files("gateway.demo") / "files"


@dataclass(frozen=True, slots=True)
class Partner:
    """One side of the demo: its mailbox and the key that logs in to it."""

    name: str
    mailbox: MailboxId
    alias: str


PARTNERS = (
    Partner("Shop", SHOP, "GLN::9863521000093"),
    Partner("Supplier", SUPPLIER, "GLN::4829900003228"),
)


async def load(desk: Desk, folder: Path) -> None:
    """Load what is missing into the gateway, and the partners' files into `folder`."""
    if not _unpack(folder):
        return
    for partner in PARTNERS:
        await _partner(desk, partner, folder)
    template = (await desk.templates.add(ACTOR, _text("template.xml"))).uuid
    products = await _products(desk)
    await _rule(desk, SHOP, _out(template, products), Example("o.edi", ORDER))
    await _rule(desk, SUPPLIER, _in(template), None)
    (folder / LOADED).touch()


def _unpack(folder: Path) -> bool:
    """Write the order to try; False if everything was loaded before."""
    if (folder / LOADED).exists():
        return False
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    (folder / "order.edi").write_bytes(ORDER)
    return True


async def _partner(desk: Desk, partner: Partner, folder: Path) -> None:
    try:
        await desk.mailboxes.get(partner.mailbox)
    except NotFound:
        await desk.mailboxes.create(
            ACTOR, partner.name, [partner.alias], partner.mailbox
        )
    public = make_key(folder / f"{partner.name.lower()}.key")
    change = IntegrationChange(
        enabled=True, default_rule=DefaultRule.COPY, public_keys=[public]
    )
    await desk.integrations.save(ACTOR, partner.mailbox, change)


async def _products(desk: Desk) -> WholeDictionary:
    try:
        return await desk.dictionaries.get(PRODUCTS)
    except NotFound:
        pass
    draft = DictionaryDraft(
        name="Products",
        uuid=PRODUCTS,
        columns=[ColumnDraft("ean"), ColumnDraft("article")],
        records=[row.split(",") for row in _text("products.csv").split()[1:]],
    )
    return await desk.dictionaries.create(ACTOR, draft)


async def _rule(
    desk: Desk, mailbox: MailboxId, draft: RuleDraft, example: Example | None
) -> None:
    """Execute and add the rule, unless the mailbox has one of this name."""
    if any(rule.name == draft.name for rule in await desk.rules.listing(mailbox)):
        return
    done = await desk.rules.execute(mailbox, draft, example, None)
    await desk.rules.add(ACTOR, mailbox, draft, done.execute_token)


def _out(template: TemplateId, products: WholeDictionary) -> RuleDraft:
    return RuleDraft(
        name="EDIFACT orders",
        direction=RuleDirection.OUT,
        template=template,
        match=Match(MatchKind.CONTENT, r"UNH\+[^']*ORDERS:D:96A"),
        stylesheet=_filled(_text("order-out.xsl"), words(products)),
    )


def _in(template: TemplateId) -> RuleDraft:
    return RuleDraft(
        name="Orders for the ERP",
        direction=RuleDirection.IN,
        template=template,
        stylesheet=_text("order-in.xsl"),
        file_name_pattern='order_{"order":"number"}.xml',
    )


def words(products: WholeDictionary) -> Mapping[str, str]:
    """Return what the words between @ signs in `order-out.xsl` stand for."""
    found: dict[str, str] = {"@PRODUCTS@": products.dictionary.id}
    for column in products.dictionary.columns:
        found[f"@PRODUCTS.{column.name}@"] = column.uuid
    return found


def _filled(text: str, by: Mapping[str, str]) -> str:
    for word, value in by.items():
        text = text.replace(word, value)
    return text


def _data(name: str) -> bytes:
    return (FILES / name).read_bytes()


def _text(name: str) -> str:
    return _data(name).decode()


ORDER = _data("order.edi")
