"""What a courier does when nothing is to be sent."""

from dataclasses import replace

import pytest
from as2_sending import sending
from sqlalchemy import update

from gateway.core.model import Problem
from gateway.engine.parking import PARKED
from gateway.store import integrations
from gateway.store.tables import transfers


@pytest.fixture
async def world(db, tmp_path, clock, ann, bob):
    async with sending(db, tmp_path, clock, ann, bob) as made:
        yield made


async def test_a_delivery_that_is_done_only_loses_its_job(world):
    parcel = await world.parcel()
    job = await world.claim()
    await world.courier.run(job)
    again = await world.parcel()
    other = await world.claim()
    done = update(transfers).where(transfers.c.uuid == again.transfer)
    async with world.db.write() as conn:
        await conn.execute(done.values(state="DELIVERED"))
    await world.courier.run(other)
    assert await world.rows("jobs") == []
    assert len(world.partner.posts) == 1
    assert (await world.state(parcel))[0] == "DELIVERED"


async def test_a_partner_that_is_switched_off_waits_with_its_files(world):
    parcel = await world.parcel()
    async with world.db.write() as conn:
        now = await integrations.get(conn, parcel.mailbox)
        await integrations.put(conn, replace(now, enabled=False))
    await world.deliver()
    [job] = await world.rows("jobs")
    assert job.run_at == PARKED
    assert await world.state(parcel) == ("QUEUED", 0)


async def test_what_nobody_foresaw_is_told_to_people(world):
    parcel = await world.parcel()
    job = await world.claim()
    problem = Problem("internal-error", "failed 5 times", "deliver")
    await world.courier.give_up(job, problem)
    row = await world.transfer(parcel)
    assert (row.state, row.error["code"]) == ("FAILED", "internal-error")
    assert [mail.kind for mail in await world.rows("mails")] == ["delivery-failed"]
