import base64
import re
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs7,
)
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from certs.identity import make_identity
from certs.partner import facts, parse_certificates, to_pem
from gateway.core.errors import Invalid

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def one():
    return make_identity("one", NOW).certificate


@pytest.fixture(scope="module")
def two():
    return make_identity("two", NOW).certificate


def named(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def issued(subject: str, public, issuer: str, key) -> x509.Certificate:
    return (
        x509.CertificateBuilder()
        .subject_name(named(subject))
        .issuer_name(named(issuer))
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW)
        .not_valid_after(NOW + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )


def test_every_form_is_read(one):
    der = one.public_bytes(Encoding.DER)
    bundle = pkcs7.serialize_certificates([one], Encoding.DER)
    pem_bundle = pkcs7.serialize_certificates([one], Encoding.PEM)
    forms = [
        der,
        one.public_bytes(Encoding.PEM),
        b"Bag Attributes\r\n" + one.public_bytes(Encoding.PEM),
        bundle,
        pem_bundle,
        pem_bundle.replace(b"PKCS7", b"CMS"),
        base64.encodebytes(der),
        base64.encodebytes(bundle),
    ]
    for form in forms:
        assert list(parse_certificates(form)) == [one]
    assert to_pem(one).startswith("-----BEGIN CERTIFICATE-----")


def test_old_and_new_are_read_together_each_once(one, two):
    text = to_pem(one) + to_pem(two) + to_pem(one)
    assert list(parse_certificates(text.encode())) == [one, two]


def test_the_issuer_in_a_bundle_is_not_the_partners_certificate():
    root = rsa.generate_private_key(65537, 2048)
    authority = issued("root", root.public_key(), "root", root)
    leaf = issued("leaf", root.public_key(), "root", root)
    bundle = pkcs7.serialize_certificates([authority, leaf], Encoding.DER)
    assert list(parse_certificates(bundle)) == [leaf]


def test_the_facts_are_those_that_a_page_shows(one):
    found = facts(one)
    assert found.subject == found.issuer == "CN=one"
    assert found.not_after == NOW + timedelta(days=1825)
    assert re.fullmatch("([0-9A-F]{2}:){31}[0-9A-F]{2}", found.fingerprint)
    assert found.bits == 2048
    assert int(found.serial, 16) == one.serial_number


def test_a_private_key_is_sent_back_with_a_warning():
    key = rsa.generate_private_key(65537, 2048).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    with pytest.raises(Invalid, match="private key must stay"):
        parse_certificates(key)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"hello",
        b"0\x03abc",
        b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        b"-----BEGIN PKCS7-----\nAAAA\n-----END PKCS7-----\n",
        b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
    ],
)
def test_what_is_no_certificate_is_refused_with_a_remedy(data):
    with pytest.raises(Invalid, match="PEM, DER or P7B"):
        parse_certificates(data)


def test_a_huge_file_is_refused():
    with pytest.raises(Invalid, match="exceeds"):
        parse_certificates(bytes(2 << 20))


def test_a_certificate_must_have_an_rsa_key_of_some_strength():
    curve = ec.generate_private_key(ec.SECP256R1())
    certificate = issued("x", curve.public_key(), "x", curve)
    assert facts(certificate).bits == 0
    with pytest.raises(Invalid, match="no RSA key"):
        parse_certificates(certificate.public_bytes(Encoding.DER))


@given(st.binary(max_size=200), st.sampled_from([b"", b"0\x82", b"-----BEGIN "]))
def test_any_file_is_read_or_refused(data, start):
    with pytest.raises(Invalid):
        parse_certificates(start + data)
