import itertools
import zlib

import pytest
from as2_builders import OPEN, Person, a_wire, unwrap

from as2_server.protocol.ber import SEQUENCE, context, integer, tlv
from as2_server.protocol.cms import algorithms as alg
from as2_server.protocol.digests import MicName
from as2_server.protocol.dispositions import (
    AUTHENTICATION_FAILED,
    DECOMPRESSION_FAILED,
    DECRYPTION_FAILED,
    INSUFFICIENT_SECURITY,
    INTEGRITY_FAILED,
    UNSUPPORTED_FORMAT,
)
from as2_server.protocol.messages import Policy
from as2_server.protocol.send import Compression

DOCUMENTS = {
    "crlf": b"UNA:+.?*'\r\nUNB+UNOA:1\r\n",
    "lf": b"<a>\n<b/>\n</a>",
    "empty": b"",
    "binary": bytes(range(256)) * 2500,
}
PROTECTIONS = list(itertools.product((False, True), (False, True), Compression))


@pytest.mark.parametrize("document", DOCUMENTS)
@pytest.mark.parametrize(("sign", "encrypt", "compression"), PROTECTIONS)
def test_what_is_built_is_received(ann, bob, sign, encrypt, compression, document):
    data = DOCUMENTS[document]
    wire = a_wire(
        data, ann if sign else None, bob if encrypt else None, compression=compression
    )
    outcome = unwrap(wire.fields, wire.body, bob, ann)
    assert outcome.payloads == [data]
    assert outcome.good.mic.same(wire.built.mic)
    assert outcome.good.cipher == ("aes256-cbc" if encrypt else "")
    assert outcome.good.compressed == (compression is not Compression.NONE)
    assert (outcome.good.signer is not None) == sign
    assert outcome.good.remark == ""
    [payload] = outcome.good.payloads
    assert payload.size == len(data)
    assert payload.content_type == "application/edifact"
    assert payload.name
    assert payload.name.text == "order.edi"


@pytest.mark.parametrize("cipher", alg.CIPHERS)
@pytest.mark.parametrize("oaep", ["", "sha1", "sha256", "sha512"])
def test_every_cipher_and_key_transport_works(ann, bob, cipher, oaep):
    wire = a_wire(b"data", ann, bob, cipher=cipher, oaep=oaep)
    outcome = unwrap(wire.fields, wire.body, bob, ann, policy=Policy())
    assert outcome.payloads == [b"data"]
    assert outcome.good.cipher == cipher


@pytest.mark.parametrize("digest", ["md5", "sha1", "sha256", "sha384", "sha512"])
@pytest.mark.parametrize("pss", [False, True])
def test_every_signature_works(ann, bob, digest, pss):
    wire = a_wire(b"data", ann, digest=digest, pss=pss)
    policy = Policy(require_encrypted=False, digests=frozenset({digest}))
    outcome = unwrap(wire.fields, wire.body, bob, ann, policy=policy)
    assert outcome.payloads == [b"data"]
    assert outcome.good.mic.same(wire.built.mic)


def test_a_name_that_is_not_ascii_arrives(ann, bob):
    wire = a_wire(b"", ann, bob, name='Auftrag "ü" 1.edi'.replace('"', "'"))
    [payload] = unwrap(wire.fields, wire.body, bob, ann).good.payloads
    assert payload.name
    assert payload.name.text == "Auftrag 'ü' 1.edi"


def test_a_content_type_is_one_printable_line(ann, bob):
    fields = [("Content-Type", "text/plain; x=\0\x85y")]
    [payload] = unwrap(fields, b"data", bob, ann).good.payloads
    assert payload.content_type == "text/plain; x=  y"


# --- Policy ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sign", "encrypt", "detail"),
    [
        (False, False, "not encrypted"),
        (True, False, "not encrypted"),
        (False, True, "not signed"),
    ],
)
@pytest.mark.parametrize("compression", Compression)
def test_a_message_below_policy_is_refused_as_such(
    ann, bob, sign, encrypt, detail, compression
):
    wire = a_wire(
        b"x", ann if sign else None, bob if encrypt else None, compression=compression
    )
    outcome = unwrap(wire.fields, wire.body, bob, ann, policy=Policy())
    told = DECRYPTION_FAILED if encrypt else INSUFFICIENT_SECURITY  # no oracle
    assert outcome.bad.disposition == told
    assert (outcome.bad.cause or told) == INSUFFICIENT_SECURITY
    assert detail in outcome.bad.detail
    assert outcome.payloads == []


