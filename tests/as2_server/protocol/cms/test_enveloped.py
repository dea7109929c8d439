"""Encrypted structures that no good program makes, and some that a few make."""

from dataclasses import dataclass, field, replace

import pytest
from as2_builders import Person, a_person
from cryptography.hazmat.primitives.asymmetric import padding

from as2_server.protocol.ber import context, integer, oid, tlv
from as2_server.protocol.cms import algorithms as alg
from as2_server.protocol.cms.enveloped import EnvelopedReader
from as2_server.protocol.dispositions import (
    DECRYPTION_FAILED,
    UNSUPPORTED_FORMAT,
    ProtocolError,
)
from as2_server.protocol.reader import Reader

KEY = b"k" * 16
IV = b"i" * 16
CBC = alg.CIPHERS["aes128-cbc"]
GCM = alg.CIPHERS["aes128-gcm"]
UNKNOWN = oid("1.2.3.4")


@pytest.fixture(scope="module")
def bob() -> Person:
    return a_person("bob")


def recipient(person: Person, scheme: bytes = alg.RSA, key: bytes = KEY) -> bytes:
    certificate = person.pair.certificate
    encrypted = certificate.public_key.encrypt(key, padding.PKCS1v15())
    return tlv(
        0x30,
        integer(0),
        certificate.issuer_serial,
        tlv(0x30, scheme, alg.NULL_ELEMENT),
        tlv(4, encrypted),
    )


def cbc(plain: bytes) -> bytes:
    encryptor = CBC.cipher(KEY, IV).encryptor()
    return encryptor.update(plain) + encryptor.finalize()


@dataclass
class Pieces:
    """The pieces of an EnvelopedData, good as they are."""

    kind: bytes = alg.ENVELOPED
    origin: bytes = b""
    recipients: list[bytes] = field(default_factory=list)
    cipher: bytes = CBC.oid
    parameters: bytes = field(default_factory=lambda: tlv(4, IV))
    content: bytes = field(
        default_factory=lambda: tlv(0x80, cbc(b"0123456789" + b"\6" * 6))
    )
    tail: bytes = b""

    def encoded(self) -> bytes:
        content = tlv(
            0x30, alg.DATA, tlv(0x30, self.cipher, self.parameters), self.content
        )
        recipients = tlv(0x31, *self.recipients)
        body = tlv(0x30, integer(0), self.origin, recipients, content, self.tail)
        return tlv(0x30, self.kind, tlv(context(0), body))


def read(pieces: Pieces, person: Person) -> bytes:
    allowed = frozenset(alg.CIPHERS)
    reader = EnvelopedReader(Reader((pieces.encoded(),)), [person.pair], allowed)
    return b"".join(reader.content())


@pytest.fixture
def good(bob) -> Pieces:
    return Pieces(recipients=[recipient(bob)])


def test_the_pieces_are_good_as_they_are(good, bob):
    assert read(good, bob) == b"0123456789"


def test_what_stands_before_and_beside_is_skipped(good, bob):
    good.origin = tlv(context(0), tlv(context(0)))
    good.recipients.insert(0, tlv(context(1), integer(3)))
    good.content = tlv(0xA0, tlv(4, cbc(b"0" * 16 + b"\x10" * 16)))
    good.tail = tlv(context(1), integer(1))
    assert read(good, bob) == b"0" * 16


def test_a_second_recipient_info_may_be_the_right_one(good, bob):
    good.recipients.insert(0, recipient(bob, key=b"short"))
    assert read(good, bob) == b"0123456789"


@pytest.mark.parametrize(
    "plain",
    [
        b"0123456789abcdef",
        b"0123456789abcde\0",
        b"0123456789abcde\x11",
        b"0123456789abc\1\2\3",
        b"",
    ],
)
def test_a_wrong_padding_fails_in_the_one_way(good, bob, plain):
    good.content = tlv(0x80, cbc(plain))
    with pytest.raises(ProtocolError) as caught:
        read(good, bob)
    assert caught.value.disposition == DECRYPTION_FAILED


