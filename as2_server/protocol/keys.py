"""Certificates and keys in the form in which CMS looks for them."""

import hashlib
from dataclasses import dataclass

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding, load_der_public_key

from as2_server.protocol.ber import (
    INTEGER,
    OCTETS,
    SEQUENCE,
    Item,
    context,
    items,
    oid,
    tlv,
)
from as2_server.protocol.dispositions import ProtocolError
from gateway.core.errors import Invalid

_KEY_IDENTIFIER = oid("2.5.29.14")


@dataclass(frozen=True, slots=True)
class Certificate:
    """An RSA certificate as CMS sees it.

    *issuer_serial* is the encoded IssuerAndSerialNumber, *key_id* the subject key
    identifier.
    """

    der: bytes
    issuer_serial: bytes
    key_id: bytes
    public_key: RSAPublicKey

    @classmethod
    def of(cls, certificate: x509.Certificate) -> "Certificate":
        """Take a loaded certificate; Invalid if its key is not RSA."""
        try:
            return cls.parse(certificate.public_bytes(Encoding.DER))
        except ProtocolError as error:
            raise Invalid(f"The certificate cannot be used. {error.message}") from error

    @classmethod
    def parse(cls, der: bytes) -> "Certificate":
        """Read only what CMS needs; ProtocolError if that is not there."""
        whole = items(der, 1)[0].expect(SEQUENCE)
        body = whole.items(1)[0].expect(SEQUENCE).items()
        if body and body[0].tag == context(0):
            del body[0]
        if len(body) < 6:  # noqa: PLR2004 - RFC 5280 section 4.1: serial ... key
            raise ProtocolError("A certificate is incomplete.")
        serial, _, issuer, _, _, key = body[:6]
        name = tlv(SEQUENCE, issuer.whole, serial.expect(INTEGER).whole)
        key_id = _key_id(body[6:]) or _hashed(key)
        return cls(der, name, key_id, _rsa(key))

    def named_by(self, identifier: Item) -> bool:
        """Whether a SignerIdentifier or RecipientIdentifier means this certificate."""
        if identifier.tag == SEQUENCE:
            return identifier.whole == self.issuer_serial
        return identifier.tag & 0xDF == context(0, constructed=False) and (
            self.key_id in {identifier.body, identifier.body[2:]}
        )


@dataclass(frozen=True, slots=True)
class KeyPair:
    """One of our own certificates with its private key."""

    certificate: Certificate
    private_key: RSAPrivateKey

    @classmethod
    def of(cls, certificate: x509.Certificate, private_key: RSAPrivateKey) -> "KeyPair":
        return cls(Certificate.of(certificate), private_key)


def _rsa(key: Item) -> RSAPublicKey:
    try:
        loaded = load_der_public_key(key.whole)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise ProtocolError("A certificate's key is unreadable.") from error
    if not isinstance(loaded, RSAPublicKey):
        raise ProtocolError("A certificate's key is not RSA.")
    return loaded


def _hashed(key: Item) -> bytes:
    """Return the usual identifier (RFC 5280 section 4.2.1.2, method 1)."""
    bits = key.items(1)[-1].body[1:]
    return hashlib.sha1(bits, usedforsecurity=False).digest()


def _key_id(rest: list[Item]) -> bytes:
    """Find the extension SubjectKeyIdentifier; empty if there is none."""
    for part in rest:
        if part.tag != context(3):
            continue
        for extension in part.items(1)[0].items():
            fields = extension.items()
            if fields and fields[0].whole == _KEY_IDENTIFIER:
                return items(fields[-1].body, 1)[0].expect(OCTETS).body
    return b""
