"""What a rule matches, its level and its version are saved as the form says."""

import pytest
from documents import IN_STYLESHEET, ORDER_XML, TEMPLATE, TEMPLATE_XML, out_stylesheet
from rule_browser import NamedFile, RuleBrowser

from gateway.core.desk.actor import COMMAND_LINE
from gateway.core.rules import Level, Match, MatchKind


@pytest.fixture
async def box(desk):
    return (await desk.mailboxes.create(COMMAND_LINE, "Shop", ())).id


@pytest.fixture
async def template(desk):
    return await desk.templates.add(COMMAND_LINE, TEMPLATE_XML)


@pytest.fixture
async def form(owner, box, template):
    """Return the empty form of a new rule."""
    return await RuleBrowser(owner).open(
        f"/admin/mailboxes/{box}/rules/new?template={template.uuid}"
    )


@pytest.mark.parametrize(
    ("kind", "pattern"),
    [
        (MatchKind.NAME, r".*\.xml"),
        (MatchKind.CONTENT, "<order>"),
        (MatchKind.ATTRIBUTE, "folder==coutbox"),
    ],
)
async def test_each_kind_of_pattern_is_saved(form, desk, box, kind, pattern):
    seller = await desk.mailboxes.create(COMMAND_LINE, "Seller", ())
    order = ("exampleFile", NamedFile("order.xml", ORDER_XML.encode()))
    form.set(kind=kind.value, pattern=pattern, stylesheet=out_stylesheet(seller.id))
    await form.do("execute", order)
    await form.save()
    (rule,) = await desk.rules.listing(box)
    assert rule.match == Match(kind, pattern)
    assert not rule.multiple_envelopes


async def test_level_and_version_are_saved_as_chosen(form, desk, box, template):
    newer = TEMPLATE_XML.replace('name="Order"', 'name="Order 2"', 1)
    await desk.templates.add(COMMAND_LINE, newer)
    await form.set(direction="IN", templateUuid=TEMPLATE).do("template")
    form.set(templateVersion=template.version, level="ACCOUNT", enabled=None)
    await form.set(stylesheet=IN_STYLESHEET, fileNamePattern="a.xml").do("execute")
    await form.save()
    (rule,) = await desk.rules.listing(box)
    assert (rule.level, rule.enabled) == (Level.ACCOUNT, False)
    assert rule.template_version == template.version
