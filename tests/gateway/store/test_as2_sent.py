"""Rows of what was sent by AS2, and what keeps and clears them."""

from dataclasses import replace
from datetime import timedelta

import pytest
from as2_sending import sending

from gateway.core.as2 import MdnMode
from gateway.core.as2_sent import MdnVerdict, ReceivedMdn, SentMessage
from gateway.core.model import BlobRef, MessageId, TransferId
from gateway.store import as2_sent
from gateway.store.retention import Finished


@pytest.fixture
async def world(db, tmp_path, clock, ann, bob):
    async with sending(db, tmp_path, clock, ann, bob) as made:
        yield made


def a_message(parcel, number=1, **changes):
    message = SentMessage(
        transfer=parcel.transfer,
        generation=number,
        mailbox=parcel.mailbox,
        message_id=MessageId(f"<{number}@x>"),
        sender="us",
        receiver="them",
        mic="AAAA, sha256",
        signed=True,
        mdn_mode=MdnMode.ASYNC,
        mdn_signed=True,
        headers=[("A", "b"), ("A", "ö")],
        body=BlobRef("1" * 64, 7),
        certificates=[b"\x30\x00", b"\xff"],
        built_at=changes.pop("built_at"),
    )
    return replace(message, **changes)


async def test_a_message_comes_back_as_it_was_kept(world):
    parcel = await world.parcel()
    mdn = ReceivedMdn(
        verdict=MdnVerdict.DENIED,
        headers=[("Content-Type", "multipart/report")],
        body=b"\x00\xff",
        received_at=world.clock(),
        detail="no",
    )
    message = a_message(parcel, built_at=world.clock())
    async with world.db.write() as conn:
        await as2_sent.add(conn, message, None)
        await as2_sent.count_post(conn, message.message_id)
        assert await as2_sent.keep_mdn(conn, message.message_id, mdn)
        expected = replace(message, posts=2, mdn=mdn)
        assert await as2_sent.get(conn, message.message_id) == expected
        assert await as2_sent.latest(conn, parcel.transfer) == expected
        assert await as2_sent.get(conn, MessageId("<2@x>")) is None
        assert await as2_sent.latest(conn, TransferId("none")) is None


async def test_a_confirmation_is_never_written_over(world):
    parcel = await world.parcel()
    message = a_message(parcel, built_at=world.clock())
    yes = ReceivedMdn(
        verdict=MdnVerdict.CONFIRMED,
        headers=[],
        body=b"yes",
        received_at=world.clock(),
        detail="yes",
        signer=b"\x30",
    )
    no = replace(yes, verdict=MdnVerdict.UNPROVEN, body=b"no")
    async with world.db.write() as conn:
        await as2_sent.add(conn, message, None)
        assert await as2_sent.keep_mdn(conn, message.message_id, no)
        assert await as2_sent.keep_mdn(conn, message.message_id, yes)
        assert not await as2_sent.keep_mdn(conn, message.message_id, no)
        kept = await as2_sent.get(conn, message.message_id)
    assert kept.mdn == yes


async def test_all_messages_of_a_transfer_are_evidence(world):
    parcel = await world.parcel()
    messages = [a_message(parcel, n, built_at=world.clock()) for n in (1, 2)]
    async with world.db.write() as conn:
        for message in reversed(messages):
            await as2_sent.add(conn, message, None)
        found = await as2_sent.of_transfer(conn, parcel.transfer)
        latest = await as2_sent.latest(conn, parcel.transfer)
    assert [message.generation for message in found] == [1, 2]
    assert latest.generation == 2


async def test_what_was_sent_is_kept_as_long_as_its_transfer(world):
    await world.parcel()
    await world.deliver()
    [sent] = await world.rows("as2_sent")
    finished = Finished(world.db)
    later = world.clock() + timedelta(days=1)
    assert await finished.unused([sent.sha256, "0" * 64]) == ["0" * 64]
    assert await finished.drop_delivered(later) == 1
    assert await world.rows("as2_sent") == []
    assert await finished.unused([sent.sha256]) == [sent.sha256]
