"""What is not taken: by whom, in which form, and what an attacker gets out of it."""

import asyncio
import random
import threading
from datetime import timedelta

import pytest
from as2_builders import a_wire
from as2_station import ANN, BOX, a_station

from as2_server.protocol.headers import As2Id
from as2_server.protocol.send import Compression, Receipt
from as2_server.protocol.verdict import Confirmed, Denied
from as2_server.spool import Spool
from gateway.core.errors import StorageError

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning:aiohttp")


# --- Not AS2 at all ------------------------------------------------------------------


async def test_a_browser_gets_a_plain_sentence_for_any_mailbox(station):
    for url in (station.url, station.url.replace("7d5f", "0000")):
        reply = await station.request("GET", url)
        assert reply.status == 200
        assert "AS2" in reply.text
        assert (await station.request("HEAD", url)).body == b""


async def test_unknown_and_switched_off_mailboxes_look_the_same(station):
    headers, body, _ = station.message()
    unknown = station.url.replace("7d5f", "0000")
    first = await station.request(url=unknown, headers=headers, data=body)
    station.book.profiles.clear()
    second = await station.request(headers=headers, data=body)
    assert (first.status, first.body) == (second.status, second.body)
    assert first.status == 404
    assert not await station.rows("messages")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/", 404),
        ("POST", "/as2/", 404),
        ("POST", f"/as2/{BOX}/x", 404),
        ("GET", "/as2/../../etc/passwd", 404),
        ("PUT", f"/as2/{BOX}", 405),
        ("DELETE", f"/as2/{BOX}", 405),
    ],
)
async def test_there_is_nothing_else(station, method, path, status):
    base = station.url.partition("/as2/")[0]
    reply = await station.request(method, base + path)
    assert reply.status == status
    assert "aiohttp" not in str(reply.fields)


async def test_a_post_without_as2_headers_says_what_is_missing(station):
    reply = await station.request(data=b"hello")
    assert reply.status == 400
    assert "Message-ID" in reply.text
    reply = await station.request(headers=[("Message-ID", "<1@x>")], data=b"hello")
    assert "AS2-From" in reply.text
    assert not await station.rows("messages")


async def test_a_flood_of_headers_is_refused(station):
    headers, body, _ = station.message()
    many = [(f"X-{n}", "a") for n in range(300)]
    reply = await station.request(headers=[*headers, *many], data=body)
    assert reply.status == 400
    large = [("X-Large", "a" * 20_000)]
    assert (await station.request(headers=large, data=body)).status == 400


async def test_a_compressed_request_is_refused_before_it_is_inflated(station):
    headers, body, _ = station.message()
    coded = [*headers, ("Content-Encoding", "gzip")]
    assert (await station.request(headers=coded, data=body)).status == 415


async def test_an_unknown_expectation_is_refused(station):
    headers, body, _ = station.message()
    odd = [*headers, ("Expect", "miracles")]
    assert (await station.request(headers=odd, data=body)).status == 417


async def test_broken_chunks_and_a_lost_connection_leave_nothing(station):
    for body in (b"zz\r\nabc\r\n0\r\n\r\n", b"5\r\nabc"):
        reader, writer = await asyncio.open_connection("127.0.0.1", station.server.port)
        head = f"POST /as2/{BOX} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked"
        writer.write(f"{head}\r\n\r\n".encode() + body)
        writer.write_eof()
        answer = await asyncio.wait_for(reader.read(), 5)
        assert b" 200 " not in answer
        assert b" 500 " not in answer
        writer.close()
    assert not await station.rows("messages")
    assert not list(station.spool.iterdir())


@pytest.mark.parametrize("chunked", [True, False])
async def test_a_message_larger_than_the_limit_is_refused(
    db, tmp_path, clock, ann, bob, chunked
):
    async with a_station(db, tmp_path, clock, ann, bob, max_bytes=5000) as station:
        headers, body, _ = station.message(b"x" * 6000)
        more = {"chunked": True} if chunked else {}
        reply = await station.request(headers=headers, data=body, **more)
        assert reply.status == 413
        assert "5000" in reply.text
        assert not await station.rows("messages")
        assert not list(station.spool.iterdir())


async def test_a_connection_too_many_is_closed(db, tmp_path, clock, ann, bob):
    async with a_station(db, tmp_path, clock, ann, bob, max_per_address=2) as station:
        port = station.server.port
        held = [await asyncio.open_connection("127.0.0.1", port) for _ in range(2)]
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            answer = await asyncio.wait_for(reader.read(), 5)
        except ConnectionResetError:
            answer = b""
        assert answer == b""
        for _, one in [*held, (reader, writer)]:
            one.close()
        await asyncio.sleep(0.05)
        assert (await station.request("GET")).status == 200


# --- Rejected, kept for inspection ---------------------------------------------------


