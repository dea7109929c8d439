"""The form of a rule: filled in, executed, saved; every button, down to the store."""

from datetime import timedelta

import pytest
from documents import IN_STYLESHEET, ORDER_XML, TEMPLATE, TEMPLATE_XML, out_stylesheet
from rule_browser import NamedFile, RuleBrowser

from admin_web.pages import rule_work
from gateway.core.desk.actor import COMMAND_LINE, PersonRole
from gateway.core.desk.audit import AuditQuery
from gateway.core.errors import Conflict
from gateway.core.model import MailboxId, RuleId, TemplateId
from gateway.core.rules import (
    Level,
    Match,
    MatchKind,
    Rule,
    RuleDirection,
    Validation,
    ZipKind,
)
from gateway.engine.desk.rules import Rules
from gateway.store import rules, transfers
from gateway.store.transfers import LogLine

XSD = b"""<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
  <xs:element name="order"><xs:complexType><xs:sequence>
    <xs:element name="number"/></xs:sequence></xs:complexType></xs:element>
</xs:schema>"""
OTHER = "11111111-1111-4111-8111-222222222222"
BROKEN = IN_STYLESHEET.replace("<xsl:template", "<xsl:bad/><xsl:template", 1)


def order():
    return ("exampleFile", NamedFile("order.xml", ORDER_XML.encode()))


@pytest.fixture
async def box(desk):
    return (await desk.mailboxes.create(COMMAND_LINE, "Shop", ())).id


@pytest.fixture
async def seller(desk):
    return (await desk.mailboxes.create(COMMAND_LINE, "Seller", ())).id


@pytest.fixture
async def template(desk):
    return await desk.templates.add(COMMAND_LINE, TEMPLATE_XML)


@pytest.fixture
def form(owner):
    return RuleBrowser(owner)


@pytest.fixture
def keep(world, box, template):
    """Return what puts a rule into the store; its address."""

    async def add(**values):
        rule = Rule(
            **{
                "id": RuleId("00000000-0000-4000-8000-000000000001"),
                "mailbox": box,
                "level": Level.MAILBOX,
                "direction": RuleDirection.OUT,
                "name": "Orders",
                "enabled": True,
                "template": template.uuid,
                "template_version": template.version,
                "match": Match(MatchKind.NAME, r".*\.xml"),
                "stylesheet": "<x/>",
                **values,
            }
        )
        async with world.db.write() as conn:
            await rules.add(conn, rule, world.clock())
        return f"/admin/mailboxes/{box}/rules/{rule.id}"

    return add


async def only(desk, box):
    (rule,) = await desk.rules.listing(box)
    return rule


async def test_a_file_becomes_an_envelope_by_a_new_rule(
    form, desk, box, seller, template
):
    await form.open(f"/admin/mailboxes/{box}/rules/new")
    assert "Choose a template" in form.text
    await form.set(templateUuid=f" {TEMPLATE.upper()} ").do("template")
    assert form.part("w-templateUuid") == "Order"
    assert form["templateVersion"] == template.version
    assert "wd:createAttachementWithSourceFile()" in form["stylesheet"]
    await form.set(pattern=r".*\.xml").do("example", order())
    assert "4711" in form.part("example-pane")
    assert form.part("w-pattern") == "Matches the example file"
    form.set(name="Orders", stylesheet=out_stylesheet(seller), multiple="on")
    await form.do("execute")
    assert "Fits the envelope schema and the template" in form.part("result-pane")
    assert "Order 4711" in form.part("result-pane")
    await form.save()
    assert form.browser.url.endswith("?saved")
    rule = await only(desk, box)
    assert form.action == f"/admin/mailboxes/{box}/rules/{rule.id}"
    assert (rule.name, rule.enabled, rule.level) == ("Orders", True, Level.MAILBOX)
    assert rule.match == Match(MatchKind.NAME, r".*\.xml")
    assert rule.stylesheet == out_stylesheet(seller)
    assert rule.template_version == template.version
    assert rule.multiple_envelopes
    content = await desk.rules.example(rule.id)
    assert b"".join([part async for part in content.chunks]) == ORDER_XML.encode()
    _total, entries = await desk.audit.find(AuditQuery(action="rule-add"))
    assert [(entry.who, entry.subject) for entry in entries] == [("owner", rule.id)]


