"""`rule test` on a gateway that is not running."""

import asyncio
import json

import pytest
from documents import ORDER_XML, TEMPLATE_XML

from gateway.app.foundation import foundation, new_id, utc_now
from gateway.config import load
from gateway.core.desk.actor import COMMAND_LINE
from gateway.core.integration import Mailbox
from gateway.core.model import MailboxId, RuleId
from gateway.core.rules import Level, Match, MatchKind, Rule, RuleDirection
from gateway.engine.desk.templates import Templates
from gateway.store import mailboxes, rules

SHOP = MailboxId("0a000000-0000-4000-8000-000000000001")
SELLER = MailboxId("0a000000-0000-4000-8000-000000000002")


@pytest.fixture
def shop(data):
    """Give the gateway two mailboxes and a rule for files whose names end in .xml."""

    async def fill():
        async with foundation(load(None, data)) as base:
            desk = Templates(base.db, utc_now, new_id)
            template = await desk.add(COMMAND_LINE, TEMPLATE_XML)
            async with base.db.write() as conn:
                for uuid, name in ((SHOP, "Shop"), (SELLER, "Seller")):
                    await mailboxes.add(conn, Mailbox(id=uuid, name=name), utc_now())
                rule = Rule(
                    id=RuleId(new_id()),
                    mailbox=SHOP,
                    level=Level.MAILBOX,
                    direction=RuleDirection.OUT,
                    name="Orders",
                    enabled=True,
                    template=template.uuid,
                    template_version=template.version,
                    match=Match(MatchKind.NAME, r".*\.xml"),
                    stylesheet=await desk.skeleton(
                        template.uuid, None, RuleDirection.OUT
                    ),
                )
                await rules.add(conn, rule, utc_now())
            example = await desk.example_file(template.uuid, None, SHOP)
        (data.parent / "order.xml").write_bytes(example.data)

    asyncio.run(fill())
    return data


def test_a_file_is_tried_and_explained(run, shop, tmp_path):
    file = tmp_path / "order.xml"
    code, out, err = run("rule", "test", file, "--data", shop)
    assert (code, out) == (2, "")
    assert "--mailbox must say" in err
    assert f"{SHOP} (Shop)" in err

    options = ("--data", shop, "--mailbox", SHOP.upper())
    code, out, err = run("rule", "test", file, *options)
    assert (code, err) == (0, "")
    assert "> Orders: taken" in out
    assert f"seller: {SELLER} (Seller)" in out
    assert "convert: " in out
    code, out, err = run("rule", "test", file, *options, "--name", "a.txt")
    assert code == 1
    assert r"- Orders: the name a.txt does not match .*\.xml" in out
    assert "What to do next: Add an OUT rule" in out


def test_a_program_reads_json(run, shop, tmp_path):
    file = tmp_path / "bad.xml"
    file.write_text(ORDER_XML)
    options = ("--data", shop, "--mailbox", SHOP, "--json", "--attribute", "a=b=c")
    code, out, _ = run("rule", "test", file, *options)
    told = json.loads(out)
    assert code == 1
    assert told["error"]["code"] == "role-missing"
    assert told["sourceXml"].endswith(ORDER_XML)
    assert told["rules"][0]["taken"]


def test_what_cannot_be_tried_is_explained(run, data, tmp_path, capsys):
    code, _, err = run("rule", "test", tmp_path / "none", "--data", data)
    assert code == 2
    assert "cannot be read" in err
    with pytest.raises(SystemExit):
        run("rule", "test", "x", "--data", data, "--attribute", "novalue")
    assert "NAME=VALUE" in capsys.readouterr().err
