"""Templates on the pages: the list, import with its faults, versions, downloads."""

from io import BytesIO

import pytest
from documents import TEMPLATE, TEMPLATE_XML

from gateway.core.desk.actor import COMMAND_LINE
from gateway.core.model import RuleId, TemplateId
from gateway.core.rules import Level, Rule, RuleDirection
from gateway.core.template import FILE_TEMPLATE, FILE_TEMPLATE_VERSION
from gateway.store import rules

LIST = "/admin/templates"
HERE = f"{LIST}/{TEMPLATE}"
SECOND = TEMPLATE_XML.replace('name="Order">\n', 'name="Order, new">\n', 1)


@pytest.fixture
async def first(desk):
    return await desk.templates.add(COMMAND_LINE, TEMPLATE_XML)


async def send(owner, data="", **more):
    await owner.get(f"{LIST}/import")
    await owner.post(f"{LIST}/import", {"data": data, **more})


async def test_pasted_xml_becomes_a_template(owner, desk):
    await send(owner, TEMPLATE_XML.replace("\n", "\r\n"))
    view = await desk.templates.get(TemplateId(TEMPLATE), None)
    assert view.data == TEMPLATE_XML
    assert owner.url == f"{HERE}?imported=new"
    assert "Imported as version 1." in owner.text


async def test_a_file_in_its_own_encoding_becomes_a_template(owner, desk):
    text = TEMPLATE_XML.replace('name="Order">\n', 'name="Замовлення">\n', 1)
    data = ('<?xml version="1.0" encoding="windows-1251"?>' + text).encode("cp1251")
    await send(owner, "not looked at", file=BytesIO(data))
    view = await desk.templates.get(TemplateId(TEMPLATE), None)
    assert (view.name, view.data) == ("Замовлення", text)


async def test_the_same_uuid_is_its_next_version_unless_it_is_the_same(
    owner, desk, first
):
    await send(owner, TEMPLATE_XML)
    assert "so no new one was made" in owner.text
    await send(owner, SECOND)
    assert "Imported as version 2." in owner.text
    assert len(await desk.templates.versions(first.uuid)) == 2


async def test_what_is_wrong_is_told_with_its_line_and_keeps_the_text(owner, desk):
    await send(owner, TEMPLATE_XML.replace('type="date"', 'type="dat"'))
    assert owner.status == 422
    assert "Line 4: &lt;field&gt; has type=&#39;dat&#39;" in owner.text
    bad = owner.text.split('<tr class="bad">')[1].split("</tr>")[0]
    assert '<th scope="row">4</th>' in bad
    assert "type=&#34;dat&#34;" in bad
    assert owner.text.count("type=&#34;dat&#34;") == 2  # in the form, too
    assert (await desk.templates.search("", 10, 0))[0] == 0


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({}, "The document is empty"),
        ({"file": b"\0\1\2"}, "The file is no text"),
        ({"data": "<a>" + "<b>" * 9}, "Line 1: Not well-formed XML"),
        ({"data": "<a>\n" * 40}, "Line 41: Not well-formed XML"),
    ],
    ids=str,
)
async def test_what_is_no_template_is_refused(owner, fields, told):
    if "file" in fields:
        fields = {"file": BytesIO(fields["file"])}
    await send(owner, **fields)
    assert owner.status == 422
    assert told in owner.text


async def test_the_builtin_template_is_shown_and_not_changed(owner, desk):
    await desk.templates.ensure_builtin()
    await owner.get(f"{LIST}/{FILE_TEMPLATE}")
    assert "Built in" in owner.text
    assert "New version" not in owner.text
    view = await desk.templates.get(FILE_TEMPLATE, None)
    await send(owner, view.data.replace('name="File"', 'name="Mine"'))
    assert owner.status == 422
    assert "cannot be changed" in owner.text
    latest = await desk.templates.get(FILE_TEMPLATE, None)
    assert latest.version == FILE_TEMPLATE_VERSION