async def test_a_new_rule_can_be_executed_and_saved_as_it_is_made(
    form, desk, box, seller, template
):
    other = TEMPLATE_XML.replace(TEMPLATE, OTHER).replace('"due"', '"until"')
    await desk.templates.add(COMMAND_LINE, other)
    await form.open(f"/admin/mailboxes/{box}/rules/new?template={TEMPLATE}")
    assert form["exampleName"] == "example-of-template.xml"
    await form.set(pattern=".*").do("execute")
    assert "Fits the envelope schema" in form.part("result-pane"), form.text
    assert seller in form.part("result-pane")
    await form.set(templateUuid=OTHER).do("template")
    assert "until" in form.part("example-pane")
    await form.do("example", order())
    await form.set(templateUuid=TEMPLATE).do("template")
    assert form["exampleName"] == "order.xml"
    assert "4711" in form.part("example-pane")


async def test_an_example_is_read_as_the_rules_attributes_say(form, box, template):
    async def read(what="example", **attributes):
        form.set(attributeName=None, attributeValue=None)
        for name, value in attributes.items():
            form.fields += [("attributeName", name), ("attributeValue", value)]
        data = "Номер;1".encode("windows-1251")
        table = [("exampleFile", NamedFile("order.csv", data))]
        await form.do(what, *(table if what == "example" else ()))
        return form.part("example-pane")

    await form.open(f"/admin/mailboxes/{box}/rules/new")
    await form.set(templateUuid=TEMPLATE).do("template")
    assert "does not fit the encoding utf-8" in await read()
    assert "must be a known encoding" in await read(ENCODING="klingon")
    said = {"ENCODING": "windows-1251"}
    assert '<cell column="A">Номер</cell>' in await read(**said)
    assert "<header>" in await read("preview", CSV_HEADER="yes", **said)


async def test_an_envelope_becomes_a_file_by_a_new_rule(form, desk, box, template):
    await form.open(f"/admin/mailboxes/{box}/rules/new?direction=IN&level=ACCOUNT")
    await form.set(templateUuid=TEMPLATE).do("template")
    assert "Example of Order" in form.part("example-pane")
    assert form["templateVersion"] == ""
    form.set(fileNamePattern='{"order":"number"}.xml', stylesheet=IN_STYLESHEET)
    await form.do("execute")
    assert "number.xml" in form.part("result-pane")
    await form.browser.post(f"{form.action}/result", form.fields)
    assert form.text.endswith("<erp>number</erp>")
    await form.open(f"/admin/mailboxes/{box}/rules/new?direction=IN&level=ACCOUNT")
    form.set(templateUuid=TEMPLATE, stylesheet=IN_STYLESHEET)
    form.set(fileNamePattern='{"order":"number"}.xml')
    await form.do("execute")
    await form.save()
    rule = await only(desk, box)
    assert (rule.level, rule.direction) == (Level.ACCOUNT, RuleDirection.IN)
    assert rule.template_version is None
    assert rule.file_name_pattern == '{"order":"number"}.xml'
    assert rule.match is None


async def test_an_archive_is_sent_instead_of_a_conversion(form, desk, box, template):
    await form.open(f"/admin/mailboxes/{box}/rules/new?direction=IN")
    await form.set(templateUuid=TEMPLATE).do("template")
    form.set(zip="on", zipKind="DOCUMENTS_PRINTABLE")
    await form.do("", end="/preview")
    assert form.text.count(".xml.zip") == 1
    form.set(fileNamePattern="{envelopeUuid}.zip")
    await form.do("execute")
    shown = form.part("result-pane")
    for name in ("attachments/example.pdf", "printable.html", "printable.pdf"):
        assert name in shown
    assert "trace.json" not in shown
    await form.save()
    assert (await only(desk, box)).zip is ZipKind.DOCUMENTS_PRINTABLE
    assert form["zipKind"] == "DOCUMENTS_PRINTABLE"
    await form.set(zip=None).do("execute")
    await form.save()
    assert (await only(desk, box)).zip is None


async def test_execute_tells_the_line_and_then_nothing_can_be_saved(
    form, desk, box, template
):
    await form.open(f"/admin/mailboxes/{box}/rules/new?direction=IN")
    await form.set(templateUuid=TEMPLATE, stylesheet=BROKEN).do("execute")
    (link,) = form.page.xpath("//*[@id='result-pane']//a[@data-line]")
    assert link.get("data-line") == "3"
    assert "xsl:bad" in link.get("data-message")
    assert "does not compile" in form.part("result-pane")
    assert form["executeToken"] == ""
    await form.save()
    assert form.browser.status == 422
    assert "press Execute first" in form.part("why")
    assert await desk.rules.listing(box) == []
    await form.do("", end="/result")  # nor is there a result to take along
    assert form.browser.status == 200
    assert "does not compile" in form.part("result-pane")
    await form.set(templateUuid="nothing").do("", end="/result")
    assert form.browser.status == 422
    assert "There is no template" in form.part("w-templateUuid")


