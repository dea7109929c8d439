"""What enemies post to the listener: refused without harm, and the next is served."""

import asyncio
import base64
import re
import zlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from as2_builders import Person, a_person, a_wire
from as2_line import OUR_NAME, PARTNER_NAME, As2Line, Pairs, as2_line, partner_server
from asn1crypto import cms
from fakes import FakeClock

from gateway.store.database import Database

pytestmark = pytest.mark.integration

DATA = b"UNA:+.? '\r\nUNB+UNOA:1+A+B'\r\n"
WISH = ("Disposition-Notification-To", "me@partner")
OPTIONS = (
    "signed-receipt-protocol=optional, pkcs7-signature; "
    "signed-receipt-micalg=optional, sha256"
)
SIGNED = ("Disposition-Notification-Options", OPTIONS)
Post = tuple[Pairs, bytes]


def headers(number: str, *more: tuple[str, str]) -> Pairs:
    return [
        ("AS2-Version", "1.2"),
        ("Message-ID", f"<{number}@partner>"),
        ("AS2-From", PARTNER_NAME),
        ("AS2-To", OUR_NAME),
        WISH,
        SIGNED,
        *more,
    ]


def good(number: str, us: Person, them: Person, data: bytes = DATA) -> Post:
    wire = a_wire(data, them, us)
    return [*headers(number), *wire.built.fields], wire.body


@asynccontextmanager
async def besieged(
    db: Database, folder, clock: FakeClock, us: Person, them: Person, **settings
) -> AsyncIterator[As2Line]:
    """Check at the end that nothing was processed but what is sent here, at the end."""
    async with as2_line(db, folder, clock, us, them, **settings) as line:
        yield line
        reply = await line.post(*good("last", us, them))
        assert b"MDN-sent-automatically; processed\r\n" in reply.body
        assert await line.payloads("<last@partner>") == [DATA]
        accepted = [r for r in await line.rows("as2_messages") if r.accepted_key]
        assert [row.message_id for row in accepted] == ["<last@partner>"]
        assert len([j for j in await line.rows("jobs") if j.kind == "route"]) == 1


def disposition(body: bytes) -> str:
    found = re.search(rb"^Disposition: [^;]*; ([^\r\n]*)", body, re.MULTILINE)
    assert found, body[:500]
    return found[1].decode()


CMS = ("Content-Type", "application/pkcs7-mime; smime-type=enveloped-data")
COMPRESSED = ("Content-Type", "application/pkcs7-mime; smime-type=compressed-data")
PKCS7 = b"Content-Type: application/pkcs7-signature\r\n"
NO_SIGNER = cms.ContentInfo(
    {
        "content_type": "signed_data",
        "content": {
            "version": "v1",
            "digest_algorithms": [],
            "encap_content_info": {"content_type": "data"},
            "signer_infos": [],
        },
    }
).dump()


def signed_parts(*parts: bytes) -> Post:
    body = b"".join(b"--O\r\n" + part + b"\r\n" for part in parts) + b"--O--\r\n"
    kind = (
        "multipart/signed; protocol=application/pkcs7-signature; "
        "micalg=sha-256; boundary=O"
    )
    return headers("attack", ("Content-Type", kind)), body


def signature(data: bytes) -> bytes:
    return (
        PKCS7 + b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(data)
    )


def a_bomb(us: Person, them: Person) -> Post:
    """300 MB of zeros in 300 kB."""
    packer = zlib.compressobj(9)
    data = b"Content-Type: text/plain\r\n\r\n"
    packed = packer.compress(data)
    packed += b"".join(packer.compress(bytes(1 << 20)) for _ in range(300))
    packed += packer.flush()
    content = cms.ContentInfo(
        {
            "content_type": "compressed_data",
            "content": {
                "version": "v0",
                "compression_algorithm": {"algorithm": "zlib"},
                "encap_content_info": {"content_type": "data", "content": packed},
            },
        }
    )
    return headers("attack", COMPRESSED), content.dump()


def nested(us: Person, them: Person) -> Post:
    """3,000 multiparts, each inside of the one before."""
    level = 'multipart/mixed; boundary="b{}"'
    body = "".join(
        f"--b{number}\r\nContent-Type: {level.format(number + 1)}\r\n\r\n"
        for number in range(3000)
    )
    kind = ("Content-Type", level.format(0))
    return headers("attack", kind), body.encode() + b"--b3000\r\n\r\nx"


def nested_signed(us: Person, them: Person) -> Post:
    level = 'multipart/signed; micalg=sha1; boundary="b{}"'
    body = "".join(
        f"--b{number}\r\nContent-Type: {level.format(number + 1)}\r\n\r\n"
        for number in range(3000)
    )
    return headers("attack", ("Content-Type", level.format(0))), body.encode()


def many_parts(us: Person, them: Person) -> Post:
    kind = ("Content-Type", 'multipart/mixed; boundary="b"')
    return headers("attack", kind), b"--b\r\n\r\n" * 200_000


def deep_der(us: Person, them: Person) -> Post:
    return headers("attack", CMS), b"\x30\x80" * 100_000


