"""The admin listener's TLS: a self-signed certificate, or the operator's files."""

import ipaddress
import ssl
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from certs.files import read_private, write_private
from gateway.core.errors import ConfigError

LIFE = timedelta(days=825)  # what browsers accept at most of a private issuer
RENEW = timedelta(days=30)
SKEW = timedelta(hours=1)  # for clients whose clock is a little behind
COMMON_NAME_MAX = 64  # RFC 5280 appendix A


def self_signed(path: Path, public_host: str, now: datetime) -> Path:
    """Return `path` with a key and a certificate for `public_host` in it (PEM).

    Made when missing, when the name has changed or when less than 30 days are left.
    Raises ConfigError naming the file.
    """
    names = list(dict.fromkeys([public_host, "localhost", "127.0.0.1"]))
    data = read_private(path)
    if data is None or not _good(path, data, names, now):
        write_private(path, _new(names, now))
    return path


def server_context(cert: Path, key: Path | None = None) -> ssl.SSLContext:
    """Return a context of TLS 1.2 and later; without `key` it is in `cert` too.

    Raises ConfigError naming the files.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(cert, key, password=_no_password)
    except (OSError, ValueError) as error:  # SSLError is an OSError
        where = f"{cert} and {key}" if key else str(cert)
        reason = getattr(error, "reason", None) or getattr(error, "strerror", None)
        raise ConfigError(
            f"certificate and key in {where} cannot be used ({reason or error}); both "
            "must be PEM, belong together, and the key must have no password"
        ) from error
    return context


def certificate(cert: Path) -> x509.Certificate:
    """Return the first certificate of a PEM file; ConfigError naming the file."""
    try:
        return x509.load_pem_x509_certificate(cert.read_bytes())
    except OSError as error:
        raise ConfigError(f"{cert} could not be read: {error.strerror}") from error
    except ValueError as error:
        raise ConfigError(f"{cert} holds no certificate in PEM format") from error


def _no_password() -> str:
    raise ValueError("the key has a password")


def _good(path: Path, data: bytes, names: Sequence[str], now: datetime) -> bool:
    try:
        found = x509.load_pem_x509_certificate(data)
        extension = found.extensions.get_extension_for_class(
            x509.SubjectAlternativeName
        )
    except (ValueError, x509.ExtensionNotFound) as error:
        raise ConfigError(
            f"{path} is damaged; remove it to have a new certificate made"
        ) from error
    same = list(extension.value) == [_general(name) for name in names]
    return same and found.not_valid_after_utc - now >= RENEW


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        pass
    try:
        if not name:
            raise ValueError("empty")
        return x509.DNSName(name.encode("idna").decode())
    except ValueError as error:
        raise ConfigError(
            f"public_host {name!r} is neither a host name nor an address"
        ) from error


def _new(names: Sequence[str], now: datetime) -> bytes:
    general = [_general(name) for name in names]
    key = ec.generate_private_key(ec.SECP256R1())
    common = str(general[0].value)[:COMMON_NAME_MAX]
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - SKEW)
        .not_valid_after(now - SKEW + LIFE)
        .add_extension(x509.SubjectAlternativeName(general), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False
        )
        .sign(key, SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return private + made.public_bytes(Encoding.PEM)
