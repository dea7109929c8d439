"""Messages over real HTTP: what is taken, what the MDN says, what is kept."""

import asyncio
from dataclasses import replace
from itertools import product

import pytest
from as2_builders import NOW, a_wire
from as2_station import ANN, BOB, BOX

from as2_server.protocol.headers import As2Id
from as2_server.protocol.send import Compression, Receipt
from as2_server.protocol.verdict import Confirmed, judge
from gateway.engine.syncing import Syncing

EDI = b"UNB+UNOA:1+A+B'\r\nUNZ+0+1'\r\n"
KINDS = {
    "plain": (False, False),
    "signed": (True, False),
    "encrypted": (False, True),
    "both": (True, True),
}
RECEIPTS = {"signed": Receipt(), "unsigned": Receipt(signed=False), "none": None}


@pytest.mark.parametrize(
    ("kind", "compression", "receipt"),
    list(product(KINDS, Compression, RECEIPTS)),
    ids=lambda value: getattr(value, "value", value),
)
async def test_every_kind_of_message_is_taken(
    station, kind, compression, receipt, ann, bob
):
    signed, encrypted = KINDS[kind]
    station.configure(require_signed=False, require_encrypted=False)
    headers, _, expected = station.message(EDI, RECEIPTS[receipt])
    wire = a_wire(
        EDI,
        ann if signed else None,
        bob if encrypted else None,
        compression=compression,
    )
    named = {name.lower() for name, _ in wire.built.fields}
    headers = [pair for pair in headers if pair[0].lower() not in named]
    reply = await station.request(
        headers=[*headers, *wire.built.fields], data=wire.body
    )
    assert reply.status == 200
    (row,) = await station.transfers()
    assert station.content(row) == EDI
    if receipt == "none":
        assert reply.body == b""
        return
    verdict = judge(reply.fields, reply.body, replace(expected, mic=wire.built.mic))
    assert isinstance(verdict, Confirmed), verdict
    assert bool(verdict.signer) == (receipt == "signed")


async def test_a_message_becomes_a_transfer_with_its_job(station, clock):
    reply, verdict = await station.sent(EDI)
    assert isinstance(verdict, Confirmed)
    assert reply.status == 200
    (row,) = await station.transfers()
    assert row["mailbox"] == BOX
    assert row["protocol"] == "AS2"
    assert row["state"] == "RECEIVED"
    assert row["folder"] == "coutbox"
    assert row["file_name"] == "order.edi"
    assert row["message_id"] == "<1@ann>"
    assert row["attributes"] == {
        "as2From": ANN.text,
        "as2To": BOB.text,
        "messageId": "<1@ann>",
        "subject": "order",
        "contentType": "application/edifact",
        "fileName": "order.edi",
    }
    (job,) = await station.rows("jobs")
    assert (job["kind"], job["subject"]) == ("route", row["uuid"])
    assert not list(station.spool.iterdir())


async def test_a_native_envelope_goes_to_the_outbox(station):
    await station.send(b'<?xml version="1.0"?><envelope templateUuid="x"/>')
    (row,) = await station.transfers()
    assert row["folder"] == "outbox"


async def test_the_raw_message_and_the_mdn_are_kept(station, ann, bob):
    headers, body, _ = station.message()
    secret = ("Authorization", "Basic c2VjcmV0")
    reply = await station.request(headers=[*headers, secret], data=body)
    (row,) = await station.rows("messages")
    assert row["raw"] == body
    kept = dict(row["headers"])
    assert kept["Message-ID"] == "<1@ann>"
    assert "Authorization" not in kept
    assert row["mdn_body"] == reply.body
    assert row["signer"] == ann.pair.certificate.der
    assert row["mdn_signer"] == bob.pair.certificate.der
    assert row["cipher"] == "aes256-cbc"
    assert row["mdn_sent_at"] == NOW
    assert f"Received-Content-MIC: {row['mic']}" in reply.text


async def test_a_larger_raw_message_is_kept_as_a_blob(station):
    headers, body, _ = station.message(b"x" * 20_000)
    await station.request(headers=headers, data=body)
    (row,) = await station.rows("messages")
    assert row["raw"] is None
    assert station.content(row) == body


@pytest.mark.parametrize("data", [EDI, b""])
async def test_a_small_document_that_a_power_cut_takes_is_written_anew(
    station, clock, data
):
    await station.sent(data)
    (row,) = await station.transfers()
    (station.blobs.root / row["sha256"][:2] / row["sha256"]).unlink()
    await Syncing(station.db, station.blobs, clock).recover()
    assert station.content(row) == data


async def test_several_documents_become_several_transfers(station):
    station.configure(require_signed=False, require_encrypted=False)
    headers, _, _ = station.message(b"", plain=True)
    headers = [pair for pair in headers if not pair[0].startswith("Content-")]
    body = (
        b"--b\r\nContent-Type: text/plain\r\n\r\none\r\n"
        b"--b\r\nContent-Disposition: attachment; filename=2.txt\r\n\r\ntwo\r\n"
        b"--b\r\nContent-Type: text/plain\r\n\r\nthree\r\n--b--\r\n"
    )
    kind = ("Content-Type", "multipart/related; boundary=b")
    assert (await station.request(headers=[*headers, kind], data=body)).status == 200
    rows = await station.transfers()
    assert [station.content(row) for row in rows] == [b"two", b"three", b"one"]
    names = [str(row["file_name"]) for row in rows]
    assert names[0] == "2.txt"
    assert names[1].startswith("as2-")
    assert names[1].endswith("-3.dat")


