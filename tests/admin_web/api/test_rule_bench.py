"""The test bench over the API: what rules would do, and that nothing happens."""

import base64
from dataclasses import replace

import pytest
from documents import IN_STYLESHEET, ORDER_XML, TEMPLATE, envelope_xml
from sqlalchemy import func, select

from gateway.core.model import MailboxId, RuleId, TemplateId
from gateway.core.rules import (
    Level,
    Match,
    MatchKind,
    Rule,
    RuleDirection,
    ZipKind,
)
from gateway.store import rules, tables

LOOKING_UP = f"""<xsl:stylesheet version="2.0"
    xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:wd="java:com.whitedoc.xslt.extensions.WdExtensions">
  <xsl:template match="/order">
    <envelope templateUuid="{TEMPLATE}">
      <info><subject>Order <xsl:value-of select="number"/></subject></info>
      <flow><roles><role id="seller"
        mailboxUuid="{{wd:getMailboxUuidByAlias('GLN:1')}}"/></roles></flow>
      <documents><document id="order">
        <field name="number"><xsl:value-of select="number"/></field>
      </document></documents>
    </envelope>
  </xsl:template>
</xsl:stylesheet>"""


SCHEMA = """<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
  <xs:element name="order"><xs:complexType><xs:sequence>
    <xs:element name="number" type="xs:date"/><xs:element name="more"/>
  </xs:sequence></xs:complexType></xs:element></xs:schema>"""


@pytest.fixture
def keep(world, mailbox, template):
    """Return what puts a rule into the store."""
    count = 0

    async def add(name, pattern="", kind=MatchKind.NAME, **values):
        nonlocal count
        count += 1
        out = values.get("direction", RuleDirection.OUT) is RuleDirection.OUT
        rule = Rule(
            **{
                "id": RuleId(f"00000000-0000-4000-8000-{count:012d}"),
                "mailbox": MailboxId(mailbox),
                "level": Level.MAILBOX,
                "direction": RuleDirection.OUT,
                "name": name,
                "enabled": True,
                "template": TemplateId(TEMPLATE),
                "template_version": template["version"] if out else None,
                "match": Match(kind, pattern) if out else None,
                "stylesheet": LOOKING_UP if out else IN_STYLESHEET,
                "file_name_pattern": "" if out else "{randomNumber}.xml",
                **values,
            }
        )
        async with world.db.write() as conn:
            await rules.add(conn, rule, world.clock())
        return rule

    return add


@pytest.fixture
def bench(api, mailbox):
    async def ask(data, name="order.xml", status=200, **more):
        answer = await api.post(
            f"/api/v1/mailboxes/{mailbox}/rules/test",
            json={
                "fileName": name,
                "content": base64.b64encode(data.encode()).decode(),
                **more,
            },
        )
        assert answer.status == status, await answer.text()
        return await answer.json()

    return ask


async def test_every_rule_is_told_and_everything_that_would_be_made(
    api, bench, keep, mailbox, seller, world
):
    patched = await api.patch(
        f"/api/v1/mailboxes/{seller}", json={"aliases": ["GLN:1"]}
    )
    assert patched.status == 200
    await keep("Off", ".*", enabled=False)
    await keep("Other name", r".*\.edi")
    await keep("Other subject", "subject==INV.*", MatchKind.ATTRIBUTE)
    await keep("Content", "<invoice", MatchKind.CONTENT)
    taken = await keep("Orders", r".*\.xml")
    await keep("Later", ".*")
    await keep("In", direction=RuleDirection.IN)
    told = await bench(ORDER_XML, attributes={"Subject": "ORDER"})
    assert (told["direction"], told["rule"], told["ruleName"]) == (
        "OUT",
        taken.id,
        "Orders",
    )
    assert {one["name"]: one["why"] for one in told["rules"]} == {
        "Off": "it is switched off",
        "Other name": r"the name order.xml does not match .*\.edi",
        "Other subject": "the attribute subject is ORDER and does not match INV.*",
        "Content": "nothing in the content matches <invoice",
        "Orders": "",
        "Later": "it matches, too, but Orders stands above it",
    }
    assert [one["name"] for one in told["rules"] if one["matches"]] == [
        "Orders",
        "Later",
    ]
    assert told["sourceXml"].endswith(ORDER_XML)
    assert told["error"] is None
    explained = told["explanation"]
    assert explained["lookups"] == [
        {"call": "getMailboxUuidByAlias(GLN:1)", "answer": seller}
    ]
    assert set(explained["steps"]) >= {"read", "convert", "template", "handover"}
    (envelope,) = explained["envelopes"]
    assert envelope["subject"] == "Order 4711"
    assert {one["role"]: one["name"] for one in envelope["addressees"]} == {
        "buyer": "Shop",
        "seller": "Seller",
    }
    assert f'mailboxUuid="{seller}"' in envelope["xml"]
    async with world.db.read() as conn:
        for name in ("envelopes", "transfers", "jobs", "conversions"):
            query = select(func.count()).select_from(getattr(tables, name))
            assert (await conn.execute(query)).scalar() == 0, name
        kept = await rules.get(conn, taken.id)
    assert (kept.succeeded, kept.failed) == (0, 0)


