"""Delivery by AS2 to a real server: each answer, each restart, each retry."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from as2_sending import BOX, ORDER, Told, sending

from as2_server.protocol.digests import Mic
from as2_server.protocol.dispositions import (
    DECRYPTION_FAILED,
    DUPLICATE,
    Disposition,
)
from gateway.core.as2 import MdnMode
from gateway.core.errors import StorageError
from gateway.core.model import BlobRef, MdnPending, Refused, Sent
from gateway.store import deliveries


@pytest.fixture
async def world(db, tmp_path, clock, ann, bob):
    async with sending(db, tmp_path, clock, ann, bob) as made:
        yield made


async def refused(world, *, permanent):
    result = await world.send(await world.parcel())
    assert isinstance(result, Refused), result
    assert result.permanent is permanent
    assert result.problem.remedy
    assert result.problem.step == "deliver"
    return result.problem


# --- The message -----------------------------------------------------------------


async def test_a_document_arrives_signed_and_encrypted_and_is_delivered(world):
    parcel = await world.parcel()
    await world.deliver()
    assert await world.state(parcel) == ("DELIVERED", 1)
    [post] = world.partner.posts
    found, payloads = world.partner.opened(post)
    assert payloads == [ORDER]
    assert found.signer is not None
    assert found.cipher == "aes256-cbc"
    assert found.payloads[0].name.text == "order.edi"
    assert found.payloads[0].content_type == "application/edifact"
    assert "MDN verified, signed by CN=bob" in await world.trace()
    [envelope] = await world.rows("envelopes")
    assert envelope.status == "COMPLETED"
    assert await world.rows("jobs") == []


async def test_the_headers_are_those_of_as2_1_2(world):
    world.configure(
        subject="Bestellung für Sie",
        headers={"X-Route": "7"},
        http_user="anna",
        http_password="geheim",
    )
    await world.send(await world.parcel())
    [post] = world.partner.posts
    assert post.field("AS2-Version") == "1.2"
    assert post.field("EDIINT-Features") == "multiple-attachments"
    assert post.field("AS2-From") == '"Our Shop"'
    assert post.field("AS2-To") == "partner"
    assert post.field("Message-ID").endswith("@shop.example>")
    assert post.field("Subject").startswith("=?utf-8?q?Bestellung")
    assert post.field("Disposition-Notification-To") == "edi@shop.example"
    options = post.field("Disposition-Notification-Options")
    assert options.endswith("signed-receipt-micalg=optional, sha256")
    assert post.field("Receipt-Delivery-Option") == ""
    assert post.field("X-Route") == "7"
    assert post.field("Authorization") == "Basic YW5uYTpnZWhlaW0="
    assert post.field("Content-Length") == str(len(post.body))
    assert post.field("User-Agent") == "Envelope-Gateway"


@pytest.mark.parametrize("signing", ["none", "sha1", "sha512"])
@pytest.mark.parametrize("encryption", ["none", "aes128-gcm"])
@pytest.mark.parametrize("compression", ["none", "before-signing", "after-signing"])
async def test_every_protection_is_understood_and_proved(
    world, signing, encryption, compression
):
    world.configure(signing=signing, encryption=encryption, compression=compression)
    result = await world.send(await world.parcel())
    assert isinstance(result, Sent)
    assert world.partner.opened(world.partner.posts[0])[1] == [ORDER]


async def test_it_is_sent_in_chunks_to_who_wants_that(world):
    world.configure(chunked=True)
    assert isinstance(await world.send(await world.parcel()), Sent)
    [post] = world.partner.posts
    assert post.field("Transfer-Encoding") == "chunked"
    assert post.field("Content-Length") == ""


@pytest.mark.parametrize(
    ("data", "name", "kind"),
    [
        (b"\xef\xbb\xbf <po/>", "a", "application/xml"),
        (b"ISA*00*", "a.txt", "application/edi-x12"),
        (b"a;b", "a.CSV", "text/csv"),
        (b"?", "a.edi", "application/edifact"),
        (b"", "leer", "application/octet-stream"),
    ],
)
async def test_the_content_type_is_told_by_start_or_name(world, data, name, kind):
    assert isinstance(await world.send(await world.parcel(data, name)), Sent)
    found, payloads = world.partner.opened(world.partner.posts[0])
    assert found.payloads[0].content_type == kind
    assert payloads == [data]


async def test_the_owners_content_type_and_the_renderers_win(world):
    parcel = await world.parcel()
    await world.send(replace(parcel, content_type="application/xml"))
    world.configure(content_type="text/x-order")
    await world.send(await world.parcel())
    kinds = [
        world.partner.opened(p)[0].payloads[0].content_type for p in world.partner.posts
    ]
    assert kinds == ["application/xml", "text/x-order"]


# --- Answers ---------------------------------------------------------------------


async def test_without_a_wish_for_an_mdn_a_2xx_is_enough(world):
    world.configure(mdn=MdnMode.NONE)
    world.partner.script.append(lambda _: Told(204))
    result = await world.send(await world.parcel())
    assert result == Sent("taken with HTTP 204; no MDN wanted")
    assert world.partner.posts[0].field("Disposition-Notification-To") == ""


async def test_an_unsigned_mdn_is_enough_when_that_was_asked_for(world):
    world.configure(mdn_signed=False)
    result = await world.send(await world.parcel())
    assert isinstance(result, Sent)
    assert result.proof.startswith("unsigned MDN as asked for")


@pytest.mark.parametrize("status", [500, 502, 503, 429, 408])
async def test_a_server_in_trouble_is_tried_again(world, status):
    world.partner.script.append(lambda _: Told(status))
    problem = await refused(world, permanent=False)
    assert problem.message == f"the partner's server answers HTTP {status}"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413])
async def test_a_definite_refusal_is_not_tried_again(world, status):
    world.partner.script.append(lambda _: Told(status))
    assert str(status) in (await refused(world, permanent=True)).message


async def test_a_redirect_is_not_followed_but_named(world):
    there = ("Location", "https://other.example/as2")
    world.partner.script.append(lambda _: Told(301, [there]))
    problem = await refused(world, permanent=True)
    assert "https://other.example/as2" in problem.message
    assert len(world.partner.posts) == 1


async def test_a_negative_mdn_is_a_definite_refusal(world):
    world.partner.script.append(
        lambda post: world.partner.mdn(post, DECRYPTION_FAILED, mic=None)
    )
    problem = await refused(world, permanent=True)
    assert problem.code == "as2-mdn-negative"
    assert "decryption-failed (signed)" in problem.message


async def test_a_negative_mdn_counts_with_any_status(world):
    def answer(post):
        return replace(world.partner.mdn(post, DECRYPTION_FAILED), status=500)

    world.partner.script.append(answer)
    assert (await refused(world, permanent=True)).code == "as2-mdn-negative"


def wrong_answers():
    other = Mic("sha256", b"\0" * 32)
    return {
        "another MIC": ({"mic": other}, "something else"),
        "no MIC": ({"mic": None}, "no Received-Content-MIC"),
        "not signed": ({"signed": False}, "not signed"),
        "another message": ({"original": "<2@x>"}, "another message"),
    }


@pytest.mark.parametrize("case", wrong_answers())
async def test_an_mdn_that_proves_nothing_is_no_delivery(world, case):
    changes, words = wrong_answers()[case]
    world.partner.script.append(lambda post: world.partner.mdn(post, **changes))
    problem = await refused(world, permanent=False)
    assert problem.code == "as2-mdn-unproven"
    assert words in problem.message


async def test_an_mdn_signed_by_somebody_else_proves_nothing(world, eve):
    world.partner.script.append(lambda post: world.partner.mdn(post, signer=eve))
    assert (await refused(world, permanent=False)).code == "as2-mdn-unproven"


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (Told(200, [("Content-Type", "text/html")], b"<p>hello"), "text/html, 8 bytes"),
        (Told(200, [("Content-Type", "multipart/report")], b"?"), "AS2-From"),
        (Told(200, [("Content-Encoding", "gzip")], b"?"), "encoding 'gzip'"),
    ],
)
async def test_an_answer_without_an_mdn_proves_nothing(world, told, words):
    world.partner.script.append(lambda _: told)
    assert words in (await refused(world, permanent=False)).message


@pytest.mark.parametrize("name", ["Content-Type", "Content-Encoding"])
async def test_bytes_that_are_no_text_in_an_answer_are_told_of(world, name):
    """The words go into the database, which takes text only."""
    told = f"HTTP/1.1 200 OK\r\n{name}: x\xff\r\nContent-Length: 0\r\n\r\n"

    async def answer(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(told.encode("latin-1"))
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        world.configure(recipient_url=f"http://127.0.0.1:{port}/")
        parcel = await world.parcel()
        await world.deliver()
    assert await world.state(parcel) == ("QUEUED", 1)
    assert "the answer (" in await world.trace()


async def test_what_no_database_takes_is_left_out_of_what_a_partner_says(world):
    denial = Disposition("failed", "failure", "no\0thing")
    world.partner.script.append(lambda post: world.partner.mdn(post, denial))
    problem = await refused(world, permanent=True)
    assert "failed/failure: no thing" in problem.message


async def test_an_answer_without_end_is_given_up(world):
    world.partner.script.append(lambda _: Told(200, [], bytes(5 << 20)))
    assert "exceeds" in (await refused(world, permanent=False)).message


async def test_a_server_that_is_away_is_tried_again(world):
    world.configure(recipient_url="http://127.0.0.1:1/as2?key=secret")
    problem = await refused(world, permanent=False)
    assert problem.message == "http://127.0.0.1:1/as2 refuses connections"


# --- What we lack ----------------------------------------------------------------


async def test_an_expired_key_of_our_own_does_not_sign(world):
    world.clock.tick(timedelta(days=4000))
    problem = await refused(world, permanent=True)
    assert "expired since" in problem.message
    assert "roll-over" in problem.message
    assert world.partner.posts == []
    assert await world.rows("as2_sent") == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"recipient_url": ""}, "no Recipient URL"),
        ({"recipient_id": ""}, "Recipient ID"),
        ({"partner_certificates": []}, "no certificate"),
        ({"recipient_url": "ftp://x"}, "http://"),
    ],
)
async def test_settings_that_are_not_whole_are_named(world, changes, words):
    world.configure(**changes)
    assert words in (await refused(world, permanent=True)).message
    assert list(world.spool.iterdir()) == []


async def test_a_mailbox_that_is_off_waits(world):
    world.book.current = None
    assert (await refused(world, permanent=False)).code == "as2-off"


# --- Retries and restarts --------------------------------------------------------


async def test_a_retry_posts_the_same_bytes_under_the_same_id(world):
    world.partner.script += [lambda _: Told(503), lambda _: None]
    parcel = await world.parcel()
    for _ in range(3):
        await world.deliver()
        world.clock.tick(timedelta(hours=1))
    assert await world.state(parcel) == ("DELIVERED", 3)
    first, *others = world.partner.posts
    assert len(others) == 2
    for post in others:
        assert post.body == first.body
        assert sorted(post.fields) == sorted(first.fields)
    [sent] = await world.rows("as2_sent")
    assert (sent.posts, sent.mdn_verdict) == (3, "CONFIRMED")


async def test_what_was_built_before_a_crash_is_what_is_posted(world, monkeypatch):
    parcel = await world.parcel()

    async def crash(*_):
        raise OSError("power cut")

    monkeypatch.setattr(type(world.transport.client), "post", crash)
    with pytest.raises(OSError, match="power cut"):
        await world.send(parcel)
    monkeypatch.undo()
    [built] = await world.rows("as2_sent")
    assert isinstance(await world.send(parcel), Sent)
    [post] = world.partner.posts
    assert post.field("Message-ID") == built.message_id
    stored = world.blobs.path(BlobRef(built.sha256, built.size))
    assert post.body == stored.read_bytes()


async def test_a_crash_between_the_mdn_and_its_settling_posts_nothing_again(world):
    parcel = await world.parcel()
    first = await world.send(parcel)
    assert await world.send(parcel) == first
    assert len(world.partner.posts) == 1


async def test_after_a_denial_a_new_message_is_built(world):
    world.partner.script.append(lambda post: world.partner.mdn(post, DECRYPTION_FAILED))
    parcel = await world.parcel()
    await world.deliver()
    assert await world.state(parcel) == ("FAILED", 1)
    assert [mail.kind for mail in await world.rows("mails")] == ["delivery-failed"]
    async with world.db.write() as conn:
        await deliveries.reprocess(conn, parcel.transfer, world.clock(), "by anna")
    await world.deliver()
    assert await world.state(parcel) == ("DELIVERED", 1)
    ids = [post.field("Message-ID") for post in world.partner.posts]
    assert len(set(ids)) == 2
    assert [row.generation for row in await world.rows("as2_sent")] == [1, 2]


@pytest.mark.parametrize(
    "disposition",
    [DUPLICATE, Disposition("processed", "error", "Duplicate-Document")],
)
async def test_a_duplicate_is_a_delivery_once_it_was_posted_before(world, disposition):
    parcel = await world.parcel()
    world.partner.script += [
        lambda _: Told(502),
        lambda post: world.partner.mdn(post, disposition, mic=None),
    ]
    assert isinstance(await world.send(parcel), Refused)
    assert isinstance(await world.send(parcel), Sent)


async def test_a_duplicate_at_the_first_try_proves_nothing(world):
    world.partner.script.append(
        lambda post: world.partner.mdn(post, DUPLICATE, mic=None)
    )
    assert (await refused(world, permanent=False)).code == "as2-mdn-unproven"


async def test_two_workers_build_one_message(world):
    parcel = await world.parcel()
    transport = world.transport
    one = await transport._build(world.book.current, parcel, 1)
    two = await transport._build(world.book.current, parcel, 1)
    first = await transport.sent.posting(*one)
    assert (await transport.sent.posting(*two)).message_id == first.message_id


async def test_an_asynchronous_mdn_may_come_with_the_answer_all_the_same(world):
    world.configure(mdn=MdnMode.ASYNC)
    parcel = await world.parcel()
    world.partner.script.append(world.partner.mdn)
    assert isinstance(await world.send(parcel), Sent)
    post = world.partner.posts[0]
    assert post.field("Receipt-Delivery-Option").endswith(f"/as2/{BOX}")


async def test_an_asynchronous_mdn_is_waited_for(world):
    world.configure(mdn=MdnMode.ASYNC, mdn_deadline=timedelta(hours=2))
    result = await world.send(await world.parcel())
    [sent] = await world.rows("as2_sent")
    assert result == MdnPending(sent.message_id, timedelta(hours=2))


async def test_a_large_document_goes_through_a_file_that_is_gone_after(world):
    data = bytes(range(256)) * 4096
    assert isinstance(await world.send(await world.parcel(data)), Sent)
    assert world.partner.opened(world.partner.posts[0])[1] == [data]
    assert list(world.spool.iterdir()) == []


async def test_a_document_that_is_lost_is_our_fault_and_not_the_partners(world):
    parcel = await world.parcel()
    world.blobs.path(parcel.blob).unlink()
    with pytest.raises(StorageError, match="restore it from the backup"):
        await world.send(parcel)
    assert await world.rows("as2_sent") == []


async def test_an_answer_with_a_flood_of_headers_proves_nothing(world):
    flood = [(f"X-{number}", "x") for number in range(150)] * 2
    world.partner.script.append(lambda _: Told(200, flood))
    await refused(world, permanent=False)
