"""Damaged messages: no accepted payload ever differs, nothing raises."""

import random

import pytest
from as2_builders import OPEN, a_wire, unwrap
from hypothesis import given
from hypothesis import strategies as st

from as2_server.protocol.ber import tlv
from as2_server.protocol.cms.algorithms import CIPHERS
from as2_server.protocol.dispositions import DECRYPTION_FAILED, INSUFFICIENT_SECURITY
from as2_server.protocol.messages import Policy, Received
from as2_server.protocol.send import Compression

# thousands of messages over lines that other tests trace
pytestmark = pytest.mark.unmeasured

DATA = b"UNA:+.? '\r\nUNB+UNOA:1+A+B'\r\n" * 20
KINDS = {
    "signed": {"sign": True},
    "signed-pss": {"sign": True, "pss": True},
    "signed-compressed": {"sign": True, "compression": Compression.BEFORE_SIGNING},
    "compressed-signed": {"sign": True, "compression": Compression.AFTER_SIGNING},
    "all": {"sign": True, "encrypt": True, "compression": Compression.BEFORE_SIGNING},
    "signed-encrypted": {"sign": True, "encrypt": True},
    "signed-3des-oaep": {
        "sign": True,
        "encrypt": True,
        "cipher": "3des-cbc",
        "oaep": "sha256",
    },
    "signed-gcm": {"sign": True, "encrypt": True, "cipher": "aes128-gcm"},
    "gcm": {"encrypt": True, "cipher": "aes256-gcm"},
    "compressed": {"compression": Compression.AFTER_SIGNING},
}
UNPROTECTED = {
    "plain": {},
    "encrypted": {"encrypt": True},
}


@pytest.fixture(scope="session")
def wires(ann, bob):
    """Every kind once; building them anew for each test costs more than reading."""
    made = {}
    for kind, options in (KINDS | UNPROTECTED).items():
        rest = dict(options)
        sender = ann if rest.pop("sign", False) else None
        receiver = bob if rest.pop("encrypt", False) else None
        made[kind] = a_wire(DATA, sender, receiver, **rest)
    return made


@pytest.mark.parametrize("kind", KINDS)
def test_no_flipped_bit_changes_what_is_accepted(ann, bob, wires, kind, flips):
    wire, chance = wires[kind], random.Random(kind)  # noqa: S311 - not a secret
    # a policy that takes unsigned messages takes those whose signature was cut off
    signed = Policy(require_signed="sign" in KINDS[kind], require_encrypted=False)
    accepted = 0
    for _ in range(flips):
        body = bytearray(wire.body)
        body[chance.randrange(len(body))] ^= 1 << chance.randrange(8)
        outcome = unwrap(wire.fields, bytes(body), bob, ann, policy=signed)
        if isinstance(outcome.answer, Received):
            assert outcome.payloads == [DATA]
            accepted += 1
    assert accepted < flips


@pytest.mark.parametrize("kind", UNPROTECTED)
def test_a_flipped_bit_of_an_unprotected_message_raises_nothing(
    ann, bob, wires, kind, flips
):
    wire, chance = wires[kind], random.Random(kind)  # noqa: S311 - not a secret
    for _ in range(flips):
        body = bytearray(wire.body)
        body[chance.randrange(len(body))] ^= 1 << chance.randrange(8)
        assert unwrap(wire.fields, bytes(body), bob, ann).answer


@pytest.mark.parametrize("kind", KINDS)
def test_no_truncated_message_is_accepted_with_less(ann, bob, wires, kind):
    wire = wires[kind]
    for end in range(0, len(wire.body), 23):
        outcome = unwrap(wire.fields, wire.body[:end], bob, ann)
        if isinstance(outcome.answer, Received):
            assert outcome.payloads == [DATA]


@pytest.mark.parametrize("kind", ["signed-encrypted", "all", "signed-3des-oaep"])
def test_damage_inside_of_encryption_has_one_answer(ann, bob, wires, kind, flips):
    """No padding oracle: padding, structure and signature fail alike."""
    wire, chance = wires[kind], random.Random(kind)  # noqa: S311 - not a secret
    answers = set()
    for turn in range(flips):
        body = bytearray(wire.body)
        # the last blocks, where the padding is, and anywhere behind the first blocks
        least = len(body) - 48 if turn % 2 else len(body) // 2
        body[chance.randrange(least, len(body))] ^= chance.randrange(1, 256)
        answer = unwrap(wire.fields, bytes(body), bob, ann, policy=Policy()).answer
        if not isinstance(answer, Received):
            answers.add(answer.disposition)
    assert answers == {DECRYPTION_FAILED}


def test_a_spliced_padding_is_no_oracle(ann, bob, wires):
    """Blocks put behind a good message fail whether their padding is right or not."""
    wire = wires["signed-encrypted"]
    size = len(wire.body)
    answers = set()
    for last in range(256):
        block = bytes(15) + bytes((last,))
        body = wire.body[: size - 32] + block + wire.body[size - 16 :]
        answers.add(unwrap(wire.fields, body, bob, ann).bad.disposition)
    assert answers == {DECRYPTION_FAILED}


