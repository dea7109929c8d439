"""The list of transfers: found, looked at, run again."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from transfer_builders import BROKEN, NO_RULE, put_received, put_waiting

from admin_web.pages.transfer_filters import SIZE
from gateway.core.desk.actor import COMMAND_LINE
from gateway.core.desk.audit import AuditQuery
from gateway.core.model import Channel, TransferState

LIST = "/admin/transfers"


@pytest.fixture
async def box(desk):
    return (await desk.mailboxes.create(COMMAND_LINE, "Alder ERP", ())).id


@pytest.fixture
def receive(db, box, clock):
    """Return what records a received file, a second after the last one."""

    async def one(uuid, *facts, **more):
        clock.tick(timedelta(seconds=1))
        await put_received(db, box, clock(), uuid, *facts, **more)

    return one


@pytest.fixture
def deliver(db, box, clock):
    """Return what records a delivery that waits, a second after the last transfer."""

    async def one(uuid):
        clock.tick(timedelta(seconds=1))
        await put_waiting(db, box, clock(), uuid)

    return one


def listed(text):
    return re.findall(r'<tr id="t-([^"]+)"', text)


async def test_an_empty_list_leads_to_the_integrations(owner):
    await owner.get(LIST)
    assert "No transfers yet" in owner.text
    assert 'href="/admin/integrations/list"' in owner.text


async def test_a_row_tells_file_state_way_and_why(owner, receive):
    await receive("t1", "a&b.edi", BROKEN)
    await owner.get(LIST)
    for told in ("a&amp;b.edi", "Failed", "it &lt;b&gt;broke", "Alder ERP", "SFTP"):
        assert told in owner.text
    assert f'href="{LIST}/t1"' in owner.text


async def test_a_name_that_would_read_backwards_is_shown_as_it_is(owner, receive):
    await receive("t1", "invoice\u202excod.exe", BROKEN)
    for path in (LIST, f"{LIST}/t1"):
        await owner.get(path)
        assert "invoice\ufffdxcod.exe" in owner.text
        assert "\u202e" not in owner.text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["t4", "t3", "t2", "t1"]),
        ("state=failed", ["t2"]),
        ("state=working", ["t3", "t1"]),
        ("state=waiting", ["t4"]),
        ("state=receipt", []),
        ("q=INVOICE_", ["t3"]),
        ("q=t2", ["t2"]),
        ("direction=DELIVERED", ["t4"]),
        ("protocol=AS2", ["t4", "t3"]),
        ("direction=RECEIVED&protocol=AS2", ["t3"]),
        ("from=2026-01-01", ["t4", "t3", "t2", "t1"]),
        ("to=2020-01-01", []),
        ("q=&mailbox=&direction=&protocol=&from=&to=", ["t4", "t3", "t2", "t1"]),
    ],
)
async def test_the_list_is_filtered(owner, receive, deliver, query, found):
    await receive("t1")
    await receive("t2", problem=BROKEN)
    await receive("t3", "invoice_1.edi", channel=Channel.AS2)
    await deliver("t4")
    await owner.get(f"{LIST}?{query}")
    assert owner.status == 200
    assert listed(owner.text) == found
    assert ("No transfer matches" in owner.text) == (not found)


async def test_days_begin_where_the_reader_is(owner, receive, clock):
    assert clock() == datetime(2026, 1, 1, tzinfo=UTC)
    await receive("t1")
    address = f"{LIST}?from=2025-12-31&to=2025-12-31"
    await owner.get(address)
    assert listed(owner.text) == []
    owner.client.session.cookie_jar.update_cookies({"zone": "America/New_York"})
    await owner.get(address)
    assert listed(owner.text) == ["t1"]


@pytest.mark.parametrize(
    "query",
    [
        "state=lost",
        "direction=UP",
        "protocol=FTP",
        "from=soon",
        "to=2026-02-30",
        "page=x",
        "page=-1",
        "page=%C2%B2",
    ],
)
async def test_an_address_that_means_nothing_is_refused(owner, query):
    await owner.get(f"{LIST}?{query}")
    assert owner.status == 422
    assert "This cannot be done" in owner.text


async def test_the_list_is_paged(owner, receive):
    for number in range(SIZE + 1):
        await receive(f"t{number}")
    await owner.get(LIST)
    assert len(listed(owner.text)) == SIZE
    assert f"1 to {SIZE} of {SIZE + 1}" in owner.text
    assert 'href="/admin/transfers?page=2"' in owner.text
    await owner.get(f"{LIST}?page=2")
    assert listed(owner.text) == ["t0"]
    assert 'href="/admin/transfers?page=1"' in owner.text
    await owner.get(f"{LIST}?page=99")
    assert "There is no such page" in owner.text


# --- Running again ------------------------------------------------------------------


async def states(desk, *wanted):
    return [(await desk.transfers.get(one)).state for one in wanted]


async def test_the_ticked_ones_run_again(owner, desk, receive):
    await receive("t1", problem=NO_RULE)
    await receive("t2", problem=NO_RULE)
    await owner.get(f"{LIST}?state=failed")
    fields = [("ids", "t1"), ("ids", "t2"), ("state", "failed")]
    await owner.post(f"{LIST}/reprocess", fields)
    assert owner.url == f"{LIST}?state=failed"
    assert await states(desk, "t1", "t2") == [TransferState.RECEIVED] * 2
    _total, booked = await desk.audit.find(AuditQuery(limit=2))
    assert [(line.who, line.action) for line in booked] == [
        ("owner", "transfer-reprocess")
    ] * 2


async def test_script_is_told_how_many_run_again(owner, receive):
    await receive("t1", problem=NO_RULE)
    await owner.get(LIST)
    as_script = {"HX-Request": "true"}
    await owner.post(f"{LIST}/reprocess", {"ids": "t1"}, headers=as_script)
    assert "1 transfer runs again." in owner.text
    assert 'hx-swap-oob="innerHTML:#note"' in owner.text


async def test_all_of_the_ticked_run_again_or_none(owner, desk, receive):
    await receive("t1", problem=NO_RULE)
    await receive("t2")
    await owner.get(LIST)
    await owner.post(f"{LIST}/reprocess", [("ids", "t1"), ("ids", "t2")])
    assert owner.status == 409
    assert "Nothing was run again." in owner.text
    assert "only a FAILED one" in owner.text
    assert await states(desk, "t1") == [TransferState.FAILED]


async def test_nothing_ticked_is_told(owner):
    await owner.get(LIST)
    await owner.post(f"{LIST}/reprocess")
    assert "Tick one transfer or more" in owner.text


async def test_an_auditor_sees_no_order(stranger, people, receive):
    await receive("t1", problem=NO_RULE)
    await stranger.sign_in("auditor")
    for path in (LIST, f"{LIST}/t1"):
        await stranger.get(path)
        assert "order.edi" in stranger.text
        assert "Reprocess" not in stranger.text
    await stranger.post(f"{LIST}/t1/reprocess")
    assert stranger.status == 403