@pytest.mark.parametrize("size", [0, 1, 3 << 20])
@pytest.mark.parametrize("chunked", [True, False])
async def test_any_size_arrives_by_chunks_or_by_length(station, size, chunked):
    data = bytes(range(256)) * (size // 256 + 1)
    headers, body, _ = station.message(data[:size])
    more = {"chunked": True} if chunked else {}
    reply = await station.request(headers=headers, data=body, **more)
    assert reply.disposition == "processed"
    (row,) = await station.transfers()
    assert station.content(row) == data[:size]
    assert not list(station.spool.iterdir())


async def test_a_sender_may_wait_for_100_continue(station):
    headers, body, _ = station.message()
    reply = await station.request(headers=headers, data=body, expect100=True)
    assert reply.disposition == "processed"


async def test_the_mailbox_is_found_in_any_case(station):
    headers, body, _ = station.message()
    url = station.url.replace(BOX, BOX.upper())
    reply = await station.request(url=url, headers=headers, data=body)
    assert reply.disposition == "processed"


async def test_names_with_spaces_are_compared_without_their_quotes(station):
    station.configure(self_id="Bob & Sons")
    reply, verdict = await station.sent(receiver=As2Id("Bob & Sons"))
    assert isinstance(verdict, Confirmed)
    assert ("AS2-From", '"Bob & Sons"') in reply.fields


@pytest.mark.parametrize(
    ("asked", "made"),
    [(("sha1", "sha512"), "sha-512"), (("sha1",), "sha-1"), (("md5",), "sha-256")],
)
async def test_the_mdn_is_signed_with_the_strongest_digest_both_take(
    station, asked, made
):
    reply = await station.send(receipt=Receipt(digests=asked))
    assert f"micalg={made}" in dict(reply.fields)["Content-Type"]


# --- Duplicates ----------------------------------------------------------------------


async def test_a_duplicate_gets_the_same_mdn_and_is_not_taken_again(station):
    headers, body, _ = station.message()
    first = await station.request(headers=headers, data=body)
    again = await station.request(headers=headers, data=body)
    assert again.body == first.body
    kept = {"Message-ID", "Content-Type", "AS2-From", "AS2-To", "Date"}
    assert {(n, v) for n, v in again.fields if n in kept} == {
        (n, v) for n, v in first.fields if n in kept
    }
    assert len(await station.transfers()) == 1


async def test_a_duplicate_gets_its_mdn_though_we_can_sign_no_more(station):
    headers, body, _ = station.message()
    first = await station.request(headers=headers, data=body)
    [key] = station.book.keys[BOX]
    station.book.keys[BOX] = [replace(key, signs_from=None)]
    again = await station.request(headers=headers, data=body)
    assert again.body == first.body
    assert len(await station.transfers()) == 1


async def test_duplicates_at_the_same_time_are_taken_once(station):
    headers, body, _ = station.message()
    replies = await asyncio.gather(
        *(station.request(headers=headers, data=body) for _ in range(6))
    )
    assert len({reply.body for reply in replies}) == 1
    assert len(await station.transfers()) == 1


async def test_a_first_try_that_failed_is_no_duplicate(station, eve):
    bad = await station.send(signer=eve)
    assert bad.disposition == "processed/error: authentication-failed"
    _, verdict = await station.sent()
    assert isinstance(verdict, Confirmed)
    assert [row["state"] for row in await station.transfers()] == ["FAILED", "RECEIVED"]


async def test_the_same_message_id_of_another_partner_is_another_message(station):
    await station.send()
    station.configure(recipient_id="Carl")
    assert (await station.send(sender=As2Id("Carl"))).disposition == "processed"
    assert len(await station.transfers()) == 2


async def test_a_duplicate_may_ask_for_the_mdn_that_the_first_did_not_want(station):
    assert (await station.send(receipt=None)).body == b""
    reply, verdict = await station.sent()
    assert reply.disposition == "processed/warning: duplicate-document"
    assert isinstance(verdict, Confirmed)
    assert len(await station.transfers()) == 1


async def test_messages_that_come_together_are_all_taken(station):
    """Twins among them are taken once, whoever of them is written first."""
    posts = []
    for number in range(12):
        name = f"<{number // 2}@ann>"
        headers, body, _ = station.message(b"%d" % (number // 2), message_id=name)
        posts.append(station.request(headers=headers, data=body))
    replies = await asyncio.gather(*posts)
    assert {reply.disposition for reply in replies} == {"processed"}
    assert all(replies[n].body == replies[n + 1].body for n in range(0, 12, 2))
    rows = await station.transfers()
    assert sorted(station.content(row) for row in rows) == [
        b"%d" % number for number in range(6)
    ]
    assert len(await station.rows("jobs")) == 6
    assert len(await station.rows("messages")) == 6
