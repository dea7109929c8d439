"""The MDN we make and the MDN we judge."""

import random
from dataclasses import replace

import pytest
from as2_builders import NOW, Person, a_wire
from hypothesis import given
from hypothesis import strategies as st

from as2_server.protocol.ber import SEQUENCE, SET, context, integer, tlv
from as2_server.protocol.cms import algorithms as alg
from as2_server.protocol.cms.sign import SignWith
from as2_server.protocol.digests import Mic, new
from as2_server.protocol.dispositions import (
    AUTHENTICATION_FAILED,
    DECOMPRESSION_FAILED,
    DECRYPTION_FAILED,
    DUPLICATE,
    INSUFFICIENT_SECURITY,
    INTEGRITY_FAILED,
    PROCESSED,
    UNEXPECTED_ERROR,
    UNSUPPORTED_FORMAT,
    UNSUPPORTED_MIC,
    Disposition,
    ProtocolError,
)
from as2_server.protocol.headers import As2Id
from as2_server.protocol.mdn import Mdn, Report, build_mdn
from as2_server.protocol.mime import base64_lines
from as2_server.protocol.verdict import (
    Confirmed,
    Denied,
    Expected,
    Unproven,
    judge,
    original_message_id,
)

MIC = Mic("sha256", b"m" * 32, "sha-256")
NEGATIVE = [
    AUTHENTICATION_FAILED,
    DECOMPRESSION_FAILED,
    DECRYPTION_FAILED,
    INSUFFICIENT_SECURITY,
    INTEGRITY_FAILED,
    UNEXPECTED_ERROR,
    UNSUPPORTED_FORMAT,
    UNSUPPORTED_MIC,
]


def a_report(disposition: Disposition = PROCESSED, mic: Mic | None = MIC) -> Report:
    """Bob's answer to a message of Ann's."""
    return Report(
        disposition=disposition,
        original="<1@ann>",
        message_id="<2@bob>",
        sender=As2Id("Bob Ltd"),
        receiver=As2Id("ann"),
        date=NOW,
        mic=mic,
    )


def an_mdn(report: Report, signer: Person | None, digest: str = "sha256") -> Mdn:
    return build_mdn(report, SignWith(signer.pair, digest, NOW) if signer else None)


@pytest.fixture
def expected(bob) -> Expected:
    return Expected(
        message_id="1@ann",
        sender=As2Id("ann"),
        receiver=As2Id("Bob Ltd"),
        mic=Mic("sha256", b"m" * 32),
        signed=True,
        certificates=[bob.pair.certificate],
    )


@pytest.mark.parametrize("digest", ["md5", "sha1", "sha256", "sha384", "sha512"])
def test_a_signed_mdn_confirms(bob, expected, digest):
    mdn = an_mdn(a_report(), bob, digest)
    verdict = judge(mdn.fields, mdn.body, expected)
    assert verdict == Confirmed(PROCESSED, bob.pair.certificate)
    assert original_message_id(mdn.fields, mdn.body) == "<1@ann>"


def test_a_duplicate_is_a_confirmation_with_a_warning(bob, expected):
    mdn = an_mdn(a_report(DUPLICATE), bob)
    assert judge(mdn.fields, mdn.body, expected) == Confirmed(
        DUPLICATE, bob.pair.certificate
    )


def test_an_unsigned_mdn_confirms_only_if_that_was_asked_for(expected):
    mdn = an_mdn(a_report(), None)
    assert original_message_id(mdn.fields, mdn.body) == "<1@ann>"
    verdict = judge(mdn.fields, mdn.body, replace(expected, signed=False))
    assert verdict == Confirmed(PROCESSED, None)
    verdict = judge(mdn.fields, mdn.body, expected)
    assert isinstance(verdict, Unproven)
    assert "not signed" in verdict.detail


@pytest.mark.parametrize("disposition", NEGATIVE, ids=lambda d: d.detail)
@pytest.mark.parametrize("signed", [False, True])
def test_a_negative_mdn_denies(bob, expected, disposition, signed):
    report = replace(a_report(disposition, None), text="Call us.")
    mdn = an_mdn(report, bob if signed else None)
    verdict = judge(mdn.fields, mdn.body, expected)
    assert verdict == Denied(disposition, "Call us.", proven=signed)


@pytest.mark.parametrize(
    ("report", "detail"),
    [
        (replace(a_report(), original="<3@ann>"), "another message"),
        (replace(a_report(), sender=As2Id("bob ltd")), "AS2-From"),
        (replace(a_report(), receiver=As2Id("eve")), "AS2-To"),
        (a_report(mic=None), "no Received-Content-MIC"),
        (a_report(mic=Mic("sha256", b"x" * 32)), "something else"),
        (a_report(mic=Mic("sha1", b"m" * 32)), "something else"),
        (replace(a_report(), disposition=Disposition("")), "unreadable"),
    ],
)
def test_what_does_not_fit_proves_nothing(bob, expected, report, detail):
    mdn = an_mdn(report, bob)
    verdict = judge(mdn.fields, mdn.body, expected)
    assert isinstance(verdict, Unproven)
    assert detail in verdict.detail