async def test_what_changed_after_execute_is_not_saved(form, desk, box, template):
    await form.open(f"/admin/mailboxes/{box}/rules/new?direction=IN")
    await form.set(templateUuid=TEMPLATE, stylesheet=IN_STYLESHEET).do("execute")
    token = form["executeToken"]
    await form.set(stylesheet=IN_STYLESHEET + "<!-- -->").save()
    assert form.browser.status == 422
    assert "exactly this rule" in form.part("why")
    assert await desk.rules.listing(box) == []
    # the browser's own line ends are no change
    sent = IN_STYLESHEET.replace("\n", "\r\n")
    await form.set(stylesheet=sent, executeToken=token, name="Other").save()
    assert (await only(desk, box)).stylesheet == IN_STYLESHEET


async def test_what_is_wrong_is_told_beside_its_field(form, keep):
    path = await keep()
    for values, where, why in [
        ({"name": " "}, "w-name", "must have 1 to 255 printable characters"),
        ({"pattern": ""}, "w-pattern", "needs a pattern"),
        ({"pattern": "(?=x)"}, "w-pattern", "uses look-around"),
        ({"kind": "ATTRIBUTE", "pattern": "x"}, "w-pattern", "NAME==expression"),
        ({"templateUuid": ""}, "w-templateUuid", "Choose a template"),
        ({"templateUuid": "nothing"}, "w-templateUuid", "There is no template"),
        ({"exampleToken": ""}, "example-pane", "Choose an example"),
        ({"exampleToken": "x"}, "example-pane", "is no token of this gateway"),
    ]:
        await form.open(path)
        await form.set(**values).do("execute")
        assert why in form.part(where)
        assert form["executeToken"] == ""
        assert "Not executed" in form.part("result-pane")


async def test_an_attribute_is_given_once(form, keep):
    await form.open(await keep())
    form.fields += [("attributeName", "A"), ("attributeValue", "1")] * 2
    await form.do("execute")
    assert "A is there twice" in form.part("w-attributes")


async def test_a_skeleton_is_replaced_until_somebody_changes_it(form, box, template):
    await form.open(f"/admin/mailboxes/{box}/rules/new?template={TEMPLATE}")
    out = form["stylesheet"]
    assert 'match="/"' in out
    await form.set(direction="IN", stylesheet=out.replace("\n", "\r\n")).do("template")
    into = form["stylesheet"]
    assert 'match="/envelope"' in into
    await form.set(direction="OUT", stylesheet=into + "<!-- mine -->").do("template")
    assert form["stylesheet"] == into + "<!-- mine -->"
    await form.do("skeleton")
    assert form["stylesheet"] == out


async def test_a_version_is_the_latest_for_files_and_any_for_envelopes(
    form, desk, box, template
):
    newer = TEMPLATE_XML.replace('name="Order"', 'name="Order 2"', 1)
    second = await desk.templates.add(COMMAND_LINE, newer)
    await form.open(f"/admin/mailboxes/{box}/rules/new?template={TEMPLATE}")
    assert form["templateVersion"] == second.version
    await form.set(direction="IN").do("template")
    assert form["templateVersion"] == ""
    await form.set(templateVersion=template.version).do("template")
    assert form["templateVersion"] == template.version
    assert "Pinned" in form.part("h-version")


async def test_a_renamed_rule_keeps_its_content_to_the_byte(form, keep, desk, box):
    kept = {
        "stylesheet": "\n<x>\r\n\ty </x>\r\n\n",
        "attributes": {"A": "1", "B": "two\nlines"},
        "validations": (Validation("a.xsd", "\r\n<s/>\n"),),
    }
    await form.open(await keep(**kept))
    sent = form["stylesheet"].replace("\n", "\r\n")
    form.set(name="Renamed", enabled=None, stylesheet=sent)
    await form.save()
    assert form.browser.url.endswith("?saved")
    rule = await only(desk, box)
    assert (rule.name, rule.enabled) == ("Renamed", False)
    assert {name: getattr(rule, name) for name in kept} == kept