def test_a_cipher_or_digest_that_is_not_allowed_is_refused(ann, bob):
    policy = Policy(ciphers=frozenset({"aes256-gcm"}))
    wire = a_wire(b"x", ann, bob, cipher="3des-cbc")
    bad = unwrap(wire.fields, wire.body, bob, ann, policy=policy).bad
    assert bad.disposition == INSUFFICIENT_SECURITY
    assert "3des-cbc" in bad.detail
    policy = Policy(require_encrypted=False)
    for cipher in ("", "aes256-gcm"):
        wire = a_wire(b"x", ann, bob if cipher else None, digest="md5", cipher=cipher)
        bad = unwrap(wire.fields, wire.body, bob, ann, policy=policy).bad
        assert bad.disposition == INSUFFICIENT_SECURITY
        assert "md5" in bad.detail


def test_a_payload_beyond_the_limit_is_refused(ann, bob):
    wire = a_wire(b"x" * 100, ann, bob)
    bad = unwrap(wire.fields, wire.body, bob, ann, policy=Policy(max_payload=99)).bad
    assert "exceeds 99 bytes" in bad.detail
    wire = a_wire(b"x" * 100, ann, bob)
    assert unwrap(wire.fields, wire.body, bob, ann, policy=Policy(max_payload=100)).good


# --- Who --------------------------------------------------------------------------


def test_a_stranger_who_proves_his_key_is_not_authenticated(ann, bob, eve):
    for receiver in (None, bob):
        wire = a_wire(b"x", eve, receiver)
        bad = unwrap(wire.fields, wire.body, bob, ann).bad
        assert bad.disposition == AUTHENTICATION_FAILED
        assert "partner's certificates" in bad.detail


def test_a_message_for_someone_else_cannot_be_decrypted(ann, bob, eve):
    wire = a_wire(b"x", ann, eve)
    bad = unwrap(wire.fields, wire.body, bob, ann).bad
    assert bad.disposition == DECRYPTION_FAILED
    assert "self certificate" in bad.detail


def test_a_right_name_with_a_wrong_key_fails_like_a_wrong_padding(ann, bob, eve):
    wire = a_wire(b"x", ann, bob)
    fake = Person("bob", eve.key, bob.certificate)
    assert (
        unwrap(wire.fields, wire.body, fake, ann).bad.disposition == DECRYPTION_FAILED
    )


# --- The MIC ----------------------------------------------------------------------


def test_the_mic_is_spelt_as_the_sender_spells_it(ann, bob):
    wire = a_wire(b"x", ann, bob)
    wanted = [MicName("sha1", "SHA1"), MicName("sha256", "sha-256")]
    mic = unwrap(wire.fields, wire.body, bob, ann, wanted=wanted).good.mic
    assert mic.same(wire.built.mic)
    assert mic.spelling == "sha-256"


def test_a_mic_by_another_digest_is_given_when_only_that_is_asked_for(ann, bob):
    wire = a_wire(b"x", ann, bob)
    wanted = [MicName("sha512", "sha512")]
    assert unwrap(wire.fields, wire.body, bob, ann, wanted=wanted).good.mic.digest == (
        "sha512"
    )
    wire = a_wire(b"x", None, bob)
    assert unwrap(wire.fields, wire.body, bob, ann, wanted=wanted).good.mic.digest == (
        "sha512"
    )


def test_a_wrong_micalg_costs_a_second_pass_only(ann, bob):
    wire = a_wire(b"x" * 100, ann, digest="sha512")
    pairs = [(n, v.replace("sha-512", "sha-1")) for n, v in wire.built.fields]
    outcome = unwrap(pairs, wire.body, bob, ann)
    assert outcome.payloads == [b"x" * 100]
    assert outcome.good.mic.same(wire.built.mic)


# --- Shapes that partners send ----------------------------------------------------


