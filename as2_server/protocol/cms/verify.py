"""Who signed: SignedData against pinned certificates (RFC 5652 sections 5.4, 5.6)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

from as2_server.protocol.ber import INTEGER, OCTETS, SET, Item, der, set_of, tlv
from as2_server.protocol.cms import algorithms as alg
from as2_server.protocol.cms.signed import Signatures, Signer
from as2_server.protocol.dispositions import (
    AUTHENTICATION_FAILED,
    INTEGRITY_FAILED,
    UNSUPPORTED_FORMAT,
    BelowPolicy,
    ProtocolError,
)
from as2_server.protocol.keys import Certificate

_MAX_SALT = 512
_STRANGERS = 4

Digests = Mapping[str, bytes]
"""Digests of one content by the digests' names."""


class MissingDigest(ProtocolError):
    """A signer uses a digest that was not computed; *digest* is its name."""

    def __init__(self, digest: str) -> None:
        super().__init__(
            f"The signature uses {digest}, which was not announced.", INTEGRITY_FAILED
        )
        self.digest = digest


class UnknownSigner(ProtocolError):
    """No signer is one that we know.

    *genuine*: one of them proved to hold the key of the certificate it brought along.
    """

    def __init__(self, *, genuine: bool) -> None:
        super().__init__(
            "The signer's certificate is not one of the partner's certificates.",
            AUTHENTICATION_FAILED,
        )
        self.genuine = genuine


@dataclass(frozen=True, slots=True)
class Verified:
    """Which pinned certificate signed, over which digest.

    *variant* is the index of the digests that fitted.
    """

    certificate: Certificate
    digest: str
    variant: int


def verify(
    signatures: Signatures,
    variants: Sequence[Digests],
    pinned: Sequence[Certificate],
    allowed: frozenset[str],
) -> Verified:
    """Return the first signer that is pinned and right.

    *variants* are the digests of the content in the ways it may have been signed.
    ProtocolError with the disposition otherwise; MissingDigest, UnknownSigner.
    """
    problem: ProtocolError | None = None
    for signer in signatures.signers:
        for certificate in pinned:
            if not certificate.named_by(signer.identifier):
                continue
            try:
                variant = _check(signer, certificate, variants, allowed)
            except MissingDigest:
                raise
            except ProtocolError as error:
                problem = problem or error
            else:
                return Verified(certificate, signer.digest, variant)
    if problem:
        raise problem
    raise UnknownSigner(genuine=_genuine(signatures, variants))


def _genuine(signatures: Signatures, variants: Sequence[Digests]) -> bool:
    """Whether a signature fits the content and a certificate that came along.

    Only the first _STRANGERS signers are looked at, each with one certificate:
    strangers choose their keys, and one of 16,384 bits takes 10 ms.
    """
    brought = [found for one in signatures.certificates if (found := _parsed(one))]
    for signer in signatures.signers[:_STRANGERS]:
        named = (one for one in brought if one.named_by(signer.identifier))
        certificate = next(named, None)
        try:
            if certificate is not None:
                _check(signer, certificate, variants, frozenset(alg.HASH_OID))
                return True
        except ProtocolError:
            continue
    return False


def _parsed(encoded: bytes) -> Certificate | None:
    try:
        return Certificate.parse(encoded)
    except ProtocolError:  # of another kind, or none: it is not needed
        return None


def _check(
    signer: Signer,
    certificate: Certificate,
    variants: Sequence[Digests],
    allowed: frozenset[str],
) -> int:
    """Return the index of the variant that was signed; ProtocolError if none was."""
    if signer.digest not in allowed:
        raise BelowPolicy(
            f"The message is signed with {signer.digest}, which is not allowed."
        )
    if signer.digest not in variants[0]:
        raise MissingDigest(signer.digest)
    digests = [variant[signer.digest] for variant in variants]
    if signer.attributes is None:
        for index, digest in enumerate(digests):
            if _fits(signer, certificate, digest, hashed=True):
                return index
        raise ProtocolError("The signature is wrong.", INTEGRITY_FAILED)
    signed = _signed_digest(signer.attributes)
    if signed not in digests:
        raise ProtocolError(
            "The content is not what was signed: the digests differ.", INTEGRITY_FAILED
        )
    if not any(
        _fits(signer, certificate, encoded, hashed=False)
        for encoded in _attribute_encodings(signer.attributes)
    ):
        raise ProtocolError("The signature is wrong.", INTEGRITY_FAILED)
    return digests.index(signed)


def _attribute_encodings(attributes: Item) -> Iterator[bytes]:
    """Yield what the signature may cover (section 5.4): DER.

    Mostly they come as such; some programs sort but the outer SET, some nothing.
    """
    yield tlv(SET, attributes.body)
    found = attributes.items()
    yield set_of(*(der(item) for item in found))
    yield set_of(*(item.whole for item in found))


def _signed_digest(attributes: Item) -> bytes:
    """Return the attribute message-digest; content-type must be data (section 11)."""
    found: dict[bytes, list[Item]] = {}
    for attribute in attributes.items():
        kind, values = attribute.items(2)[:2]
        if kind.whole in found:
            raise ProtocolError("A signed attribute is there twice.")
        found[kind.whole] = values.expect(SET).items()
    kinds = found.get(alg.ATTRIBUTE_CONTENT_TYPE, [])
    digests = found.get(alg.ATTRIBUTE_DIGEST, [])
    if [item.whole for item in kinds] != [alg.DATA] or len(digests) != 1:
        raise ProtocolError("The signed attributes are incomplete.", INTEGRITY_FAILED)
    return digests[0].expect(OCTETS).body


def _fits(
    signer: Signer, certificate: Certificate, data: bytes, *, hashed: bool
) -> bool:
    """Whether the signature is the certificate's over `data` (or over that digest)."""
    scheme, name = _scheme(signer)
    if hashed and name != signer.digest:
        return False
    algorithm = alg.hash_algorithm(name)
    try:
        certificate.public_key.verify(
            signer.signature,
            data,
            scheme,
            Prehashed(algorithm) if hashed else algorithm,
        )
    except (InvalidSignature, ValueError, UnsupportedAlgorithm):
        return False
    return True


def _scheme(signer: Signer) -> tuple[padding.PKCS1v15 | padding.PSS, str]:
    """Return padding and digest of the signature algorithm (RFC 4055)."""
    kind = signer.algorithm
    if kind.oid == alg.RSA:
        return padding.PKCS1v15(), signer.digest
    if kind.oid in alg.RSA_WITH:
        return padding.PKCS1v15(), alg.RSA_WITH[kind.oid]
    if kind.oid != alg.PSS:
        raise ProtocolError("The signature algorithm is unknown.", UNSUPPORTED_FORMAT)
    salt = kind.context_items().get(2)
    size = 20 if salt is None else int.from_bytes(salt.expect(INTEGER).body[:4], "big")
    mask = alg.hash_algorithm(kind.mask_hash())
    return padding.PSS(padding.MGF1(mask), min(size, _MAX_SALT)), kind.own_hash()