async def test_what_was_rejected_is_kept_and_not_processed(station, eve):
    headers, body, expected = station.message(signer=eve)
    reply = await station.request(headers=headers, data=body)
    assert reply.status == 200
    assert reply.disposition == "processed/error: authentication-failed"
    (row,) = await station.transfers()
    assert row["state"] == "FAILED"
    assert row["error"]["step"] == "receive"
    assert row["error"]["code"] == "as2-authentication-failed"
    assert "Recipient ID" in row["error"]["remedy"]
    assert station.content(row) == body
    assert not await station.rows("jobs")
    (message,) = await station.rows("messages")
    assert message["accepted_key"] is None
    assert message["mdn_body"] == reply.body
    assert expected.message_id == message["message_id"]


@pytest.mark.parametrize(
    ("sender", "receiver"), [("bob", "Ann Ltd"), ("Ann Ltd", "x"), ("ann ltd", "bob")]
)
async def test_other_names_are_not_taken(station, sender, receiver):
    reply, verdict = await station.sent(sender=As2Id(sender), receiver=As2Id(receiver))
    assert isinstance(verdict, Denied)
    assert reply.disposition == "processed/error: authentication-failed"
    (row,) = await station.transfers()
    assert row["state"] == "FAILED"
    assert repr(sender) in row["error"]["message"]


async def test_a_message_below_policy_is_not_processed(station, ann, bob):
    headers, body, _ = station.message(plain=True)
    clear = await station.request(headers=headers, data=body)
    assert clear.disposition == "processed/error: insufficient-message-security"
    headers, _, _ = station.message(message_id="<2@ann>")
    wire = a_wire(b"x", None, bob)
    fields = [pair for pair in headers if not pair[0].startswith("Content-")]
    reply = await station.request(headers=[*fields, *wire.built.fields], data=wire.body)
    assert reply.disposition == "processed/error: decryption-failed"  # no oracle
    rows = await station.transfers()
    assert {row["state"] for row in rows} == {"FAILED"}
    # but the owner is told what it is
    codes = [row["error"]["code"] for row in rows]
    assert codes == ["as2-insufficient-message-security"] * 2
    assert "not signed" in rows[1]["error"]["message"]


async def test_algorithms_that_the_profile_does_not_allow_are_refused(station):
    station.configure(legacy=frozenset())
    reply = await station.send(cipher="3des-cbc")
    assert not reply.disposition.endswith("processed")
    assert "sha1" not in station.book.profiles[BOX].digests
    weak = await station.send(digest="sha1")
    assert not weak.disposition.endswith("processed")
    assert {row["state"] for row in await station.transfers()} == {"FAILED"}


async def test_an_expired_partner_certificate_signs_nothing_any_more(station, clock):
    clock.tick(timedelta(days=4000))
    reply = await station.send()
    assert reply.disposition.startswith("processed/error")


async def test_an_expired_key_of_our_own_refuses_to_sign(station, clock, ann):
    clock.tick(timedelta(days=4000))
    reply = await station.send()
    assert "multipart/signed" not in dict(reply.fields)["Content-Type"]
    (row,) = await station.transfers()
    assert "expired" in row["error"]["message"]


@pytest.mark.parametrize(
    "options",
    [
        "signed-receipt-protocol=required, x-other; signed-receipt-micalg=, sha1",
        "signed-receipt-protocol=, pkcs7-signature; signed-receipt-micalg=required, x",
    ],
)
async def test_a_receipt_that_we_cannot_give_is_a_failure(station, options):
    headers, body, _ = station.message()
    headers = [
        (name, options if name == "Disposition-Notification-Options" else value)
        for name, value in headers
    ]
    reply = await station.request(headers=headers, data=body)
    assert reply.disposition.startswith("failed/failure: unsupported")


async def test_strangers_cannot_fill_the_disk_with_rejected_messages(
    station, clock, monkeypatch
):
    monkeypatch.setattr("as2_server.rejections.KEPT", 3)
    station.configure(self_id="somebody else")
    headers, body, _ = station.message()
    for _ in range(5):
        reply = await station.request(headers=headers, data=body)
        assert reply.disposition == "processed/error: authentication-failed"
    assert len(await station.rows("messages")) == 3
    clock.tick(timedelta(hours=2))
    await station.request(headers=headers, data=body)
    assert len(await station.rows("messages")) == 4


# --- Attacks -------------------------------------------------------------------------