def test_several_attachments_become_several_payloads(ann, bob):
    data = (
        b"--r\r\nContent-Type: application/xml\r\n"
        b'Content-Disposition: attachment; filename="a.xml"\r\n\r\n<a/>\r\n'
        b"--r\r\nContent-Type: application/pdf\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\nAAEC\r\n--r--\r\n"
    )
    wire = a_wire(
        data, ann, bob, content_type='multipart/related; boundary="r"; type="text/xml"'
    )
    outcome = unwrap(wire.fields, wire.body, bob, ann)
    assert outcome.payloads == [b"<a/>", b"\0\1\2"]
    assert [p.content_type for p in outcome.good.payloads] == [
        "application/xml",
        "application/pdf",
    ]
    assert outcome.good.mic.same(wire.built.mic)


def test_a_payload_without_headers_or_plain_text_is_taken(bob, ann):
    assert unwrap([], b"ISA*00*~", bob, ann).payloads == [b"ISA*00*~"]
    fields = [("Content-Type", "text/plain"), ("Content-Transfer-Encoding", "base64")]
    assert unwrap(fields, b"QUJD\r\n", bob, ann).payloads == [b"ABC"]


@pytest.mark.parametrize(
    "content_type",
    [
        "application/pkcs7-mime; name=smime.p7m",
        "application/x-pkcs7-mime; smime-type=enveloped-data",
        "Application/PKCS7-mime; smime-type=ENVELOPED-DATA",
        "application/pkcs7-mime; smime-type=signed-data",
    ],
)
def test_the_structure_says_what_it_is(ann, bob, content_type):
    wire = a_wire(b"x", ann, bob)
    outcome = unwrap([("Content-Type", content_type)], wire.body, bob, ann)
    assert outcome.payloads == [b"x"]


# --- Attacks ----------------------------------------------------------------------


def test_a_deep_nest_is_one_payload_not_a_stack(ann, bob):
    nest = b"".join(
        b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (i, i)
        for i in range(3000)
    )
    fields = [("Content-Type", 'multipart/mixed; boundary="b"')]
    body = b"--b\r\n" + nest + b"\r\n--b--\r\n"
    assert len(unwrap(fields, body, bob, ann).good.payloads) == 1


@pytest.mark.parametrize("kind", ["multipart/signed", "application/pkcs7-mime"])
def test_layers_cannot_be_nested_without_end(ann, bob, kind):
    nest = b"".join(
        b"--b%d\r\nContent-Type: %s; boundary=b%d\r\n\r\n" % (i, kind.encode(), i + 1)
        for i in range(3000)
    )
    bad = unwrap([("Content-Type", f"{kind}; boundary=b0")], nest, bob, ann).bad
    assert bad.detail


def test_two_hundred_thousand_empty_parts_are_refused(ann, bob):
    fields = [("Content-Type", "multipart/mixed; boundary=b")]
    bad = unwrap(fields, b"--b\r\n\r\n" * 200_000 + b"--b--", bob, ann).bad
    assert "more than 100 parts" in bad.detail


def compressed(data: bytes) -> bytes:
    content = tlv(SEQUENCE, alg.DATA, tlv(context(0), tlv(4, data)))
    body = tlv(SEQUENCE, integer(0), tlv(SEQUENCE, alg.ZLIB), content)
    return tlv(SEQUENCE, alg.COMPRESSED, tlv(context(0), body))


CMS = [("Content-Type", "application/pkcs7-mime; smime-type=compressed-data")]


def test_a_compression_bomb_stops_early(ann, bob):
    squeezer = zlib.compressobj(9)
    bomb = squeezer.compress(b"Content-Type: x/y\r\n\r\n")
    bomb += b"".join(squeezer.compress(bytes(1 << 20)) for _ in range(100))
    body = compressed(bomb + squeezer.flush())
    outcome = unwrap(CMS, body, bob, ann)
    assert outcome.bad.disposition == DECOMPRESSION_FAILED
    assert sum(map(len, outcome.payloads)) < 40 << 20


@pytest.mark.parametrize(
    "data",
    [
        zlib.compress(b"Content-Type: x/y\r\n\r\nz")[:-5],
        zlib.compress(b"Content-Type: x/y\r\n\r\nz") + b"more",
        b"no zlib",
        b"",
    ],
)
def test_damaged_compression_is_named(ann, bob, data):
    bad = unwrap(CMS, compressed(data), bob, ann).bad
    assert bad.disposition == DECOMPRESSION_FAILED