async def test_the_list_is_searched(owner, desk, first):
    await desk.templates.ensure_builtin()
    await owner.get(LIST)
    assert "1 to 2 of 2" in owner.text
    await owner.get(f"{LIST}?q=ORD")
    assert "1 to 1 of 1" in owner.text
    assert TEMPLATE in owner.text
    await owner.get(f"{LIST}?q=nothing")
    assert "No template has this" in owner.text


async def test_a_version_shows_its_documents_fields_and_roles(owner, first):
    await owner.get(HERE)
    assert "Version 1, the latest" in owner.text
    rows = owner.text.split('<th scope="row"')
    (number,) = [row for row in rows if "<code>number</code>" in row]
    assert "Text" in number
    assert "Yes" in number
    (article,) = [row for row in rows if "<code>article</code>" in row]
    assert "inner" in article
    assert "Table <code>lines</code>" in owner.text
    roles = owner.text.split('id="roles-h"')[1].split("</section>")[0]
    assert roles.index("Buyer") < roles.index("Sends") < roles.index("Seller")


async def test_an_older_version_says_that_it_is_one(owner, desk, first):
    await desk.templates.add(COMMAND_LINE, SECOND)
    await owner.get(f"{HERE}?version={first.version}")
    assert "Version 1, not the latest" in owner.text
    answer = await owner.client.get(f"{HERE}/xml?version={first.version}")
    assert await answer.text() == TEMPLATE_XML
    assert 'filename="Order, new v1.xml"' in answer.headers["Content-Disposition"]
    await owner.get(f"{LIST}/import?of={TEMPLATE}")
    assert "Order, new" in owner.text


async def test_many_versions_are_paged(owner, desk, first):
    for number in range(25):
        await desk.templates.add(COMMAND_LINE, f"{TEMPLATE_XML}\n<!-- {number} -->")
    await owner.get(HERE)
    assert "1 to 20 of 26" in owner.text
    await owner.get(f"{HERE}?page=2")
    assert "21 to 26 of 26" in owner.text
    assert "Version 26, the latest" in owner.text


async def test_the_example_and_the_stylesheets_are_downloaded(owner, first):
    answer = await owner.client.get(f"{HERE}/example")
    assert f'templateUuid="{TEMPLATE}"' in await answer.text()
    assert "attachment" in answer.headers["Content-Disposition"]
    for direction in ("IN", "OUT"):
        answer = await owner.client.get(f"{HERE}/skeleton?direction={direction}")
        assert "stylesheet" in await answer.text()
    await owner.get(f"{HERE}/skeleton?direction=UP")
    assert owner.status == 404


async def test_the_page_names_the_rules_that_need_it(owner, desk, world, first):
    box = (await desk.mailboxes.create(COMMAND_LINE, "Shop", ())).id
    rule = Rule(
        id=RuleId("00000000-0000-4000-8000-0000000000aa"),
        mailbox=box,
        level=Level.ACCOUNT,
        direction=RuleDirection.IN,
        name="Orders & more",
        enabled=False,
        template=first.uuid,
        template_version=first.version,
        stylesheet="<x/>",
    )
    await owner.get(HERE)
    assert "No rule has this template yet" in owner.text
    async with world.db.write() as conn:
        await rules.add(conn, rule, world.clock())
    await owner.get(HERE)
    assert f"/admin/mailboxes/{box}/rules/{rule.id}" in owner.text
    assert "Orders &amp; more" in owner.text
    assert "Rule of the account, pinned to version 1" in owner.text


async def test_an_auditor_looks_and_imports_nothing(stranger, people, first):
    await stranger.sign_in("auditor")
    await stranger.get(HERE)
    assert stranger.status == 200
    assert "New version" not in stranger.text
    await stranger.get(f"{LIST}/import")
    assert stranger.status == 403
    await stranger.post(f"{LIST}/import", {"data": SECOND})
    assert stranger.status == 403


async def test_what_is_unknown_is_404(owner, first):
    nothing = "00000000-0000-4000-8000-000000000000"
    for path in (
        f"{LIST}/{nothing}",
        f"{LIST}/{nothing}/xml",
        f"{HERE}?version={nothing}",
        f"{HERE}/example?version={nothing}",
        f"{LIST}/import?of={nothing}",
    ):
        await owner.get(path)
        assert owner.status == 404, path