def test_a_missing_mic_is_let_pass_only_when_the_sender_says_so(bob, expected):
    mdn = an_mdn(a_report(mic=None), bob)
    lenient = replace(expected, mic_required=False)
    assert isinstance(judge(mdn.fields, mdn.body, lenient), Confirmed)
    other = an_mdn(a_report(mic=Mic("sha256", b"x" * 32)), bob)
    assert isinstance(judge(other.fields, other.body, lenient), Unproven)


def test_a_name_that_was_quoted_twice_is_known(bob, expected):
    mdn = an_mdn(replace(a_report(), sender=As2Id('"Bob Ltd"')), bob)
    assert isinstance(judge(mdn.fields, mdn.body, expected), Confirmed)


def test_names_that_are_swapped_prove_nothing(bob, expected):
    mdn = an_mdn(a_report(), bob)
    swapped = replace(expected, sender=expected.receiver, receiver=expected.sender)
    assert isinstance(judge(mdn.fields, mdn.body, swapped), Unproven)


def test_a_strangers_signature_proves_nothing(eve, expected):
    mdn = an_mdn(a_report(), eve)
    verdict = judge(mdn.fields, mdn.body, expected)
    assert isinstance(verdict, Unproven)
    assert "partner's certificates" in verdict.detail


def test_a_digest_that_is_not_allowed_proves_nothing(bob, expected):
    mdn = an_mdn(a_report(), bob, "md5")
    strict = replace(expected, digests=frozenset({"sha256"}))
    assert isinstance(judge(mdn.fields, mdn.body, strict), Unproven)


def an_envelope(parts: list[bytes], signature: bytes) -> tuple[list, bytes]:
    body = b"".join(b"--O\r\n" + part + b"\r\n" for part in parts)
    body += b"--O\r\nContent-Type: application/pkcs7-signature\r\n"
    body += b"Content-Transfer-Encoding: base64\r\n\r\n"
    fields = [
        ("AS2-From", '"Bob Ltd"'),
        ("AS2-To", "ann"),
        ("Content-Type", "multipart/signed; boundary=O"),
    ]
    return fields, body + base64_lines(signature) + b"\r\n--O--\r\n"


def a_part(mdn: Mdn) -> bytes:
    return (
        f"Content-Type: {dict(mdn.fields)['Content-Type']}\r\n\r\n".encode() + mdn.body
    )


def test_a_signature_without_signers_proves_nothing(expected):
    nobody = tlv(SEQUENCE, integer(1), tlv(SET), tlv(SEQUENCE, alg.DATA), tlv(SET))
    signature = tlv(SEQUENCE, alg.SIGNED, tlv(context(0), nobody))
    report = a_part(an_mdn(a_report(), None))
    verdict = judge(*an_envelope([report], signature), expected)
    assert isinstance(verdict, Unproven)


def test_a_signature_over_something_else_proves_nothing(bob, expected):
    """An old document that the partner did sign, and a forged report beside it."""
    old = b"Content-Type: application/edi-x12\r\n\r\nan old invoice"
    digest = new("sha256")
    digest.update(old)
    signature = SignWith(bob.pair, "sha256", NOW).detached(digest.digest())
    report = a_part(an_mdn(a_report(), None))
    for parts in ([old, report], [report, old], [report]):
        verdict = judge(*an_envelope(parts, signature), expected)
        assert isinstance(verdict, Unproven)


def test_a_signed_document_is_no_mdn(bob, expected):
    wire = a_wire(b"x", bob)
    fields = [("AS2-From", '"Bob Ltd"'), ("AS2-To", "ann"), *wire.built.fields]
    verdict = judge(fields, wire.body, expected)
    assert isinstance(verdict, Unproven)
    assert "no multipart/report" in verdict.detail


REPORT = "multipart/report; report-type=disposition-notification; boundary=R"


def a_plain_mdn(*notifications: bytes) -> tuple[list[tuple[str, str]], bytes]:
    parts = [
        b"--R\r\nContent-Type: message/disposition-notification\r\n\r\n" + text
        for text in notifications
    ]
    fields = [("as2-from", "Bob Ltd"), ("as2-to", "ann"), ("content-type", REPORT)]
    return fields, b"\r\n".join([*parts, b"--R--"])


@pytest.mark.parametrize("count", [0, 2, 30])
def test_there_must_be_one_notification(expected, count):
    text = b"Original-Message-ID: <1@ann>\r\nDisposition: a/b; processed\r\n"
    verdict = judge(*a_plain_mdn(*[text] * count), expected)
    assert isinstance(verdict, Unproven)
    assert "exactly one" in verdict.detail


