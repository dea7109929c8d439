"""Signatures that no good program makes, and some that a few make."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from as2_builders import NOW, Person, a_person
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from as2_server.protocol.ber import context, integer, items, oid, set_of, tlv
from as2_server.protocol.cms import algorithms as alg
from as2_server.protocol.cms.sign import SignWith
from as2_server.protocol.cms.signed import SignedReader, parse_detached
from as2_server.protocol.cms.verify import MissingDigest, UnknownSigner, verify
from as2_server.protocol.digests import STRONGEST_FIRST
from as2_server.protocol.dispositions import (
    AUTHENTICATION_FAILED,
    INTEGRITY_FAILED,
    UNSUPPORTED_FORMAT,
    ProtocolError,
)
from as2_server.protocol.mime import read_fields
from as2_server.protocol.reader import Reader

CONTENT = b"content"
ALL = frozenset(STRONGEST_FIRST)
SHA256 = hashlib.sha256(CONTENT).digest()
DIGESTS = [{"sha256": SHA256}]


@pytest.fixture(scope="module")
def ann() -> Person:
    return a_person("ann")


@pytest.fixture(scope="module")
def eve() -> Person:
    return a_person("eve")


def attribute(kind: bytes, *values: bytes) -> bytes:
    return tlv(0x30, kind, tlv(0x31, *values))


TYPE = attribute(alg.ATTRIBUTE_CONTENT_TYPE, alg.DATA)
DIGEST = attribute(alg.ATTRIBUTE_DIGEST, tlv(4, SHA256))
LONG = attribute(oid("1.2.3"), tlv(0x30, integer(2)), integer(1))


@dataclass
class Signing:
    """A SignerInfo by parts."""

    person: Person
    attributes: tuple[bytes, ...] = (TYPE, DIGEST)
    algorithm: bytes = tlv(0x30, alg.RSA, alg.NULL_ELEMENT)
    sort: bool = True

    def info(self) -> bytes:
        order = sorted(self.attributes) if self.sort else list(self.attributes)
        signature = self.person.key.sign(
            tlv(0x31, *order), padding.PKCS1v15(), hashes.SHA256()
        )
        return tlv(
            0x30,
            integer(1),
            self.person.pair.certificate.issuer_serial,
            alg.hash_identifier("sha256"),
            tlv(context(0), *self.attributes),
            self.algorithm,
            tlv(4, signature),
        )


def wrapped(*infos: bytes, extra: bytes = b"", kind: bytes = alg.DATA) -> bytes:
    digests = tlv(0x31, alg.hash_identifier("sha256"), tlv(0x30, oid("1.2.3")))
    body = tlv(0x30, integer(1), digests, tlv(0x30, kind), extra, tlv(0x31, *infos))
    return tlv(0x30, alg.SIGNED, tlv(context(0), body))


def check(data: bytes, *people: Person, digests=DIGESTS, allowed=ALL):
    pinned = [person.pair.certificate for person in people]
    return verify(parse_detached(data), digests, pinned, allowed)


@pytest.mark.parametrize(
    "signing",
    [
        {},
        {"attributes": (DIGEST, TYPE), "sort": False},
        {"attributes": (TYPE, DIGEST), "sort": False},
        {"attributes": (TYPE, DIGEST, LONG)},
    ],
)
def test_attributes_are_verified_sorted_or_as_they_were_sent(ann, signing):
    found = check(wrapped(Signing(ann, **signing).info()), ann)
    assert found.certificate == ann.pair.certificate
    assert (found.digest, found.variant) == ("sha256", 0)


def test_one_good_signer_of_several_is_enough(ann, eve):
    bad = Signing(ann).info()[:-1] + b"x"
    data = wrapped(Signing(eve).info(), bad, Signing(ann).info())
    assert check(data, ann).certificate == ann.pair.certificate


def test_certificates_and_revocation_lists_beside_are_skipped(ann, eve):
    extra = tlv(context(0), eve.pair.certificate.der) + tlv(context(1), tlv(0x30))
    assert check(wrapped(Signing(ann).info(), extra=extra), ann)


@pytest.mark.parametrize(
    ("attributes", "disposition"),
    [
        ((), INTEGRITY_FAILED),
        ((TYPE,), INTEGRITY_FAILED),
        ((DIGEST,), INTEGRITY_FAILED),
        ((TYPE, attribute(alg.ATTRIBUTE_DIGEST, tlv(4, bytes(32)))), INTEGRITY_FAILED),
        (
            (TYPE, attribute(alg.ATTRIBUTE_DIGEST, tlv(4, SHA256), tlv(4, bytes(32)))),
            INTEGRITY_FAILED,
        ),
        ((attribute(alg.ATTRIBUTE_CONTENT_TYPE, alg.SIGNED), DIGEST), INTEGRITY_FAILED),
    ],
)
def test_incomplete_or_wrong_attributes_are_refused(ann, attributes, disposition):
    with pytest.raises(ProtocolError) as caught:
        check(wrapped(Signing(ann, attributes).info()), ann)
    assert caught.value.disposition == disposition


def test_an_attribute_that_is_there_twice_is_refused(ann):
    other = attribute(alg.ATTRIBUTE_DIGEST, tlv(4, bytes(32)))
    with pytest.raises(ProtocolError, match="twice"):
        check(wrapped(Signing(ann, (TYPE, DIGEST, other)).info()), ann)


def test_attributes_cannot_be_passed_off_as_content(ann):
    """A signature over attributes fits a content of these bytes, which is no MIME."""
    attributes = set_of(TYPE, DIGEST)
    info = items(Signing(ann).info())[0].items()
    bare = tlv(0x30, *(item.whole for item in info if item.tag != context(0)))
    digest = hashlib.sha256(attributes).digest()
    found = check(wrapped(bare), ann, digests=[{"sha256": digest}])
    assert found.variant == 0
    with pytest.raises(ProtocolError, match="no header field"):
        read_fields(Reader((attributes,)))


@pytest.mark.parametrize("algorithm", [oid("1.2.3"), alg.OAEP])
def test_an_unknown_signature_algorithm_is_an_unsupported_format(ann, algorithm):
    with pytest.raises(ProtocolError) as caught:
        check(wrapped(Signing(ann, algorithm=tlv(0x30, algorithm)).info()), ann)
    assert caught.value.disposition == UNSUPPORTED_FORMAT


@pytest.mark.parametrize(
    "parameters",
    [
        b"",
        tlv(0x30, tlv(context(0), tlv(0x30, oid("1.2.3")))),
        tlv(0x30, tlv(context(1), tlv(0x30, oid("1.2.3")))),
        tlv(0x30, tlv(context(1), tlv(0x30, alg.MGF1))),
        tlv(0x30, tlv(context(2), integer(1 << 80))),
        tlv(0x30, tlv(context(2), integer(1), integer(1))),
    ],
)
def test_odd_parameters_of_pss_are_refused(ann, parameters):
    with pytest.raises(ProtocolError):
        check(
            wrapped(Signing(ann, algorithm=tlv(0x30, alg.PSS, parameters)).info()), ann
        )


def test_a_named_digest_of_the_signature_counts(ann):
    right = tlv(0x30, oid("1.2.840.113549.1.1.11"))
    assert check(wrapped(Signing(ann, algorithm=right).info()), ann)
    wrong = tlv(0x30, oid("1.2.840.113549.1.1.5"))
    with pytest.raises(ProtocolError, match="signature is wrong"):
        check(wrapped(Signing(ann, algorithm=wrong).info()), ann)


def test_a_digest_that_was_not_computed_is_asked_for(ann):
    with pytest.raises(MissingDigest) as caught:
        check(wrapped(Signing(ann).info()), ann, digests=[{"sha1": b""}])
    assert caught.value.digest == "sha256"


@pytest.mark.parametrize("brought", [True, False])
def test_a_stranger_is_genuine_if_he_brings_his_certificate(ann, eve, brought):
    extra = tlv(context(0), eve.pair.certificate.der) if brought else b""
    with pytest.raises(UnknownSigner) as caught:
        check(wrapped(Signing(eve).info(), extra=extra), ann)
    assert caught.value.genuine == brought
    assert caught.value.disposition == AUTHENTICATION_FAILED


def test_a_stranger_with_garbage_for_a_certificate_is_not_genuine(ann, eve):
    extra = tlv(context(0), tlv(0x30, integer(1)), ann.pair.certificate.der)
    with pytest.raises(UnknownSigner) as caught:
        check(wrapped(Signing(eve).info(), extra=extra), ann)
    assert not caught.value.genuine


def test_strangers_cannot_have_us_compute_for_long(ann, eve, monkeypatch):
    """Else 270 KB of large keys keep a processor busy for a minute."""
    tried = []
    monkeypatch.setattr("as2_server.protocol.cms.verify._fits", _noting(tried))
    extra = tlv(context(0), *[eve.pair.certificate.der] * 50)
    with pytest.raises(UnknownSigner):
        check(wrapped(*[Signing(eve).info()] * 16, extra=extra), ann)
    assert 0 < len(tried) <= 4 * 3  # signers, encodings


def _noting(tried):
    def fits(*args, **_):
        tried.append(args)
        return False

    return fits


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "empty"),
        (tlv(0x30, alg.ENVELOPED), "no SignedData"),
        (wrapped(kind=alg.SIGNED), "not of type data"),
        (wrapped(extra=integer(1)), "not built"),
        (wrapped(tlv(0x30, integer(1))), "incomplete"),
        (wrapped(*[tlv(0x30)] * 17), "more than 16"),
        (wrapped(tlv(0x30, *[tlv(0x30, alg.HASH_OID["sha256"])] * 5)), "in place of"),
        (
            wrapped(
                tlv(
                    0x30,
                    integer(1),
                    integer(1),
                    alg.hash_identifier("sha256"),
                    tlv(context(0)),
                    tlv(0x30, alg.RSA),
                )
            ),
            "incomplete",
        ),
    ],
)
def test_an_odd_structure_is_named(ann, data, message):
    with pytest.raises(ProtocolError, match=message):
        check(data, ann)


def test_a_detached_signature_has_no_content_of_its_own(ann):
    content = tlv(0x30, alg.DATA, tlv(context(0), tlv(4, b"x")))
    body = tlv(0x30, integer(1), tlv(0x31), content, tlv(0x31))
    data = tlv(0x30, alg.SIGNED, tlv(context(0), body))
    with pytest.raises(ProtocolError, match="content of its own"):
        parse_detached(data)
    reader = SignedReader(Reader((data,)))
    assert b"".join(reader.content()) == b"x"
    assert reader.signatures().signers == []


@pytest.mark.parametrize("year", [2026, 2049, 2050, 2120])
@pytest.mark.parametrize("pss", [False, True])
def test_what_we_sign_is_verified_and_as_long_as_announced(ann, year, pss):
    sign = SignWith(ann.pair, "sha256", datetime(year, 1, 1, tzinfo=UTC), pss)
    data = sign.detached(SHA256)
    assert len(data) == sign.size()
    assert check(data, ann).certificate == ann.pair.certificate


def test_a_digest_below_policy_is_refused(ann):
    with pytest.raises(ProtocolError, match="not allowed"):
        check(
            SignWith(ann.pair, "sha256", NOW).detached(SHA256),
            ann,
            allowed=ALL - {"sha256"},
        )
