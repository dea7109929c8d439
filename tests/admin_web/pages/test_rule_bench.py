"""Pages that try rules: a file on the bench, a changed rule on past documents."""

from datetime import timedelta

import pytest
from documents import (
    IN_STYLESHEET,
    ORDER_XML,
    TEMPLATE_XML,
    envelope_xml,
    out_stylesheet,
)
from lxml import html
from rule_browser import NamedFile, RuleBrowser

from gateway.core.desk.actor import COMMAND_LINE
from gateway.core.model import (
    Channel,
    FileName,
    Folder,
    MailboxId,
    Problem,
    Receipt,
    RuleId,
    TransferId,
    Upload,
)
from gateway.core.rules import (
    Level,
    Match,
    MatchKind,
    Rule,
    RuleDirection,
    Validation,
)
from gateway.store import rules, transfers

PROBLEM = Problem("role-missing", "it has no recipient", "validate", remedy="mend it")


@pytest.fixture
async def boxes(desk):
    """Make two mailboxes and the template; return the mailboxes."""
    await desk.templates.add(COMMAND_LINE, TEMPLATE_XML)
    shop = await desk.mailboxes.create(COMMAND_LINE, "Shop", ())
    seller = await desk.mailboxes.create(COMMAND_LINE, "Seller <b>", ())
    return shop.id, seller.id


@pytest.fixture
def keep(desk, world, boxes):
    async def add(number, name, **values):
        template = (await desk.templates.latest())[0]
        out = values.get("direction", RuleDirection.OUT) is RuleDirection.OUT
        rule = Rule(
            **{
                "id": RuleId(f"00000000-0000-4000-8000-00000000000{number}"),
                "mailbox": MailboxId(boxes[0]),
                "level": Level.MAILBOX,
                "direction": RuleDirection.OUT,
                "name": name,
                "enabled": True,
                "template": template.uuid,
                "template_version": template.version if out else None,
                "match": Match(MatchKind.NAME, r".*\.xml") if out else None,
                "stylesheet": out_stylesheet(boxes[1]) if out else IN_STYLESHEET,
                "file_name_pattern": "" if out else "x.xml",
                **values,
            }
        )
        async with world.db.write() as conn:
            await rules.add(conn, rule, world.clock())
        return rule

    return add


@pytest.fixture
def failed_before(world, blobs, boxes):
    """Return what puts files into the past that a rule failed with."""

    async def add(rule, *names):
        for name in names:
            blob = await blobs.put(ORDER_XML.encode())
            world.clock.tick(timedelta(minutes=1))
            upload = Upload(
                mailbox=MailboxId(boxes[0]),
                channel=Channel.SFTP,
                name=FileName(name),
                folder=Folder.parse("coutbox"),
                blob=blob,
            )
            receipt = Receipt(id=TransferId(name), received_at=world.clock())
            async with world.db.write() as conn:
                await transfers.receive(conn, receipt, upload)
                line = transfers.LogLine(
                    at=world.clock(),
                    mailbox=upload.mailbox,
                    rule=rule.id,
                    direction="OUT",
                    file_name=name,
                    status="FAILED",
                    message=PROBLEM.message,
                    transfer=receipt.id,
                )
                await transfers.log(conn, line)

    return add


def words(browser):
    page = html.document_fromstring(browser.text)
    return " ".join(page.get_element_by_id("main").text_content().split())


async def test_a_file_is_tested_and_everything_is_told(owner, boxes, keep):
    await keep(1, "Other", match=Match(MatchKind.NAME, "x"))
    await keep(2, "Orders")
    list_page = f"/admin/integrations/list?mailbox={boxes[0]}"
    await owner.get(list_page)
    here = f"/admin/mailboxes/{boxes[0]}/rules/test"
    assert here in owner.text
    await owner.get(here)
    assert "What the rules of Shop would do" in owner.text
    file = ("file", NamedFile("order.xml", ORDER_XML.encode()))
    await owner.post(here, [file, ("attributes", "login = a\r\n")])
    said = words(owner)
    assert owner.status == 200
    assert "order.xml would be converted" in said
    assert "the name order.xml does not match x" in said
    assert "Envelope: Order 4711" in said
    assert "Seller <b>" in said
    assert "Check against the template" in said
    await owner.post(here, [("file", NamedFile("a.txt", b"hello"))])
    assert "No rule takes a.txt" in words(owner)
    await owner.post(here, [("attributes", "x")])
    assert owner.status == 422
    assert "Choose the file to test." in owner.text
    assert "Write each attribute" in owner.text