async def test_what_would_fail_is_told_with_all_that_is_known(bench, keep):
    await keep("Orders", ".*")
    told = await bench(ORDER_XML)  # nobody has the alias
    assert (told["error"]["step"], told["error"]["code"]) == (
        "validate",
        "role-missing",
    )
    assert told["explanation"]["lookups"][0]["answer"] is None
    assert told["sourceXml"].endswith(ORDER_XML)
    broken = await bench("<order><number>", "order.xml")
    assert (broken["error"]["step"], broken["sourceXml"]) == ("read", "")


async def test_execute_explains_its_result_too(api, mailbox, seller, template):
    await api.patch(f"/api/v1/mailboxes/{seller}", json={"aliases": ["GLN:1"]})
    body = {
        "direction": "OUT",
        "templateUuid": TEMPLATE,
        "match": {"kind": "NAME", "pattern": ".*"},
        "stylesheet": LOOKING_UP,
        "mailbox": mailbox,
        "exampleName": "order.xml",
        "exampleContent": base64.b64encode(ORDER_XML.encode()).decode(),
    }
    answer = await api.post("/api/v1/rules/execute", json=body)
    assert answer.status == 200, await answer.text()
    told = (await answer.json())["explanation"]
    assert told["lookups"][0]["answer"] == seller
    assert told["envelopes"][0]["addressees"][1]["name"] == "Seller"
    rules = [{"name": "r.xsd", "content": SCHEMA}]
    refused = await api.post(
        "/api/v1/rules/execute", json=body | {"validations": rules}
    )
    assert refused.status == 422
    details = (await refused.json())["data"]["details"].split("\n")
    assert details[0].startswith("r.xsd: line 1:")
    assert len(details) == 2


async def test_a_file_that_no_rule_takes_is_shown_as_xml(bench, keep):
    await keep("Orders", "x")
    told = await bench(ORDER_XML)
    assert (told["rule"], told["error"]["code"]) == (None, "no-rule")
    assert "1 enabled OUT rule tried" in told["error"]["message"]
    assert told["sourceXml"].endswith(ORDER_XML)


async def test_a_native_envelope_is_tried_as_one_that_comes_in(
    bench, keep, mailbox, seller, world
):
    xml = envelope_xml(mailbox)
    told = await bench(xml)
    assert (told["direction"], told["rule"], told["defaultRule"]) == (
        "IN",
        None,
        "COPY",
    )
    rule = await keep("To ERP", direction=RuleDirection.IN)
    told = await bench(xml)
    assert (told["rule"], told["error"]) == (rule.id, None)
    assert told["fileName"] == "0123456789.xml"
    assert "<erp>4711</erp>" in told["result"]
    async with world.db.write() as conn:
        await rules.save(conn, replace(rule, zip=ZipKind.DOCUMENTS), world.clock())
    packed = await bench(xml)
    assert packed["fileName"].endswith(".xml.zip")
    assert base64.b64decode(packed["result"]).startswith(b"PK")
    out = await bench(xml, direction="OUT")
    assert (out["direction"], out["error"]["code"]) == ("OUT", "no-rule")


async def test_an_acknowledgement_is_told_and_only_rules_own_folder_is_tried(bench):
    contrl = "UNB+UNOC:3+B+A+261012:1530+7'UNH+1+CONTRL:D:3:UN'UCI+R1+A+B+7'UNT+3+1'"
    told = await bench(f"{contrl}UNZ+1+7'", "contrl.edi")
    assert told["error"] is None
    assert "an acknowledgement" in told["warnings"][0]
    for folder, says in (("x", "not in x/"), ("coutbox/..", "folder=")):
        refused = await bench(ORDER_XML, status=422, attributes={"folder": folder})
        assert says in refused["data"]["attributes.folder"]


async def test_what_cannot_be_tried_is_refused(bench, api):
    bad = await bench("<x/>", "envelope.xml", status=422, direction="IN")
    assert bad["code"] == "envelope-structure"
    assert "fileName" in (await bench("x", "a/b", status=422))["data"]
    answer = await api.post(
        "/api/v1/mailboxes/22222222-2222-4222-8222-222222222222/rules/test",
        json={"fileName": "x", "content": ""},
    )
    assert answer.status == 404