async def test_validation_files_are_added_used_and_removed(
    form, keep, desk, box, seller
):
    await form.open(await keep(stylesheet=out_stylesheet(seller)))
    files = [
        ("validationFile", NamedFile("order.xsd", XSD)),
        ("validationFile", NamedFile("note.txt", b"x")),
        ("validationFile", NamedFile("odd.sch", b"\x00\x01")),
    ]
    await form.do("files", *files)
    assert "must end in .xsd or .sch" in form.part("validations")
    await form.do("files", ("validationFile", NamedFile("ORDER.xsd", XSD + b"\n")))
    await form.do("execute", order())
    assert "ORDER.xsd passed" in form.part("result-pane")
    await form.save()
    expected = Validation("ORDER.xsd", XSD.decode() + "\n")
    assert (await only(desk, box)).validations == (expected,)
    await form.do("", ("removeValidation", "ORDER.xsd"))
    await form.do("execute", order())
    await form.save()
    assert (await only(desk, box)).validations == ()


async def test_attributes_are_parameters_of_the_stylesheet(form, keep, desk, box):
    sheet = IN_STYLESHEET.replace("<xsl:template", '<xsl:param name="C"/><xsl:template')
    sheet = sheet.replace("documents/document/field[@name='number']", "$C")
    path = await keep(
        direction=RuleDirection.IN,
        match=None,
        file_name_pattern="a.xml",
        stylesheet=sheet,
    )
    await form.open(path)
    form.fields += [("attributeName", " C "), ("attributeValue", "<4100>")]
    await form.do("execute")
    assert "<erp>&lt;4100&gt;</erp>" in form.part("result-pane")
    await form.save()
    assert (await only(desk, box)).attributes == {"C": "<4100>"}
    form.set(attributeName="C", attributeValue="xpath://field[")
    await form.do("execute")
    assert "Attribute C: " in form.part("result-pane")
    assert "Attribute C: " in form.part("w-attributes")
    await form.save()
    assert "press Execute first" in form.part("savebar")


async def test_files_are_loaded_or_refused(form, keep, monkeypatch):
    monkeypatch.setattr(rule_work, "EXAMPLE_MAX", 100)
    await form.open(await keep())
    sheet = '<?xml version="1.0" encoding="windows-1251"?><a>Ок</a>'
    file = NamedFile("a.xsl", sheet.encode("windows-1251"))
    await form.do("files", ("stylesheetFile", file))
    assert form["stylesheet"] == sheet
    await form.do("files", ("stylesheetFile", NamedFile("a.xsl", b"\x00\x01")))
    assert form["stylesheet"] == sheet
    assert "not text" in form.text
    await form.do("example", ("exampleFile", NamedFile("a.xml", b"x" * 101)))
    assert "larger than" in form.part("example-pane")
    await form.do("example", ("exampleFile", NamedFile("a.edi", b"UNA:+.? '\nUNB+x")))
    assert "UN" in form.part("example-pane")
    assert form["exampleToken"] == ""
    await form.do("example", ("exampleFile", NamedFile("a.xml", b"<a>&\n<b></a>")))
    assert "line 1" in form.part("example-pane").lower()


async def test_the_pattern_is_tried_while_it_is_written(form, keep, box, template):
    await form.open(await keep())
    await form.do("example", order())
    for kind, pattern, told in [
        ("NAME", "ord", "Does not match"),
        ("CONTENT", "<number>", "Matches the example file"),
        ("ATTRIBUTE", "folder==coutbox", "Matches the example file"),
        ("ATTRIBUTE", "subject==ORDERS", "NAME==expression"),
        ("NAME", "(", "is not a regular expression"),
        ("NAME", "", "whole file name"),
    ]:
        await form.browser.post(
            f"{form.action}/preview", form.set(kind=kind, pattern=pattern).fields
        )
        assert told in form.part("w-pattern")
    await form.open(
        f"/admin/mailboxes/{box}/rules/new?direction=IN&template={TEMPLATE}"
    )
    for pattern, told in [
        ('{"order":"number"}_{date YYYY}.xml', "number_2026.xml"),
        ('{"order":"scan"}', "of type attachment"),
        ("{colour}", "Position 1"),
    ]:
        form.set(fileNamePattern=pattern)
        await form.browser.post(f"{form.action}/preview", form.fields)
        assert told in form.part("w-pattern")