def test_a_stranger_cannot_ask_whether_spliced_blocks_are_mime(ann, bob, wires):
    """No format oracle: else some 300 questions would decrypt a byte.

    The first block is made `Content-Type: te`, so that what follows is a header of a
    message that is not signed; it is one as long as no line end comes of the blocks.
    """
    wire, oid = wires["signed-encrypted"], CIPHERS["aes256-cbc"].oid
    start = wire.body.index(bytes((0x04, 0x10)), wire.body.index(oid))
    known = zip(b"Content-Type: mu", b"Content-Type: te", strict=True)
    body = bytearray(wire.body)
    for index, (there, wanted) in enumerate(known):
        body[start + 2 + index] ^= there ^ wanted
    answers = set()
    for guess in range(256):
        body[start + 18 + 40] = guess
        outcome = unwrap(wire.fields, bytes(body), bob, ann, policy=Policy())
        answers.add(outcome.bad.disposition)
    assert answers == {DECRYPTION_FAILED}


def test_ciphertext_in_unsigned_headers_is_not_let_pass(ann, bob, wires):
    """Accepted or not would tell a stranger where the block has a line end.

    Behind a block the same one follows again, so that the rest is as it was.
    """
    wire, oid = wires["signed-encrypted"], CIPHERS["aes256-cbc"].oid
    at = wire.body.index(bytes((0x04, 0x10)), wire.body.index(oid)) + 18
    start = at + 2 + (wire.body[at + 1] & 0x7F)  # behind a long length
    cut = wire.body[start:]
    blocks = [cut[index : index + 16] for index in range(0, len(cut), 16)]
    dice = random.Random(2)  # noqa: S311 - the same splices each time
    answers = set()
    for index in range(len(blocks) - 1):
        spliced = [dice.randbytes(16), blocks[-3], blocks[index]]
        data = b"".join([*blocks[: index + 1], *spliced, *blocks[index + 1 :]])
        body = wire.body[:at] + tlv(0x80, data)
        answer = unwrap(wire.fields, body, bob, ann, policy=Policy()).answer
        answers.add(getattr(answer, "disposition", "accepted"))
    assert answers == {DECRYPTION_FAILED}


def test_what_is_not_authentic_is_told_nothing_of_policy(ann, bob):
    """A bit of GCM flips the same bit of the text: the tag is checked before."""
    wire = a_wire(b"x", None, bob, cipher="aes256-gcm")
    bad = unwrap(wire.fields, wire.body, bob, ann, policy=Policy()).bad
    assert bad.disposition == INSUFFICIENT_SECURITY
    for index in (-1, -20):
        body = bytearray(wire.body)
        body[index] ^= 1
        bad = unwrap(wire.fields, bytes(body), bob, ann, policy=Policy()).bad
        assert bad.disposition == DECRYPTION_FAILED


def test_the_owner_is_told_the_cause(ann, bob):
    wire = a_wire(b"x", None, bob)
    bad = unwrap(wire.fields, wire.body, bob, ann, policy=Policy()).bad
    assert bad.disposition == DECRYPTION_FAILED
    assert bad.cause == INSUFFICIENT_SECURITY
    assert "not signed" in bad.detail


TYPES = [
    "application/pkcs7-mime",
    "multipart/signed; boundary=b; micalg=sha1",
    "multipart/related; boundary=b",
    "text/plain",
]


@given(
    st.sampled_from(TYPES),
    st.sampled_from(["", "base64", "quoted-printable"]),
    st.lists(
        st.one_of(
            st.binary(max_size=30),
            st.sampled_from(
                [
                    b"--b\r\n",
                    b"\r\n--b--",
                    b"\r\n\r\n",
                    b"0\x80",
                    b"\xa0\x80",
                    b"Content-Type: multipart/signed; boundary=b\r\n\r\n",
                    b"Content-Type: application/pkcs7-signature\r\n\r\n",
                    b"\x06\x09*\x86H\x86\xf7\x0d\x01\x07\x02",
                    b"\x06\x09*\x86H\x86\xf7\x0d\x01\x07\x03",
                    b"\x02\x01\x00",
                    b"1\x00",
                    b"0\x00",
                ]
            ),
        ),
        max_size=12,
    ),
)
def test_any_body_is_answered(ann_and_bob, content_type, encoding, pieces):
    ann, bob = ann_and_bob
    fields = [("Content-Type", content_type), ("Content-Transfer-Encoding", encoding)]
    assert unwrap(fields, b"".join(pieces), bob, ann, policy=OPEN).answer


@pytest.fixture(scope="session")
def ann_and_bob(ann, bob):
    return ann, bob