async def test_what_is_wrong_with_a_folder_is_told_there_as_text(owner, boxes):
    here = f"/admin/mailboxes/{boxes[0]}/rules/test"
    file = ("file", NamedFile("order.xml", ORDER_XML.encode()))
    for folder in ("<b id=x>", "coutbox/<b id=x>/.."):
        await owner.post(here, [file, ("attributes", f"folder={folder}")])
        assert owner.status == 422
        page = html.document_fromstring(owner.text)
        assert page.xpath("//b[@id='x']") == []
        [told] = page.xpath("//*[@id='e-attributes']")
        assert folder in told.text_content()
        assert "valid Top" not in told.text_content()


async def test_an_envelope_that_comes_in_is_tested_too(owner, boxes, keep):
    here = f"/admin/mailboxes/{boxes[0]}/rules/test"
    await owner.post(
        here, [("file", NamedFile("e.xml", envelope_xml(boxes[0]).encode()))]
    )
    assert "a copy for the remote server" in words(owner)
    await keep(1, "To ERP", direction=RuleDirection.IN)
    await owner.post(
        here, [("file", NamedFile("e.xml", envelope_xml(boxes[0]).encode()))]
    )
    said = words(owner)
    assert "e.xml would be converted" in said
    assert "By the rule To ERP" in said
    assert "File name: x.xml" in said
    await owner.post(here, [("file", NamedFile("e.xml", b"<x/>")), ("direction", "IN")])
    assert owner.status == 422


async def test_the_form_tells_recipients_look_ups_and_times(owner, boxes, keep):
    rule = await keep(1, "Orders")
    form = await RuleBrowser(owner).open(f"/admin/mailboxes/{boxes[0]}/rules/{rule.id}")
    await form.do("execute", ("exampleFile", NamedFile("o.xml", ORDER_XML.encode())))
    told = form.part("result-pane")
    assert "seller: Seller <b>" in told
    assert "Time of each step" in told


async def test_what_is_checked_can_be_chosen(owner, desk, boxes, keep):
    schema = '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"/>'
    rule = await keep(1, "Orders", validations=[Validation("o.xsd", schema)])
    form = await RuleBrowser(owner).open(f"/admin/mailboxes/{boxes[0]}/rules/{rule.id}")
    assert form["validate"] == ""
    order = ("exampleFile", NamedFile("o.xml", ORDER_XML.encode()))
    await form.do("execute", order)
    assert "The source does not satisfy o.xsd" in form.part("result-pane")
    await form.set(validate="ENVELOPE").do("execute")
    assert "The result does not satisfy o.xsd" in form.part("result-pane")
    assert form["validate"] == "ENVELOPE"
    await form.set(validate="x").do("execute")
    assert "must be SOURCE, ENVELOPE or BOTH" in form.text


async def test_a_changed_rule_is_tried_on_past_documents(
    owner, desk, boxes, keep, failed_before, monkeypatch
):
    rule = await keep(1, "Orders", stylesheet="<x/>")
    await failed_before(rule, "a.xml", "b.xml", "c.txt")
    form = await RuleBrowser(owner).open(f"/admin/mailboxes/{boxes[0]}/rules/{rule.id}")
    assert "Try on past documents" in form.text
    form.set(stylesheet=out_stylesheet(boxes[1]), of="this", last="50")
    await owner.post(f"{form.action}/rehearse", form.fields)
    said = words(owner)
    assert said.count("Works now") == 2
    assert "No longer matches c.txt" in said
    assert "3 of 3" in said

    monkeypatch.setattr("gateway.engine.desk.rehearsals.SECONDS", 0)
    script = {"HX-Request": "true"}
    await owner.post(f"{form.action}/rehearse", form.fields, headers=script)
    assert "1 of 3" in owner.text
    assert 'hx-trigger="load"' in owner.text
    more = html.fragment_fromstring(owner.text, create_parent=True)
    following = more.xpath("//li[@data-more]/@hx-vals")[0]
    assert '"after"' in following
    changed = [*form.fields, ("after", "1.1"), ("mark", "other")]
    await owner.post(f"{form.action}/rehearse", changed, headers=script)
    assert "was changed while it was tried" in owner.text
    form.set(pattern="(")
    await owner.post(f"{form.action}/rehearse", form.fields, headers=script)
    assert "is not a regular expression" in owner.text
    assert (await desk.rules.get(rule.id)).stylesheet == "<x/>"
