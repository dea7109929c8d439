"""A partner's certificates: read from what people upload or paste."""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from gateway.core.errors import Invalid

MAX_UPLOAD = 1 << 20
MIN_BITS = 1024
_REMEDY = "Upload or paste it as PEM, DER or P7B."


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a page shows of a certificate; *fingerprint* is SHA-256 as `AB:CD:..`."""

    subject: str
    issuer: str
    serial: str
    not_before: datetime
    not_after: datetime
    fingerprint: str
    bits: int


def facts(certificate: x509.Certificate) -> Facts:
    key = certificate.public_key()
    return Facts(
        subject=certificate.subject.rfc4514_string(),
        issuer=certificate.issuer.rfc4514_string(),
        serial=f"{certificate.serial_number:X}",
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        fingerprint=certificate.fingerprint(SHA256()).hex(":").upper(),
        bits=key.key_size if isinstance(key, RSAPublicKey) else 0,
    )


def parse_certificates(data: bytes) -> Sequence[x509.Certificate]:
    """Return the partner's certificates in PEM, DER or P7B, each once.

    Those that only issued another one of the bundle are left out. Raises Invalid
    saying what is wrong and what to do.
    """
    if len(data) > MAX_UPLOAD:
        raise Invalid(f"The certificate file exceeds {MAX_UPLOAD} bytes. {_REMEDY}")
    if b"PRIVATE KEY-----" in data:
        raise Invalid(
            "This file holds a private key. A partner's private key must stay with the "
            "partner; ask for the certificate alone."
        )
    try:
        found = _load(data)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise Invalid(f"This is no certificate that can be read. {_REMEDY}") from error
    unique = list(dict.fromkeys(found))
    if not unique:
        raise Invalid(f"There is no certificate in this file. {_REMEDY}")
    issuers = {c.issuer for c in unique if c.issuer != c.subject}
    leaves = [c for c in unique if c.subject not in issuers] or unique
    for certificate in leaves:
        _check(certificate)
    return leaves


def to_pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(Encoding.PEM).decode()


def to_der(pem: str) -> bytes:
    """Return the one certificate of a PEM; ValueError if there is none."""
    certificate = x509.load_pem_x509_certificate(pem.encode())
    return certificate.public_bytes(Encoding.DER)


def _load(data: bytes) -> Sequence[x509.Certificate]:
    if b"-----BEGIN PKCS7" in data or b"-----BEGIN CMS" in data:
        text = data.replace(b"-----BEGIN CMS", b"-----BEGIN PKCS7")
        return pkcs7.load_pem_pkcs7_certificates(
            text.replace(b"-----END CMS", b"-----END PKCS7")
        )
    if b"-----BEGIN" in data:
        return x509.load_pem_x509_certificates(data)
    if not data.startswith(b"0"):  # not DER: pasted base64 without its first line
        try:
            data = base64.b64decode(b"".join(data.split()), validate=True)
        except binascii.Error as error:
            raise ValueError("neither PEM nor DER nor base64") from error
    try:
        return [x509.load_der_x509_certificate(data)]
    except ValueError:
        return pkcs7.load_der_pkcs7_certificates(data)


def _check(certificate: x509.Certificate) -> None:
    subject = certificate.subject.rfc4514_string()
    key = certificate.public_key()
    if not isinstance(key, RSAPublicKey):
        raise Invalid(
            f"The certificate {subject!r} has no RSA key. Ask the partner for a "
            "certificate with an RSA key."
        )
    if key.key_size < MIN_BITS:
        raise Invalid(
            f"The key of the certificate {subject!r} has only {key.key_size} bits. Ask "
            "the partner for one of 2048 bits or more."
        )