def test_a_wrong_content_key_fails_like_a_wrong_padding(good, bob):
    messages = set()
    for key in (b"k" * 15, b"k" * 17, b"x" * 16, b""):
        pieces = replace(good, recipients=[recipient(bob, key=key)])
        with pytest.raises(ProtocolError) as caught:
            read(pieces, bob)
        messages.add((caught.value.message, caught.value.disposition))
    assert messages == {
        ("The padding of the decrypted message is wrong.", DECRYPTION_FAILED)
    }


def test_half_a_block_is_no_ciphertext(good, bob):
    good.content = tlv(0x80, cbc(b"0" * 16 + b"\x10" * 16) + b"x")
    with pytest.raises(ProtocolError) as caught:
        read(good, bob)
    assert caught.value.disposition == DECRYPTION_FAILED


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"kind": alg.SIGNED}, "no EnvelopedData"),
        ({"kind": alg.AUTH_ENVELOPED}, "unknown cipher"),
        ({"cipher": UNKNOWN}, "unknown cipher"),
        ({"cipher": GCM.oid}, "unknown cipher"),
        ({"parameters": b""}, "parameters are missing"),
        ({"parameters": tlv(4, b"short")}, "parameters are malformed"),
        ({"parameters": integer(1)}, "in place of"),
        ({"content": tlv(4, b"x")}, "encrypted content is missing"),
        ({"recipients": []}, "not encrypted for any"),
        ({"recipients": [tlv(context(1), integer(3))]}, "not encrypted for any"),
        ({"recipients": [tlv(0x30, integer(3))]}, "incomplete"),
        ({"recipients": [tlv(context(1), integer(3))] * 65}, "more than 64"),
    ],
)
def test_an_odd_structure_is_named(good, bob, changes, message):
    with pytest.raises(ProtocolError, match=message):
        read(replace(good, **changes), bob)


def test_an_unknown_key_transport_is_an_unsupported_format(good, bob):
    good.recipients = [recipient(bob, UNKNOWN)]
    with pytest.raises(ProtocolError, match="key transport") as caught:
        read(good, bob)
    assert caught.value.disposition == UNSUPPORTED_FORMAT


@pytest.fixture
def tagged(bob) -> Pieces:
    encryptor = GCM.cipher(KEY, b"n" * 12).encryptor()
    sealed = encryptor.update(b"secret") + encryptor.finalize()
    return Pieces(
        kind=alg.AUTH_ENVELOPED,
        recipients=[recipient(bob)],
        cipher=GCM.oid,
        parameters=tlv(0x30, tlv(4, b"n" * 12)),
        content=tlv(0x80, sealed),
        tail=tlv(4, encryptor.tag),
    )


def test_a_tag_is_checked_whole_or_cut_to_twelve_bytes(tagged, bob):
    assert read(tagged, bob) == b"secret"
    tagged.tail = tagged.tail[2:14]
    tagged.tail = tlv(4, tagged.tail)
    assert read(tagged, bob) == b"secret"


@pytest.mark.parametrize("tail", [tlv(4, b"x" * 16), tlv(4, b"x"), tlv(4)])
def test_a_wrong_tag_fails_in_the_one_way(tagged, bob, tail):
    tagged.tail = tail
    with pytest.raises(ProtocolError) as caught:
        read(tagged, bob)
    assert caught.value.disposition == DECRYPTION_FAILED


def test_what_cannot_be_authenticated_in_one_pass_is_refused(tagged, bob):
    tagged.tail = tlv(context(1), tlv(0x30)) + tagged.tail
    with pytest.raises(ProtocolError, match="authenticated attributes"):
        read(tagged, bob)


@pytest.mark.parametrize("nonce", [b"n" * 7, b"n" * 129])
def test_an_impossible_nonce_is_refused(tagged, bob, nonce):
    tagged.parameters = tlv(0x30, tlv(4, nonce))
    with pytest.raises(ProtocolError, match="malformed"):
        read(tagged, bob)
