import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from gateway.core.integration import Integration, Mailbox
from gateway.core.model import MailboxId
from gateway.engine.housekeeping import Housekeeping
from gateway.store import integrations, mailboxes, tables

SENDER = MailboxId("a0000000-0000-4000-8000-000000000001")
BOX = MailboxId("b0000000-0000-4000-8000-000000000002")
DAY = timedelta(days=1)


@pytest.fixture
async def envelope(db, clock):
    """Put an envelope into the inbox that is told of in 9 and expires in 10 days."""
    now = clock()
    async with db.write() as conn:
        for box, name in ((SENDER, "Beta"), (BOX, "Shop")):
            await mailboxes.add(conn, Mailbox(id=box, name=name), now)
            integration = Integration(mailbox=box, notify_email=f"{name}@b.example")
            await integrations.put(conn, integration)
        await conn.execute(
            tables.envelopes.insert().values(
                uuid="e1",
                template="t",
                template_version="v",
                subject="Order 4711",
                message="",
                sender=SENDER,
                status="WAITING",
                sha256="0" * 64,
                size=0,
                scenario="",
                reject_reason="",
                source_index=0,
                created_at=now,
                notify_at=now + 9 * DAY,
                expires_at=now + 10 * DAY,
            )
        )
        for box, scope, status in (
            (SENDER, "outbox", "SENT"),
            (BOX, "inbox", "WAITING"),
        ):
            await conn.execute(
                tables.mailbox_entries.insert().values(
                    envelope="e1",
                    mailbox=box,
                    scope=scope,
                    status=status,
                    roles=[],
                    status_at=now,
                    created_at=now,
                    how="",
                )
            )


async def mails(db):
    async with db.read() as conn:
        return (await conn.execute(select(tables.mails))).all()


@pytest.mark.usefixtures("envelope")
async def test_a_recipient_is_told_once_that_an_envelope_expires_soon(db, clock):
    house = Housekeeping(db, [], clock)
    await house.remind()
    assert await mails(db) == []
    clock.tick(9 * DAY)
    await house.remind()
    await house.remind()
    (mail,) = await mails(db)
    assert (mail.kind, mail.mailbox, mail.to) == (
        "envelope-expiring",
        BOX,
        "Shop@b.example",
    )
    assert mail.data["sender"] == "Beta"
    assert mail.data["expires"] == (clock() + DAY).isoformat()


@pytest.mark.usefixtures("envelope")
@pytest.mark.parametrize("table", ["envelopes", "mailbox_entries"])
async def test_what_was_decided_is_not_told_of(db, clock, table):
    async with db.write() as conn:
        await conn.execute(update(getattr(tables, table)).values(status="COMPLETED"))
    clock.tick(9 * DAY)
    await Housekeeping(db, [], clock).remind()
    assert await mails(db) == []


@pytest.mark.usefixtures("envelope")
async def test_what_is_over_is_not_told_of_but_expires(db, clock):
    house = Housekeeping(db, [], clock)
    clock.tick(10 * DAY)
    await house.remind()
    await house.expire()
    assert await mails(db) == []
    async with db.read() as conn:
        status = select(tables.envelopes.c.status)
        assert (await conn.execute(status)).scalar_one() == "EXPIRED"


async def test_a_chore_that_fails_stops_no_other(db, clock, caplog):
    done = asyncio.Event()

    async def fails():
        raise OSError("disk gone")

    async def works():
        done.set()

    async with asyncio.TaskGroup() as group:
        running = group.create_task(Housekeeping(db, [fails, works], clock).run())
        async with asyncio.timeout(5):
            await done.wait()
        running.cancel()
    assert "housekeeping failed" in caplog.text
