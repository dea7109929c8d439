import pytest
from documents import TEMPLATE_XML

from gateway.core.desk.actor import COMMAND_LINE
from gateway.core.model import RuleId
from gateway.core.rules import Level, Match, MatchKind, Rule, RuleDirection
from gateway.store import rules


@pytest.fixture
async def box(desk):
    return (await desk.mailboxes.create(COMMAND_LINE, "Shop", ())).id


@pytest.fixture
async def listed(world, desk, box):
    """Put three rules of the mailbox and one of the account into the store."""
    template = (await desk.templates.add(COMMAND_LINE, TEMPLATE_XML)).uuid
    made = []
    async with world.db.write() as conn:
        for number, name in enumerate(["One", "Two", "<b>Three", "Whole"]):
            rule = Rule(
                id=RuleId(f"00000000-0000-4000-8000-00000000000{number}"),
                mailbox=box,
                level=Level.ACCOUNT if name == "Whole" else Level.MAILBOX,
                direction=RuleDirection.OUT,
                name=name,
                enabled=True,
                template=template,
                template_version=None,
                match=Match(MatchKind.NAME, r".*\.edi"),
                stylesheet="<x/>",
            )
            await rules.add(conn, rule, world.clock())
            made.append(rule.id)
    return made


@pytest.fixture
def press(owner, box, listed):
    """Return what presses a button of a rule's row."""

    async def button(number, name, **fields):
        await owner.get(f"/admin/integrations/list?mailbox={box}")
        where = f"/admin/mailboxes/{box}/rules/{listed[number]}/{name}"
        return await owner.post(where, fields, headers={"HX-Request": "true"})

    return button


async def names(desk, box):
    return [rule.name for rule in await desk.rules.listing(box)]


async def test_a_row_tells_what_the_rule_is(owner, box, listed):
    await owner.get(f"/admin/integrations/list?mailbox={box}")
    for told in ("One", "Envelopes I sent", r".*\.edi", "Order", "Account"):
        assert told in owner.text
    assert "&lt;b&gt;Three" in owner.text
    assert "Show account level rules" in owner.text


async def test_a_rule_is_switched_off_and_on(press, owner, desk, box):
    await press(0, "switch")
    assert not (await desk.rules.listing(box))[0].enabled
    assert "One is off." in owner.text
    await press(0, "switch", enabled="on")
    assert (await desk.rules.listing(box))[0].enabled


async def test_a_rule_moves_among_those_of_its_level(press, owner, desk, box):
    await press(0, "move", to="down")
    assert await names(desk, box) == ["Two", "One", "<b>Three", "Whole"]
    assert "One moved to position 2 of 4." in owner.text
    await press(2, "move", to="up")
    assert await names(desk, box) == ["Two", "<b>Three", "One", "Whole"]


@pytest.mark.parametrize(
    ("number", "way"), [(0, "up"), (2, "down"), (3, "up"), (3, "down"), (1, "aside")]
)
async def test_a_rule_stays_where_its_level_ends(press, owner, desk, box, number, way):
    before = await names(desk, box)
    await press(number, "move", to=way)
    assert await names(desk, box) == before
    assert owner.status == 200


async def test_a_rule_that_is_gone_cannot_move(press, owner, desk, listed):
    await desk.rules.remove(COMMAND_LINE, listed[1])
    await press(1, "move", to="up")
    assert owner.status == 409
    assert "has changed meanwhile" in owner.text


async def test_a_clone_is_off_and_at_the_end_of_its_level(press, owner, desk, box):
    await press(0, "clone")
    found = {rule.name: rule.enabled for rule in await desk.rules.listing(box)}
    assert found["Copy of One"] is False
    assert "Copy of One was added" in owner.text


async def test_a_deleted_rule_is_gone(press, owner, desk, box):
    await press(1, "delete")
    assert await names(desk, box) == ["One", "<b>Three", "Whole"]
    assert "Two was deleted." in owner.text


async def test_without_script_the_page_comes_back(owner, box, listed):
    await owner.get(f"/admin/integrations/list?mailbox={box}")
    await owner.post(f"/admin/mailboxes/{box}/rules/{listed[0]}/clone")
    assert owner.url == f"/admin/integrations/list?mailbox={box}"
    assert "Copy of One" in owner.text


async def test_rules_stand_as_they_were_dragged(owner, desk, box, listed):
    here = f"/admin/integrations/list?mailbox={box}"
    await owner.get(here)
    order = [("rule", listed[number].upper()) for number in (2, 0, 1, 3)]
    order.append(("moved", listed[2]))
    where = f"/admin/mailboxes/{box}/rules/order"
    await owner.post(where, order, headers={"HX-Request": "true"})
    assert await names(desk, box) == ["<b>Three", "One", "Two", "Whole"]
    assert "&lt;b&gt;Three moved to position 1 of 4." in owner.text
    await owner.post(where, order)
    assert owner.url == here


@pytest.mark.parametrize(
    ("order", "status"), [((3, 0, 1, 2), 422), ((0, 1), 409), ((0, 0, 1), 422)]
)
async def test_an_order_that_cannot_be_changes_nothing(
    owner, desk, box, listed, order, status
):
    before = await names(desk, box)
    await owner.get(f"/admin/integrations/list?mailbox={box}")
    sent = [("rule", listed[number]) for number in order]
    await owner.post(f"/admin/mailboxes/{box}/rules/order", sent)
    assert owner.status == status
    assert await names(desk, box) == before


async def test_a_row_leads_to_its_form_and_to_its_log(owner, box, listed):
    await owner.get(f"/admin/integrations/list?mailbox={box}")
    for target in (
        f"/admin/mailboxes/{box}/rules/new",
        f"/admin/mailboxes/{box}/rules/{listed[0]}",
        f"/admin/conversions?mailbox={box}&amp;rule={listed[0]}",
    ):
        assert f'href="{target}"' in owner.text
        await owner.get(target.replace("&amp;", "&"))
        assert owner.status == 200
        await owner.get(f"/admin/integrations/list?mailbox={box}")
