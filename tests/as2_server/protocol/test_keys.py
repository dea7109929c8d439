from datetime import timedelta

import pytest
from as2_builders import NOW
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from as2_server.protocol.ber import integer, items, tlv
from as2_server.protocol.dispositions import ProtocolError
from as2_server.protocol.keys import Certificate
from gateway.core.errors import Invalid


def plain(key) -> x509.Certificate:
    """Make a certificate without any extension."""
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([]))
        .issuer_name(x509.Name([]))
        .public_key(key.public_key())
        .serial_number(200)
        .not_valid_before(NOW)
        .not_valid_after(NOW + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )


def test_a_certificate_is_named_by_serial_or_key_identifier(ann, bob):
    one, two = ann.pair.certificate, bob.pair.certificate
    [by_serial] = items(one.issuer_serial)
    assert one.named_by(by_serial)
    assert not two.named_by(by_serial)
    for tag, wrap in ((0x80, bytes), (0xA0, lambda key_id: tlv(4, key_id))):
        [by_key] = items(tlv(tag, wrap(one.key_id)))
        assert one.named_by(by_key)
        assert not two.named_by(by_key)
    assert not one.named_by(items(integer(1))[0])


def test_a_certificate_without_extensions_gets_the_usual_identifier(ann):
    found = Certificate.of(plain(ann.key))
    digest = x509.SubjectKeyIdentifier.from_public_key(ann.key.public_key()).digest
    assert found.key_id == digest
    assert found.public_key == ann.key.public_key()


def test_a_key_that_is_not_rsa_is_refused():
    with pytest.raises(Invalid, match="not RSA"):
        Certificate.of(plain(ec.generate_private_key(ec.SECP256R1())))


@pytest.mark.parametrize("bad", [b"", b"0\0", tlv(0x30, tlv(0x30, integer(1)))])
def test_what_is_no_certificate_is_refused(bad):
    with pytest.raises(ProtocolError):
        Certificate.parse(bad)


@given(st.data())
def test_a_damaged_certificate_is_read_or_refused(certificate, data):
    encoded = bytearray(certificate)
    at = data.draw(st.integers(0, len(encoded) - 1))
    encoded[at] ^= data.draw(st.integers(1, 255))
    try:
        Certificate.parse(bytes(encoded))
    except ProtocolError:
        return


@pytest.fixture(scope="session")
def certificate(ann) -> bytes:
    return ann.certificate.public_bytes(Encoding.DER)