async def test_flipped_bits_never_change_what_is_taken(station, flips):
    data = b"UNB+UNOA:1+A+B'" * 20
    headers, body, _ = station.message(data)
    dice = random.Random(4130)  # noqa: S311 - the same damage each time
    seen = set()
    for number in range(max(flips // 5, 20)):
        at, bit = dice.randrange(len(body)), dice.randrange(8)
        broken = bytearray(body)
        broken[at] ^= 1 << bit
        fresh = [
            (n, f"<flip{number}@ann>" if n == "Message-ID" else v) for n, v in headers
        ]
        reply = await station.request(headers=fresh, data=bytes(broken))
        assert reply.status == 200
        seen.add(reply.disposition)
    for row in await station.transfers():
        if row["state"] != "FAILED":
            assert station.content(row) == data
    assert seen <= {
        "processed",
        "processed/error: decryption-failed",
        "processed/error: unexpected-processing-error",
        # the flip was in the name of the cipher, or it hid the signature
        "processed/error: insufficient-message-security",
        "failed/failure: unsupported format",
    }


async def test_a_compression_bomb_is_not_inflated(db, tmp_path, clock, ann, bob):
    async with a_station(db, tmp_path, clock, ann, bob, max_payload=1 << 20) as station:
        reply = await station.send(
            bytes(30 << 20), compression=Compression.BEFORE_SIGNING
        )
        assert reply.status == 200
        assert reply.disposition != "processed"
        assert not list(station.spool.iterdir())


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest/meta-data",
        "http://127.0.0.1@evil.example/",
        "http://user:pw@127.0.0.1/",
        "file:///etc/passwd",
        "http://evil.example/mdn",
        "mailto:ann@evil.example",
        "http://[::1",
        "http://127.0.0.1.evil.example/",
    ],
)
async def test_an_mdn_goes_to_no_other_host(station, url):
    reply = await station.send(receipt=Receipt(url=url))
    assert reply.status == 403
    assert not await station.rows("jobs")
    (row,) = await station.transfers()
    assert row["state"] == "FAILED"


async def test_strangers_cannot_fill_the_disk_with_large_messages_either(
    station, monkeypatch
):
    headers, body, _ = station.message(receiver=As2Id("somebody else"))
    monkeypatch.setattr("as2_server.rejections.KEPT_BYTES", 2 * len(body) + 1)
    for _ in range(4):
        reply = await station.request(headers=headers, data=body)
        assert reply.disposition == "processed/error: authentication-failed"
    assert len(await station.rows("messages")) == 2


async def test_a_message_leaves_the_disk_what_the_database_needs(station, monkeypatch):
    data = bytes(1 << 20)
    with monkeypatch.context() as patch:
        patch.setattr("as2_server.spool.KEEP_FREE", 1 << 60)
        assert (await station.send(data)).status == 503
    assert not await station.transfers()
    assert not list(station.spool.iterdir())
    _, verdict = await station.sent(data)
    assert isinstance(verdict, Confirmed)


async def test_large_files_are_not_removed_on_the_loop(station, monkeypatch):
    where = []
    close = Spool.close

    def noting(spool):
        if not spool.in_memory:
            where.append(threading.current_thread() is threading.main_thread())
        close(spool)

    monkeypatch.setattr(Spool, "close", noting)
    _, verdict = await station.sent(bytes(1 << 20))
    assert isinstance(verdict, Confirmed)
    assert where == [False, False]  # the body, the document
    assert not list(station.spool.iterdir())


async def test_a_failure_of_the_disk_makes_the_partner_try_again(station, monkeypatch):
    def full(*_args: object) -> None:
        raise StorageError("no room is left on the disk")

    with monkeypatch.context() as patch:
        patch.setattr(type(station.blobs), "lay_here", full)
        reply = await station.send()
        assert reply.status == 503
        assert dict(reply.fields)["Retry-After"]
        assert "disk" not in reply.text
    _, verdict = await station.sent()
    assert isinstance(verdict, Confirmed)


async def test_a_failure_of_the_database_makes_the_partner_try_again(
    station, monkeypatch
):
    async def down(*_args: object) -> None:
        raise OSError("the database is down")

    with monkeypatch.context() as patch:
        patch.setattr(type(station.log), "accept", down)
        assert (await station.send()).status == 503
    assert not await station.transfers()
    _, verdict = await station.sent()
    assert isinstance(verdict, Confirmed)


async def test_an_unforeseen_fault_is_told_with_a_number_only(station, monkeypatch):
    def broken(*_args: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr("as2_server.unwrapping.receive", broken)
        reply = await station.send()
    assert reply.disposition == "processed/error: unexpected-processing-error"
    (row,) = await station.transfers()
    assert "incident" in row["error"]["message"]


async def test_an_mdn_is_handed_to_those_who_wait_for_it(station, ann):
    receipt = await station.send()
    fields = [(n, v) for n, v in receipt.fields if n in {"Content-Type", "AS2-From"}]
    reply = await station.request(headers=fields, data=receipt.body)
    assert reply.status == 200
    unsigned = await station.send(receipt=Receipt(signed=False), message_id="<2@ann>")
    fields = [(n, v) for n, v in unsigned.fields if n == "Content-Type"]
    await station.request(headers=fields, data=unsigned.body)
    assert station.mdns == [receipt.body, unsigned.body]
    assert ANN.text == "Ann Ltd"
