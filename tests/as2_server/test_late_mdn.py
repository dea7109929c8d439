"""Asynchronous MDNs settle deliveries: once, and only if they prove something."""

from dataclasses import replace
from datetime import timedelta

import pytest
from as2_sending import Told, sending
from sqlalchemy import update

from as2_server.protocol.dispositions import DECRYPTION_FAILED
from gateway.core.as2 import MdnMode
from gateway.core.model import Channel, MailboxId
from gateway.store import deliveries
from gateway.store.tables import jobs


@pytest.fixture
async def world(db, tmp_path, clock, ann, bob):
    async with sending(db, tmp_path, clock, ann, bob) as made:
        made.configure(mdn=MdnMode.ASYNC)
        yield made


@pytest.fixture
async def parcel(world):
    """A delivery that awaits its MDN."""
    made = await world.parcel()
    await world.deliver()
    assert await world.state(made) == ("AWAITING_MDN", 1)
    return made


async def test_a_verified_mdn_ends_the_waiting(world, parcel):
    await world.arrive(world.partner.mdn(world.partner.posts[0]))
    assert await world.state(parcel) == ("DELIVERED", 1)
    assert await world.rows("jobs") == []
    [envelope] = await world.rows("envelopes")
    assert envelope.status == "COMPLETED"
    [sent] = await world.rows("as2_sent")
    assert sent.mdn_verdict == "CONFIRMED"
    assert sent.mdn_signer == world.partner.person.pair.certificate.der


async def test_a_second_copy_changes_nothing(world, parcel):
    told = world.partner.mdn(world.partner.posts[0])
    await world.arrive(told)
    before = (await world.rows("trace"), await world.rows("as2_sent"))
    await world.arrive(told)
    denial = world.partner.mdn(world.partner.posts[0], DECRYPTION_FAILED)
    await world.arrive(denial)
    assert (await world.rows("trace"), await world.rows("as2_sent")) == before


async def test_a_denial_fails_the_delivery_and_tells_the_owner(world, parcel):
    await world.arrive(world.partner.mdn(world.partner.posts[0], DECRYPTION_FAILED))
    row = await world.transfer(parcel)
    assert (row.state, row.error["code"]) == ("FAILED", "as2-mdn-negative")
    assert [mail.kind for mail in await world.rows("mails")] == ["delivery-failed"]
    assert [job.kind for job in await world.rows("jobs")] == ["mail"]


async def test_a_forged_no_does_not_end_the_wait_for_a_signed_one(world, parcel):
    post = world.partner.posts[0]
    await world.arrive(world.partner.mdn(post, DECRYPTION_FAILED, signed=False))
    assert (await world.state(parcel))[0] == "AWAITING_MDN"
    assert "decryption-failed" in await world.trace()
    await world.arrive(world.partner.mdn(post))
    assert (await world.state(parcel))[0] == "DELIVERED"


async def test_a_no_after_the_end_changes_nothing(world, parcel):
    post = world.partner.posts[0]
    await world.arrive(world.partner.mdn(post, DECRYPTION_FAILED))
    await world.arrive(world.partner.mdn(post, DECRYPTION_FAILED))
    assert len(await world.rows("mails")) == 1


@pytest.mark.parametrize("forged", ["unsigned", "eve", "other MIC"])
async def test_what_proves_nothing_is_noted_and_waited_on(world, parcel, eve, forged):
    how = {
        "unsigned": {"signed": False},
        "eve": {"signer": eve},
        "other MIC": {"mic": None},
    }[forged]
    await world.arrive(world.partner.mdn(world.partner.posts[0], **how))
    assert (await world.state(parcel))[0] == "AWAITING_MDN"
    assert "proves nothing" in await world.trace()


async def test_an_unsigned_mdn_counts_later_only_if_asked_for_like_that(world):
    world.configure(mdn_signed=False, mdn=MdnMode.SYNC)
    parcel = await world.parcel()
    world.partner.script.append(lambda _: Told(503))
    await world.deliver()
    told = world.partner.mdn(world.partner.posts[0])
    await world.arrive(told)
    assert (await world.state(parcel))[0] == "QUEUED"
    world.configure(mdn=MdnMode.ASYNC)
    other = await world.parcel()
    await world.deliver()
    await world.arrive(world.partner.mdn(world.partner.posts[-1]))
    assert (await world.state(other))[0] == "DELIVERED"


