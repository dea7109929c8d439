"""The self key and certificate of a mailbox on AS2: made, loaded, handed out."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import (
    RSAPrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
    pkcs7,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from gateway.core.errors import Invalid, StorageError

KEY_SIZES = (2048, 3072, 4096)
MAX_DAYS = 7300
SKEW = timedelta(hours=1)
"""For partners whose clock is a little behind."""

_COMMON_NAME_MAX = 64  # bytes; RFC 5280 appendix A


@dataclass(frozen=True, slots=True)
class Identity:
    """A private key and its self-signed certificate."""

    private_key: RSAPrivateKey = field(repr=False)
    certificate: x509.Certificate

    @property
    def private_der(self) -> bytes:
        """The private key as PKCS #8, for the vault only."""
        return self.private_key.private_bytes(
            Encoding.DER, PrivateFormat.PKCS8, NoEncryption()
        )

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def p7b(self) -> bytes:
        """The certificate in a PKCS #7 bundle (DER), as Windows imports it."""
        return pkcs7.serialize_certificates([self.certificate], Encoding.DER)


def make_identity(
    name: str, now: datetime, *, bits: int = 2048, days: int = 1825
) -> Identity:
    """Make a key and a certificate for the AS2 name; takes a second of CPU or more.

    Raises Invalid when size or validity are not allowed.
    """
    if bits not in KEY_SIZES:
        raise Invalid(
            f"The key has {bits} bits; allowed are 2048, 3072 and 4096.",
            data={"keySize": "2048, 3072 or 4096"},
        )
    if not 1 <= days <= MAX_DAYS:
        raise Invalid(
            f"The certificate is valid for {days} days; allowed are 1 to {MAX_DAYS}.",
            data={"validDays": f"1 to {MAX_DAYS}"},
        )
    key = generate_private_key(65537, bits)
    return Identity(key, _certificate(name, key, now, timedelta(days=days)))


def load_identity(private_der: bytes, certificate_der: bytes) -> Identity:
    """Return what was stored; StorageError if the two do not belong together."""
    try:
        key = load_der_private_key(private_der, password=None)
        certificate = x509.load_der_x509_certificate(certificate_der)
        same = key.public_key() == certificate.public_key()
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise StorageError(f"a stored AS2 key is unreadable: {error}") from error
    if not isinstance(key, RSAPrivateKey) or not same:
        raise StorageError("a stored AS2 key and certificate do not belong together")
    return Identity(key, certificate)


def _certificate(
    name: str, key: RSAPrivateKey, now: datetime, life: timedelta
) -> x509.Certificate:
    printable = "".join(c for c in name if c.isprintable())
    common = printable.encode()[:_COMMON_NAME_MAX].decode(errors="ignore")
    subject = x509.Name(
        [x509.NameAttribute(NameOID.COMMON_NAME, common or "Envelope Gateway")]
    )
    public = key.public_key()
    key_id = x509.SubjectKeyIdentifier.from_public_key(public)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - SKEW)
        .not_valid_after(now + life)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(), critical=True)
        .add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]),
            critical=False,
        )
        .add_extension(key_id, critical=False)
        .sign(key, SHA256())
    )


def _usage() -> x509.KeyUsage:
    """Signs messages, and keys are encrypted for it; nothing else."""
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=True,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
