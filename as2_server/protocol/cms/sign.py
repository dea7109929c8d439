"""A detached SignedData, made (RFC 5652 section 5, RFC 4056 for PSS)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography.hazmat.primitives.asymmetric import padding

from as2_server.protocol.ber import (
    OCTETS,
    SEQUENCE,
    SET,
    UTC_TIME,
    context,
    integer,
    tlv,
)
from as2_server.protocol.cms import algorithms as alg
from as2_server.protocol.keys import KeyPair

_GENERALIZED_TIME = 0x18
_UTC_TIME_ENDS = 2050


@dataclass(frozen=True, slots=True)
class SignWith:
    """Our key, the digest's name, PSS in place of PKCS #1 v1.5, the time of signing."""

    key: KeyPair
    digest: str
    now: datetime
    pss: bool = False

    def detached(self, digest: bytes) -> bytes:
        """Make the SignedData over a content with this digest."""
        attributes = self._attributes(digest)
        return self._wrapped(attributes, self._signature(tlv(SET, *attributes)))

    def size(self) -> int:
        """Return how many bytes detached() will have."""
        digest = bytes(alg.hash_algorithm(self.digest).digest_size)
        signature = bytes((self.key.certificate.public_key.key_size + 7) // 8)
        return len(self._wrapped(self._attributes(digest), signature))

    def _attributes(self, digest: bytes) -> Sequence[bytes]:
        return sorted(
            (
                _attribute(alg.ATTRIBUTE_CONTENT_TYPE, alg.DATA),
                _attribute(alg.ATTRIBUTE_TIME, _time(self.now)),
                _attribute(alg.ATTRIBUTE_DIGEST, tlv(OCTETS, digest)),
            )
        )

    def _signature(self, data: bytes) -> bytes:
        algorithm = alg.hash_algorithm(self.digest)
        if self.pss:
            mask = padding.MGF1(algorithm)
            scheme = padding.PSS(mask, algorithm.digest_size)
            return self.key.private_key.sign(data, scheme, algorithm)
        return self.key.private_key.sign(data, padding.PKCS1v15(), algorithm)

    def _algorithm(self) -> bytes:
        if not self.pss:
            return tlv(SEQUENCE, alg.RSA, alg.NULL_ELEMENT)
        salt = integer(alg.hash_algorithm(self.digest).digest_size)
        return tlv(
            SEQUENCE,
            alg.PSS,
            tlv(
                SEQUENCE,
                tlv(context(0), alg.hash_identifier(self.digest)),
                tlv(context(1), alg.mask_identifier(self.digest)),
                tlv(context(2), salt),
            ),
        )

    def _wrapped(self, attributes: Sequence[bytes], signature: bytes) -> bytes:
        digest = alg.hash_identifier(self.digest)
        certificate = self.key.certificate
        signer = tlv(
            SEQUENCE,
            integer(1),
            certificate.issuer_serial,
            digest,
            tlv(context(0), *attributes),
            self._algorithm(),
            tlv(OCTETS, signature),
        )
        data = tlv(
            SEQUENCE,
            integer(1),
            tlv(SET, digest),
            tlv(SEQUENCE, alg.DATA),
            tlv(context(0), certificate.der),
            tlv(SET, signer),
        )
        return tlv(SEQUENCE, alg.SIGNED, tlv(context(0), data))


def _attribute(kind: bytes, value: bytes) -> bytes:
    return tlv(SEQUENCE, kind, tlv(SET, value))


def _time(now: datetime) -> bytes:
    """Encode an instant: UTCTime before 2050 (RFC 5652 section 11.3)."""
    text = now.astimezone(UTC).strftime("%Y%m%d%H%M%SZ")
    if now.year < _UTC_TIME_ENDS:
        return tlv(UTC_TIME, text[2:].encode())
    return tlv(_GENERALIZED_TIME, text.encode())