async def test_an_mdn_may_be_faster_than_the_answer_to_the_post(world):
    parcel = await world.parcel()

    class Overtaken:
        """Delivers, but hears of it only after the MDN has come."""

        async def send(self, given):
            result = await world.transport.send(given)
            await world.arrive(world.partner.mdn(world.partner.posts[0]))
            return result

    courier = replace(world.courier, transports={Channel.AS2: Overtaken()})
    await courier.run(await world.claim())
    assert await world.state(parcel) == ("DELIVERED", 1)
    assert await world.rows("jobs") == []


@pytest.mark.parametrize(
    "told",
    [
        Told(200, [("Content-Type", "text/plain")], b"hello"),
        Told(200, [("Content-Type", "multipart/report; boundary=b")], b"--b\r\n\r\n"),
        Told(200, [("A", "b")] * 500, b""),
    ],
)
async def test_what_is_no_mdn_is_let_go(world, parcel, told):
    before = await world.rows("trace")
    await world.arrive(told)
    assert await world.rows("trace") == before


async def test_an_mdn_for_another_message_or_mailbox_is_let_go(world, parcel):
    post = world.partner.posts[0]
    await world.arrive(world.partner.mdn(post, original="<nobody@x>"))
    told = world.partner.mdn(post)
    world.configure(mailbox=MailboxId("0f000000-0000-4000-8000-00000000000f"))
    await world.arrive(told)
    assert (await world.state(parcel))[0] == "AWAITING_MDN"


async def test_an_original_id_without_brackets_is_found(world, parcel):
    post = world.partner.posts[0]
    bare = post.field("Message-ID").strip("<>")
    await world.arrive(world.partner.mdn(post, original=bare))
    assert (await world.state(parcel))[0] == "DELIVERED"


async def test_the_message_is_sent_again_at_the_deadline_until_the_end(world, parcel):
    for tries in (2, 3):
        world.clock.tick(timedelta(hours=4))
        await world.deliver()
        assert await world.state(parcel) == ("AWAITING_MDN", tries)
    assert len({post.body for post in world.partner.posts}) == 1
    assert len({post.field("Message-ID") for post in world.partner.posts}) == 1
    world.clock.tick(timedelta(hours=4))
    await world.deliver()
    row = await world.transfer(parcel)
    assert (row.state, row.error["code"]) == ("FAILED", "mdn-missing")
    await world.arrive(world.partner.mdn(world.partner.posts[0]))
    assert await world.state(parcel) == ("DELIVERED", 3)


async def test_a_mailbox_switched_on_again_waits_until_the_deadline(world, parcel):
    await world.deliver()
    world.clock.tick(timedelta(hours=1))
    async with world.db.write() as conn:
        await conn.execute(update(jobs).values(run_at=world.clock()))
    await world.deliver()
    assert len(world.partner.posts) == 1
    [job] = await world.rows("jobs")
    assert job.run_at == (await world.transfer(parcel)).not_before


async def test_a_denial_of_an_older_message_changes_nothing(world, parcel):
    first = world.partner.posts[0]
    await world.arrive(world.partner.mdn(first, DECRYPTION_FAILED))
    async with world.db.write() as conn:
        await deliveries.reprocess(conn, parcel.transfer, world.clock(), "by anna")
    await world.deliver()
    await world.arrive(world.partner.mdn(first, DECRYPTION_FAILED))
    assert (await world.state(parcel))[0] == "AWAITING_MDN"
    await world.arrive(world.partner.mdn(first))
    assert (await world.state(parcel))[0] == "DELIVERED"


async def test_forged_mdns_leave_few_traces_and_do_not_hide_the_real_one(
    world, parcel, eve
):
    post = world.partner.posts[0]
    forged = world.partner.mdn(post, signer=eve)
    for _ in range(9):
        await world.arrive(forged)
    told = [row.detail for row in await world.rows("trace")]
    noted = [detail for detail in told if "proves nothing" in detail]
    assert len(noted) == 5
    assert noted[-1].endswith("; more that prove nothing are not noted")
    assert await world.state(parcel) == ("AWAITING_MDN", 1)
    await world.arrive(world.partner.mdn(post))
    assert await world.state(parcel) == ("DELIVERED", 1)


async def test_a_forged_mdn_does_not_take_the_place_of_a_denial(world, parcel, eve):
    post = world.partner.posts[0]
    await world.arrive(world.partner.mdn(post, DECRYPTION_FAILED))
    before = await world.rows("as2_sent")
    await world.arrive(world.partner.mdn(post, signer=eve))
    assert await world.rows("as2_sent") == before
