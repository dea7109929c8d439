"""The list of envelopes: tabs, filters, pages, and what it says when it is empty."""

from datetime import timedelta

import pytest
from documents import TEMPLATE, TEMPLATE_XML, envelope_xml

from gateway.core.desk.actor import COMMAND_LINE

LIST = "/admin/envelopes"


@pytest.fixture
async def shop(desk):
    return (await desk.mailboxes.create(COMMAND_LINE, "Shop", ())).id


@pytest.fixture
async def seller(desk):
    return (await desk.mailboxes.create(COMMAND_LINE, "Seller & <Sons>", ())).id


@pytest.fixture
async def send(desk, shop, seller):
    """Return what sends an order from the shop to the seller."""
    await desk.templates.add(COMMAND_LINE, TEMPLATE_XML)

    async def send_one(number="4711", **more):
        data = envelope_xml(seller, number, **more)
        return await desk.envelopes.send(COMMAND_LINE, shop, data)

    return send_one


async def test_without_a_mailbox_it_tells_to_make_one(owner):
    await owner.get(LIST)
    assert "No mailbox yet" in owner.text
    assert 'href="/admin/integrations/list"' in owner.text


async def test_the_first_mailbox_is_shown_and_the_menu_leads_there(owner, shop, seller):
    await owner.get(LIST)
    assert owner.url == f"{LIST}?mailbox={seller}"
    assert "Seller &amp; &lt;Sons&gt; has received nothing yet" in owner.text
    assert 'href="/admin/envelopes" aria-current="page"' in owner.text


async def test_what_was_received_and_what_was_sent_are_told_apart(
    owner, shop, seller, send
):
    uuid = await send()
    await owner.get(f"{LIST}?mailbox={seller}")
    assert f'href="{LIST}/{uuid}?mailbox={seller}"' in owner.text
    for told in ("Order 4711", "Waiting", "Shop", "Seller &amp; &lt;Sons&gt;"):
        assert told in owner.text
    await owner.get(f"{LIST}?mailbox={seller}&scope=outbox")
    assert "has sent nothing yet" in owner.text
    await owner.get(f"{LIST}?mailbox={shop}&scope=outbox")
    assert "Sent" in owner.text
    assert "Order 4711" in owner.text
    await owner.get(f"{LIST}?mailbox={shop}&scope=all")
    assert "Order 4711" in owner.text


async def test_the_list_is_narrowed(owner, world, seller, send):
    clock = world.clock
    first = f"{clock():%Y-%m-%d}"
    made = [await send("1")]
    clock.tick(timedelta(days=1))
    second = f"{clock():%Y-%m-%d}"
    made.append(await send("2"))
    await owner.sign_in("owner")  # who was signed in a day ago is not any more
    await owner.post(f"{LIST}/{made[0]}/reject?mailbox={seller}")
    for query, wanted in (
        ("q=order 2", {2}),
        ("status=CANCELLED", {1}),
        ("status=COMPLETED", set()),
        (f"template={TEMPLATE}", {1, 2}),
        ("template=00000000-0000-4000-8000-00000000f11e", set()),
        (f"from={second}", {2}),
        (f"to={first}", {1}),
        (f"from={first}&to={second}", {1, 2}),
    ):
        await owner.get(f"{LIST}?mailbox={seller}&{query}")
        shown = {number for number, uuid in enumerate(made, 1) if uuid in owner.text}
        assert shown == wanted, query
        assert ("No envelope fits these filters" in owner.text) == (not wanted)
        assert "Show all" in owner.text


async def test_the_sender_is_a_filter_too(owner, desk, shop, seller, send):
    uuid = await send()
    await owner.get(f"{LIST}?mailbox={seller}&sender={shop}")
    assert uuid in owner.text
    await owner.get(f"{LIST}?mailbox={seller}&sender={seller}")
    assert uuid not in owner.text


async def test_fifty_stand_on_a_page(owner, seller, send):
    made = [await send(str(number)) for number in range(51)]
    await owner.get(f"{LIST}?mailbox={seller}&sort=createdAt,asc&status=WAITING")
    assert "1 to 50 of 51" in owner.text
    assert made[50] not in owner.text
    following = f"{LIST}?mailbox={seller}&status=WAITING&sort=createdAt%2Casc&page=2"
    assert following.replace("&", "&amp;") in owner.text
    await owner.get(following)
    assert "51 to 51 of 51" in owner.text
    assert made[50] in owner.text
    assert made[0] not in owner.text
    await owner.get(f"{LIST}?mailbox={seller}&page=9")
    assert "This page is empty" in owner.text


async def test_an_address_that_asks_for_nothing_there_is_says_so(owner, seller):
    for query, told in (
        ("scope=trash", "inbox, outbox, all"),
        ("status=LOST", "WAITING"),
        ("sort=random", "createdAt,asc"),
        ("from=yesterday", "2026-01-31"),
        ("to=9999-12-31", "2026-01-31"),
        ("page=zero", "count from 1"),
    ):
        await owner.get(f"{LIST}?mailbox={seller}&{query}")
        assert owner.status == 422
        assert told in owner.text


async def test_a_mailbox_that_is_none_is_not_found(owner, seller):
    await owner.get(f"{LIST}?mailbox=nobody")
    assert owner.status == 404


async def test_who_only_reads_is_not_offered_to_send(stranger, people, seller, send):
    await send()
    await stranger.sign_in("auditor")
    await stranger.get(f"{LIST}?mailbox={seller}&scope=outbox")
    assert stranger.status == 200
    assert f"{LIST}/new" not in stranger.text
