from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs7,
)

from certs.identity import KEY_SIZES, Identity, load_identity, make_identity
from gateway.core.errors import Invalid, StorageError

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def identity() -> Identity:
    return make_identity("My Co", NOW, days=30)


def test_an_identity_signs_and_has_keys_encrypted_for_it(identity):
    certificate = identity.certificate
    assert certificate.subject.rfc4514_string() == "CN=My Co"
    assert certificate.issuer == certificate.subject
    assert certificate.not_valid_before_utc == NOW - timedelta(hours=1)
    assert certificate.not_valid_after_utc == NOW + timedelta(days=30)
    usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    assert usage.digital_signature
    assert usage.key_encipherment
    assert not usage.key_cert_sign
    certificate.verify_directly_issued_by(certificate)


def test_it_is_handed_out_in_three_forms(identity):
    assert x509.load_pem_x509_certificate(identity.pem) == identity.certificate
    assert x509.load_der_x509_certificate(identity.der) == identity.certificate
    assert pkcs7.load_der_pkcs7_certificates(identity.p7b) == [identity.certificate]


def test_no_form_and_no_text_holds_the_private_key(identity):
    assert b"PRIVATE" not in identity.pem + identity.der + identity.p7b
    assert "RSAPrivateKey" not in repr(identity)


def test_it_is_loaded_as_it_was_stored(identity):
    again = load_identity(identity.private_der, identity.der)
    assert again.certificate == identity.certificate
    assert again.private_der == identity.private_der


def test_a_stored_key_must_fit_its_certificate(identity):
    other = make_identity("other", NOW)
    with pytest.raises(StorageError, match="belong together"):
        load_identity(other.private_der, identity.der)
    curve = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        Encoding.DER, PrivateFormat.PKCS8, NoEncryption()
    )
    with pytest.raises(StorageError, match="belong together"):
        load_identity(curve, identity.der)
    for damaged in (b"", identity.private_der[:-1]):
        with pytest.raises(StorageError, match="unreadable"):
            load_identity(damaged, identity.der)


@pytest.mark.parametrize("bits", KEY_SIZES[1:])
def test_larger_keys_can_be_made(bits):
    assert make_identity("x", NOW, bits=bits).private_key.key_size == bits


@pytest.mark.parametrize(
    ("bits", "days", "field"),
    [(1024, 10, "keySize"), (2048, 0, "validDays"), (2048, 7301, "validDays")],
)
def test_a_weak_key_or_an_odd_validity_is_refused(bits, days, field):
    with pytest.raises(Invalid) as caught:
        make_identity("x", NOW, bits=bits, days=days)
    assert field in caught.value.data


@pytest.mark.parametrize(
    ("name", "common"), [("ü" * 100, "ü" * 32), ("\n", "Envelope Gateway")]
)
def test_any_name_gives_a_certificate(name, common):
    identity = make_identity(name, NOW)
    [found] = identity.certificate.subject
    assert found.value == common
