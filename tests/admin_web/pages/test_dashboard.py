"""The dashboard: quiet when all is well, and where each thing is mended."""

from datetime import timedelta

import pytest
from sqlalchemy import insert

from gateway.core.desk.actor import COMMAND_LINE
from gateway.core.desk.integrations import IntegrationChange
from gateway.store import transfers
from gateway.store.tables import jobs, mails
from gateway.store.tables import transfers as table

FRONT = "/admin/dashboard"
ERROR = {
    "code": "no-rule",
    "message": "no OUT rule <matches>",
    "step": "match",
    "rule": None,
    "line": None,
    "remedy": "",
}


@pytest.fixture
async def box(desk):
    made = (await desk.mailboxes.create(COMMAND_LINE, "Hansa", ())).id
    await desk.integrations.save(COMMAND_LINE, made, IntegrationChange(enabled=True))
    return made


@pytest.fixture
def put(db, box, clock):
    """Return what puts a transfer of any kind into the store."""

    async def one(uuid, state, *, ago=timedelta(), out=False, **more):
        at = clock() - ago
        async with db.write() as conn:
            values = {
                "uuid": uuid,
                "mailbox": box,
                "direction": "DELIVERED" if out else "RECEIVED",
                "protocol": "AS2",
                "folder": "cinbox",
                "file_name": "a.edi",
                "sha256": "0" * 64,
                "size": 1,
                "content_type": "",
                "attributes": {},
                "state": state,
                "error": ERROR if state == "FAILED" else None,
                "attempts": 0,
                "created_at": at,
                "finished_at": None if state == "QUEUED" else at,
            }
            await conn.execute(insert(table).values(**values | more))

    return one


async def test_a_newcomer_is_led_to_the_integrations(owner):
    await owner.get(FRONT)
    assert "Connect the first partner" in owner.text
    assert "All is well" not in owner.text


async def test_when_nothing_is_wrong_one_line_says_so(owner, put):
    await put("t1", "PROCESSED")
    await owner.get(FRONT)
    assert "All is well." in owner.text
    assert "Needs attention" not in owner.text


async def test_failures_are_grouped_and_lead_to_the_list(owner, box, put):
    for number in range(3):
        await put(f"t{number}", "FAILED")
    await put("old", "FAILED", ago=timedelta(hours=25))
    await owner.get(FRONT)
    assert "3 transfers failed in the last 24 hours" in owner.text
    assert "3 times: no OUT rule &lt;matches&gt;" in owner.text
    assert f"/admin/transfers?state=failed&amp;mailbox={box}" in owner.text


async def test_who_is_not_reached_is_told_since_when_and_why(
    owner, db, box, put, clock
):
    first = clock() - timedelta(hours=2)
    again = clock() + timedelta(minutes=9)
    await put("t1", "QUEUED", out=True, attempts=2, not_before=again)
    await put("t2", "QUEUED", out=True, attempts=1, not_before=again)
    await put("t3", "QUEUED", out=True, not_before=clock())  # it will go at once
    async with db.write() as conn:
        for number, at in enumerate((first, clock()), 1):
            why = f"attempt {number} failed: refused {number}; next at {again}"
            await transfers.note(conn, "t1", at, "deliver", why.replace(" 0", "T0"))
    await owner.get(FRONT)
    assert "2 deliveries wait for Hansa" in owner.text
    assert "refused 2." in owner.text
    assert f'datetime="{first:%Y-%m-%dT%H:%M}' in owner.text
    assert f"state=waiting&amp;mailbox={box}" in owner.text


async def test_who_is_switched_off_is_told_so(owner, desk, box, put, clock):
    off = IntegrationChange(enabled=False)
    await desk.integrations.save(COMMAND_LINE, box, off)
    due = clock() - timedelta(hours=1)
    await put("t1", "QUEUED", out=True, not_before=due, ago=timedelta(hours=1))
    await owner.get(FRONT)
    assert "1 delivery waits for Hansa" in owner.text
    assert "Its integration is switched off." in owner.text
    assert f"/admin/integrations/list?mailbox={box}" in owner.text


async def test_what_the_appliance_suffers_from_is_told(owner, desk, db, put, clock):
    await put("t1", "PROCESSED")
    off = {"integrations_enabled": False, "show_passwords_once": None}
    await desk.settings.change(COMMAND_LINE, **off)
    async with db.write() as conn:
        await conn.execute(
            insert(jobs).values(
                kind="route",
                subject="x",
                lane="",
                run_at=clock(),
                attempts=5,
                dead=True,
                last_error="",
            )
        )
        await conn.execute(
            insert(mails).values(
                to="a@b.example",
                kind="failure",
                data={},
                state="FAILED",
                attempts=1,
                error="",
                created_at=clock(),
                due_at=clock(),
            )
        )
    await owner.get(FRONT)
    for told in (
        "All integrations of this appliance are off",
        "1 job was given up",
        "1 mail could not be sent",
    ):
        assert told in owner.text


async def test_a_check_that_fails_is_named(owner, desk, put):
    await put("t1", "PROCESSED")
    desk.health.checks = {"sftp": refused}
    await owner.get(FRONT)
    assert "takes no connections; restart it" in owner.text
    assert "Not in order" in owner.text


async def refused():
    return "takes no connections; restart it"


async def test_volumes_are_counted_by_the_readers_days(owner, put):
    # now is the first midnight of 2026 in UTC
    await put("t1", "PROCESSED")
    await put("t2", "DELIVERED", out=True, ago=timedelta(hours=1))
    await put("t3", "FAILED", ago=timedelta(hours=1))
    await put("t4", "PROCESSED", ago=timedelta(days=20))
    await owner.get(FRONT)
    assert "Thu, Jan 1: 1 received, 0 delivered, 0 failed" in owner.text
    assert "Wed, Dec 31: 0 received, 1 delivered, 1 failed" in owner.text
    assert owner.text.count("<g><title>") == 14
    owner.client.session.cookie_jar.update_cookies({"zone": "America/New_York"})
    await owner.get(FRONT)
    assert "Wed, Dec 31: 1 received, 1 delivered, 1 failed" in owner.text
    assert "Jan 1" not in owner.text


@pytest.mark.parametrize("role", ["auditor", "operator"])
async def test_everybody_may_look(stranger, people, put, role):
    await put("t1", "FAILED")
    await stranger.sign_in(role)
    await stranger.get(FRONT)
    assert stranger.status == 200
    assert "1 transfer failed" in stranger.text