async def test_what_somebody_saved_meanwhile_is_replaced_only_knowingly(
    form, keep, desk, box
):
    await form.open(await keep())
    rule = await only(desk, box)
    await desk.rules.switch(COMMAND_LINE, rule.id, enabled=False)
    await form.set(name="Mine").save()
    assert form.browser.status == 422
    assert "Somebody has saved this rule" in form.part("why")
    assert (await only(desk, box)).name == "Orders"
    await form.save()
    assert (await only(desk, box)).name == "Mine"


async def test_who_saves_at_the_same_moment_is_told_so(form, keep, desk, monkeypatch):
    async def too_late(*_more):
        raise Conflict("The rule has changed meanwhile.", "rule-changed")

    await form.open(await keep())
    monkeypatch.setattr(Rules, "save", too_late)
    await form.set(name="Mine").save()
    assert form.browser.status == 422
    assert "Somebody has saved this rule" in form.part("why")
    assert form["name"] == "Mine"


async def test_an_example_that_is_unreadable_by_now_is_told(form, keep, blobs):
    kept = await blobs.put(b"<a>")
    await form.open(await keep(example=kept, example_name="order.xml"))
    assert form.browser.status == 200
    assert "line 1" in form.part("example-pane").lower()


async def test_a_rule_is_cloned_and_deleted_from_its_form(form, keep, desk, box):
    path = await keep()
    await form.open(path)
    await form.browser.post(f"{path}/clone", {"then": "form"})
    assert 'value="Copy of Orders"' in form.text
    await form.browser.post(f"{path}/delete")
    assert form.browser.url == f"/admin/integrations/list?mailbox={box}"
    assert [rule.name for rule in await desk.rules.listing(box)] == ["Copy of Orders"]


async def test_a_rule_is_opened_where_it_is_listed(form, keep, seller, box):
    path = await keep()
    await form.browser.get(path.replace(box, seller))
    assert form.browser.status == 404
    other = await keep(
        id=RuleId("00000000-0000-4000-8000-000000000002"), level=Level.ACCOUNT
    )
    await form.open(other.replace(box, seller))
    assert form.browser.status == 200
    form.set(level="MAILBOX", templateUuid=TEMPLATE, stylesheet="")
    form.set(pattern=".*", direction="IN", fileNamePattern="a.xml")
    await form.do("execute")
    await form.save()  # it is its own mailbox's now
    assert form.browser.url.endswith(f"{other}?saved")


async def test_what_a_rule_did_is_told_day_by_day(form, keep, world, box):
    path = await keep()
    before = world.clock() - timedelta(days=2)
    async with world.db.write() as conn:
        for at, status in (
            (world.clock(), "SUCCEED"),
            (before, "FAILED"),
            (before, "REPROCESSED"),
            (before, "PROCESSED"),
            (before - timedelta(days=40), "FAILED"),
        ):
            line = LogLine(
                at=at,
                mailbox=box,
                rule=RuleId("00000000-0000-4000-8000-000000000001"),
                direction="OUT",
                file_name="a",
                status=status,
            )
            await transfers.log(conn, line)
    await form.open(path)
    rows = form.page.xpath("//*[@id='days-dialog']//tbody/tr")
    shown = [[cell.text for cell in row.findall("td")] for row in rows]
    assert shown == [["1", "0"], ["0", "2"]]


async def test_an_auditor_may_look_and_no_more(stranger, people, keep, box):
    path = await keep()
    await stranger.sign_in(PersonRole.AUDITOR.value.lower())
    await stranger.get(path)
    form = RuleBrowser(stranger)
    assert form.page.xpath("//form[@id='rule']/fieldset[@disabled]")
    for gone in ("save-rule", "execute", "delete-dialog"):
        assert f'id="{gone}"' not in form.text
    await stranger.get(f"/admin/mailboxes/{box}/rules/new")
    assert stranger.status == 403
    for end in ("", "/form", "/preview", "/result"):
        await stranger.post(path + end)
        assert stranger.status == 403


async def test_a_rule_without_its_template_is_shown(form, keep):
    await form.open(await keep(template=TemplateId("gone"), template_version=None))
    assert "There is no template gone" in form.part("w-templateUuid")
    await form.set(name="Renamed").save()
    assert form.browser.status == 422


async def test_what_is_unknown_is_not_found(owner, box):
    for path in (f"{box}/rules/nothing", f"{MailboxId('nothing')}/rules/new"):
        await owner.get(f"/admin/mailboxes/{path}")
        assert owner.status == 404