def test_compression_twice_and_signing_twice_are_refused(ann, bob):
    inner = b"Content-Type: application/pkcs7-mime\r\n\r\n" + compressed(b"")
    bad = unwrap(CMS, compressed(zlib.compress(inner)), bob, ann).bad
    assert "compressed twice" in bad.detail
    wire = a_wire(b"x", ann)
    [(_, kind)] = wire.built.fields
    nested = a_wire(wire.body, ann, content_type=kind)
    bad = unwrap(nested.fields, nested.body, bob, ann).bad
    assert "signed twice" in bad.detail


def test_encryption_inside_of_a_signature_is_refused(ann, bob):
    wire = a_wire(b"x", ann, bob)
    nested = a_wire(wire.body, ann, content_type="application/pkcs7-mime")
    bad = unwrap(nested.fields, nested.body, bob, ann).bad
    assert "outermost" in bad.detail


def test_garbage_behind_a_decrypted_message_is_the_same_failure(ann, bob):
    signed = a_wire(b"x", ann)
    [(_, kind)] = signed.built.fields
    whole = signed.body + b"garbage"
    wire = a_wire(whole, None, bob, content_type=kind)
    bad = unwrap(wire.fields, wire.body, bob, ann).bad
    assert bad.disposition == DECRYPTION_FAILED
    assert "behind the message" in bad.detail


def test_under_a_tag_the_answer_may_be_exact(ann, bob):
    signed = a_wire(b"x", ann)
    [(_, kind)] = signed.built.fields
    body = signed.body.replace(b"\r\n\r\nx", b"\r\n\r\ny")
    for cipher, disposition in (
        ("aes256-gcm", INTEGRITY_FAILED),
        ("aes256-cbc", DECRYPTION_FAILED),
    ):
        wire = a_wire(body, None, bob, cipher=cipher, content_type=kind)
        bad = unwrap(wire.fields, wire.body, bob, ann).bad
        assert bad.disposition == disposition
        assert "not what was signed" in bad.detail


def test_a_signature_with_no_signer_proves_nothing(ann, bob):
    empty = tlv(
        SEQUENCE,
        alg.SIGNED,
        tlv(
            context(0),
            tlv(SEQUENCE, integer(1), tlv(0x31), tlv(SEQUENCE, alg.DATA), tlv(0x31)),
        ),
    )
    body = (
        b"--O\r\nContent-Type: text/xml\r\n\r\n<a/>\r\n--O\r\n"
        b"Content-Type: application/pkcs7-signature\r\n\r\n" + empty + b"\r\n--O--\r\n"
    )
    fields = [("Content-Type", "multipart/signed; boundary=O")]
    bad = unwrap(fields, body, bob, ann, policy=OPEN).bad
    assert bad.disposition == AUTHENTICATION_FAILED


@pytest.mark.parametrize(
    "tail", [b"--O--", b"--O\r\n\r\n--O--", b"--O\r\n\r\n\r\n--O--"]
)
def test_a_signature_that_is_missing_or_empty_is_refused(ann, bob, tail):
    body = b"--O\r\nContent-Type: text/xml\r\n\r\n<a/>\r\n" + tail
    fields = [("Content-Type", "multipart/signed; boundary=O")]
    assert unwrap(fields, body, bob, ann).bad.detail


def test_a_third_part_is_refused(ann, bob):
    wire = a_wire(b"x", ann)
    [(_, kind)] = wire.built.fields
    boundary = kind.split('boundary="')[1].rstrip('"').encode()
    more = b"\r\n--" + boundary + b"\r\n\r\nmore\r\n--" + boundary + b"--"
    body = wire.body.replace(b"\r\n--" + boundary + b"--", more)
    assert "more than two" in unwrap(wire.fields, body, bob, ann).bad.detail


def test_an_unknown_structure_is_an_unsupported_format(ann, bob):
    body = tlv(SEQUENCE, alg.DATA, tlv(context(0), tlv(4, b"x")))
    bad = unwrap(CMS, body, bob, ann).bad
    assert bad.disposition == UNSUPPORTED_FORMAT