def test_odd_spacing_is_understood(expected):
    text = (
        b"Reporting-UA: x\r\n\r\noriginal-message-id:<1@ann>\r\n"
        b"Disposition:\tautomatic-action / MDN-sent-automatically;processed\r\n"
        b"Received-content-MIC: "
        b"bW1tbW1tbW1tbW1tbW1tbW1tbW1tbW1tbW1tbW1tbW0=,SHA-256\r\n"
    )
    verdict = judge(*a_plain_mdn(text), replace(expected, signed=False))
    assert verdict == Confirmed(PROCESSED, None)


@pytest.mark.parametrize(
    ("text", "disposition", "positive"),
    [
        ("a/b; processed", Disposition("processed"), True),
        ("a/b;Processed/Warning:  duplicate-document", DUPLICATE, True),
        ("a/b; processed/error:\tauthentication-failed", AUTHENTICATION_FAILED, False),
        (
            "a/b; processed / Error : x  y",
            Disposition("processed", "error", "x y"),
            False,
        ),
        ("a/b; failed/Failure: unsupported format", UNSUPPORTED_FORMAT, False),
        ("a/b; failed", Disposition("failed"), False),
        ("a/b; processed/error", Disposition("processed", "error"), False),
    ],
)
def test_dispositions_are_read(text, disposition, positive):
    assert Disposition.parse(text) == disposition
    assert disposition.positive == positive
    assert Disposition.parse(disposition.text) == disposition


@pytest.mark.parametrize("text", ["", "processed", "a/b;", "a/b; processed, error"])
def test_an_unreadable_disposition_is_refused(text):
    with pytest.raises(ProtocolError, match="unreadable"):
        Disposition.parse(text)


def test_an_answer_that_is_no_mdn_names_no_message():
    for fields in ([], [("Content-Type", "text/html")]):
        with pytest.raises(ProtocolError, match="not an MDN"):
            original_message_id(fields, b"<html>")
    with pytest.raises(ProtocolError, match="names no"):
        original_message_id(*a_plain_mdn(b"Disposition: a/b; processed\r\n"))


def test_an_mdn_that_is_too_large_proves_nothing(expected):
    fields, _ = a_plain_mdn()
    assert isinstance(judge(fields, bytes(5 << 20), expected), Unproven)


def test_no_flipped_bit_of_a_signed_mdn_changes_what_it_says(bob, expected, flips):
    mdn = an_mdn(a_report(), bob)
    chance = random.Random(1)  # noqa: S311 - not a secret
    good = judge(mdn.fields, mdn.body, expected)
    for _ in range(flips):
        body = bytearray(mdn.body)
        body[chance.randrange(len(body))] ^= 1 << chance.randrange(8)
        verdict = judge(mdn.fields, bytes(body), expected)
        assert verdict == good or isinstance(verdict, Unproven)


def test_no_truncated_mdn_confirms(bob, expected):
    mdn = an_mdn(a_report(), bob)
    for end in range(0, len(mdn.body) - 10, 7):
        assert not isinstance(judge(mdn.fields, mdn.body[:end], expected), Confirmed)


PIECES = st.sampled_from([
    b"--O\r\n", b"\r\n--O--", b"--R\r\n", b"\r\n--R--", b"\r\n\r\n", b"0\x80",
    b"Content-Type: multipart/report; boundary=R\r\n\r\n",
    b"Content-Type: message/disposition-notification\r\n\r\n",
    b"Content-Type: application/pkcs7-signature\r\n\r\n",
    b"Original-Message-ID: <1@ann>\r\n", b"Disposition: a/b; processed\r\n",
])  # fmt: skip


@given(
    st.sampled_from(["multipart/signed; boundary=O", REPORT, "text/plain"]),
    st.lists(st.one_of(PIECES, st.binary(max_size=30)), max_size=14),
)
def test_any_answer_is_judged(content_type, pieces):
    expected = Expected(
        message_id="1@ann",
        sender=As2Id("ann"),
        receiver=As2Id("Bob Ltd"),
        mic=MIC,
        signed=True,
        certificates=[],
    )
    fields = [
        ("AS2-From", "Bob Ltd"),
        ("AS2-To", "ann"),
        ("Content-Type", content_type),
    ]
    assert not isinstance(judge(fields, b"".join(pieces), expected), Confirmed)


def test_the_mdn_repeats_ids_without_breaking_out_of_their_lines(bob):
    mdn = an_mdn(replace(a_report(), original="<1@ann> Disposition: x"), bob)
    assert b"\r\nDisposition: x" not in mdn.body
    assert dict(mdn.fields)["AS2-From"] == '"Bob Ltd"'