def long_length(us: Person, them: Person) -> Post:
    return headers("attack", CMS), b"\x30\x88" + b"\x7f" * 8 + b"\x06\x01\x00"


def no_signer(us: Person, them: Person) -> Post:
    return signed_parts(b"Content-Type: text/xml\r\n\r\n<a/>", signature(NO_SIGNER))


def wrong_signature(us: Person, them: Person) -> Post:
    """The signature of another message of the partner's, with its own first part."""
    wire = a_wire(b"an old one", them)
    rest = wire.body.split(b"\r\n--=_")[1].partition(b"\r\n")[2]
    return signed_parts(b"Content-Type: text/xml\r\n\r\n<new/>", rest)


def wrapped(us: Person, them: Person) -> Post:
    """A new document in front of the old, whose signature is right."""
    wire = a_wire(b"an old one", them)
    kind = wire.fields.get("Content-Type")
    line = b"--" + re.search(r'boundary="([^"]*)"', kind)[1].encode()
    body = line + b"\r\nContent-Type: text/xml\r\n\r\n<new/>\r\n" + wire.body
    return headers("attack", ("Content-Type", kind)), body


def by_stranger(us: Person, them: Person) -> Post:
    return good("attack", us, a_person("them", 1024))


def for_stranger(us: Person, them: Person) -> Post:
    return good("attack", a_person("us", 1024), them)


def not_signed(us: Person, them: Person) -> Post:
    wire = a_wire(DATA, None, us)
    return [*headers("attack"), *wire.built.fields], wire.body


def not_encrypted(us: Person, them: Person) -> Post:
    wire = a_wire(DATA, them)
    return [*headers("attack"), *wire.built.fields], wire.body


def swapped(us: Person, them: Person) -> Post:
    fields, body = good("attack", us, them)
    names = {"AS2-From": OUR_NAME, "AS2-To": PARTNER_NAME}
    return [(name, names.get(name, value)) for name, value in fields], body


def cut_base64(us: Person, them: Person) -> Post:
    fields = [CMS, ("Content-Transfer-Encoding", "base64")]
    return headers("attack", *fields), b"AAA=A" * 10_000


def long_line(us: Person, them: Person) -> Post:
    fields = [CMS, ("Content-Transfer-Encoding", "base64")]
    return headers("attack", *fields), b"A" * 5_000_000


def part_of_headers(us: Person, them: Person) -> Post:
    part = b"X: y\r\n" * 100_000
    kind = ("Content-Type", "multipart/related; boundary=b")
    return headers("attack", kind), b"--b\r\n" + part + b"\r\n\r\n--b--"


STRICT = {"require_signed": True, "require_encrypted": True}
ATTACKS: list[tuple[Callable[[Person, Person], Post], dict[str, object], str]] = [
    (a_bomb, {}, "decompression-failed"),
    (a_bomb, STRICT, "insufficient-message-security"),
    (nested_signed, {}, "unexpected-processing-error"),
    (many_parts, {}, "unexpected-processing-error"),
    (deep_der, {}, "unexpected-processing-error"),
    (long_length, {}, "unsupported format"),
    (no_signer, {}, "authentication-failed"),
    (wrong_signature, {}, "integrity-check-failed"),
    (wrapped, {}, "unexpected-processing-error"),
    (by_stranger, STRICT, "authentication-failed"),
    (for_stranger, STRICT, "decryption-failed"),
    (not_signed, STRICT, "decryption-failed"),  # more would be an oracle
    (not_encrypted, STRICT, "insufficient-message-security"),
    (swapped, STRICT, "authentication-failed"),
    (cut_base64, {}, "unexpected-processing-error"),
    (long_line, {}, "unexpected-processing-error"),
    (part_of_headers, {}, "unexpected-processing-error"),
    (nested, STRICT, "insufficient-message-security"),
]


@pytest.mark.parametrize(
    ("attack", "settings", "told"),
    ATTACKS,
    ids=lambda value: getattr(value, "__name__", None),
)
async def test_an_attack_is_refused_and_the_next_message_is_served(  # noqa: PLR0917
    attack, settings, told, db, tmp_path, clock, us, them
):
    async with besieged(db, tmp_path, clock, us, them, **settings) as line:
        reply = await line.post(*attack(us, them))
        assert reply.status == 200
        assert told in disposition(reply.body)


@pytest.mark.parametrize("kind", ["signed", "encrypted", "both"])
async def test_no_truncated_message_is_processed(kind, db, tmp_path, clock, us, them):
    wire = a_wire(
        DATA, them if kind != "encrypted" else None, us if kind != "signed" else None
    )
    async with besieged(db, tmp_path, clock, us, them) as line:
        for number, end in enumerate(range(0, len(wire.body) - 8, 61)):
            fields = [*headers(f"cut{number}"), *wire.built.fields]
            reply = await line.post(fields, wire.body[:end])
            assert reply.status == 200
            assert not disposition(reply.body).startswith("processed\r")
            assert "/" in disposition(reply.body)


LINES = [
    b"X: " + b"a" * 100_000,
    b"\r\n".join(b"X%d: y" % number for number in range(5000)),
    b"\r\n".join(b"AS2-From: PARTNER" for _ in range(90)),
    b"AS2-From: \xff\xfe",
    b"AS2-From: a\0b",
    b"Message-ID: <a\rEvil: 1@x>",
    b"Transfer-Encoding: chunked",
    b"Content-Length: -1",
    b"Content-Length: 99999999999999999999",
    b"Content-Type: multipart/signed; boundary=" + b"b" * 8000,
    b"Content-Type: multipart/signed" + b";a=b" * 2000,
    b'Content-Type: multipart/signed; boundary="' + b'\\"' * 3000,
    b"Content-Type: \xe2\x80\xa8",
    b"Disposition-Notification-Options: " + b"signed-receipt-micalg=required," * 200,
    b"Receipt-Delivery-Option: http://[::1",
    b": no name",
    b"no colon",
]


@pytest.mark.parametrize("hostile", LINES, ids=range(len(LINES)))
async def test_a_hostile_header_makes_no_500(
    hostile, db, tmp_path, clock, people, caplog
):
    async with besieged(db, tmp_path, clock, *people, **STRICT) as line:
        names = {x.partition(b":")[0].lower() for x in hostile.split(b"\r\n")}
        usual = [
            f"{name}: {value}".encode()
            for name, value in [("Host", "x"), *headers("attack"), CMS]
            if name.lower().encode() not in names
        ]
        request = b"\r\n".join(
            [
                b"POST " + urlsplit(line.url).path.encode() + b" HTTP/1.1",
                *usual,
                hostile,
            ]
        )
        if b"content-length" not in names and b"transfer-encoding" not in names:
            request += b"\r\nContent-Length: 4"
        answer = await raw(line.url, request + b"\r\nConnection: close\r\n\r\nabcd")
        assert re.match(rb"HTTP/1\.[01] (200|4\d\d) |$", answer), answer[:200]
        assert b"Traceback" not in answer
        assert b"Evil: 1" not in answer
    assert [r for r in caplog.records if r.exc_info] == []


async def raw(url: str, request: bytes) -> bytes:
    """Return what the server says until it closes."""
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    writer.write(request)
    writer.write_eof()
    try:
        async with asyncio.timeout(10):
            return await reader.read()
    except ConnectionResetError:
        return b""
    finally:
        writer.close()


@pytest.mark.parametrize(
    "url", ["{victim}", "http://partner.test@{host}/", "http://partner.test#@{host}/"]
)
async def test_an_mdn_is_never_posted_to_a_host_of_the_senders_choice(
    url, db, tmp_path, clock, us, them
):
    settings = {"recipient_url": "http://partner.test/"}
    async with (
        partner_server() as victim,
        as2_line(db, tmp_path, clock, us, them, **settings) as line,
    ):
        host = victim.url.split("/")[2]
        wish = ("Receipt-Delivery-Option", url.format(victim=victim.url, host=host))
        fields, body = good("attack", us, them)
        reply = await line.post([*fields, wish], body)
        assert reply.status in {200, 403}
        await line.send_mdns()
        assert victim.posts == []
        assert disposition((await line.post(*good("n", us, them))).body) == "processed"


async def test_a_replay_is_answered_alike_and_processed_once(
    db, tmp_path, clock, us, them
):
    async with as2_line(db, tmp_path, clock, us, them) as line:
        first = await line.post(*good("one", us, them))
        replies = await asyncio.gather(
            *(line.post(*good("one", us, them, b"%d" % n)) for n in range(20))
        )
        assert {reply.body for reply in replies} == {first.body}
        assert await line.payloads("<one@partner>") == [DATA]
        assert len(await line.rows("transfers")) == 1


async def test_the_signature_of_an_expired_certificate_counts_no_more(
    db, tmp_path, clock, us, them
):
    async with as2_line(db, tmp_path, clock, us, them, **STRICT) as line:
        clock.now = them.certificate.not_valid_after_utc - timedelta(seconds=1)
        before = await line.post(*good("before", us, them))
        clock.tick(timedelta(seconds=2))
        reply = await line.post(*good("after", us, them))
        assert await line.payloads("<after@partner>") == []
        assert disposition(before.body) == "processed"
        # our own certificate ends with the partner's, so nothing is signed any more
        assert reply.status == 200
        assert "error" in disposition(reply.body)


async def test_every_damage_to_the_last_blocks_has_the_same_answer(
    db, tmp_path, clock, us, them
):
    """No padding oracle: what a stranger sees does not depend on what is wrong."""
    wire = a_wire(b"x" * 100, them, us, cipher="aes128-cbc")
    seen = set()
    async with besieged(db, tmp_path, clock, us, them, **STRICT) as line:
        for number in range(300):
            body = bytearray(wire.body)
            body[-17 - number % 48] ^= 1 + number % 255
            fields = [*headers(f"oracle{number}"), *wire.built.fields]
            seen.add(disposition((await line.post(fields, bytes(body))).body))
    assert seen == {"processed/error: decryption-failed"}
