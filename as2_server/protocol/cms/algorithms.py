"""The algorithms of CMS by object identifier and by the names of the settings."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import AES

from as2_server.protocol.ber import NULL, OID, SEQUENCE, Item, oid, tlv
from as2_server.protocol.dispositions import UNSUPPORTED_FORMAT, ProtocolError

DATA = oid("1.2.840.113549.1.7.1")
SIGNED = oid("1.2.840.113549.1.7.2")
ENVELOPED = oid("1.2.840.113549.1.7.3")
AUTH_ENVELOPED = oid("1.2.840.113549.1.9.16.1.23")
COMPRESSED = oid("1.2.840.113549.1.9.16.1.9")
ZLIB = oid("1.2.840.113549.1.9.16.3.8")
RSA = oid("1.2.840.113549.1.1.1")
OAEP = oid("1.2.840.113549.1.1.7")
MGF1 = oid("1.2.840.113549.1.1.8")
P_SPECIFIED = oid("1.2.840.113549.1.1.9")
PSS = oid("1.2.840.113549.1.1.10")
ATTRIBUTE_CONTENT_TYPE = oid("1.2.840.113549.1.9.3")
ATTRIBUTE_DIGEST = oid("1.2.840.113549.1.9.4")
ATTRIBUTE_TIME = oid("1.2.840.113549.1.9.5")

NULL_ELEMENT = tlv(NULL)
GCM_TAG = 16

_HASHES: dict[str, tuple[str, type[hashes.HashAlgorithm]]] = {
    "md5": ("1.2.840.113549.2.5", hashes.MD5),
    "sha1": ("1.3.14.3.2.26", hashes.SHA1),
    "sha256": ("2.16.840.1.101.3.4.2.1", hashes.SHA256),
    "sha384": ("2.16.840.1.101.3.4.2.2", hashes.SHA384),
    "sha512": ("2.16.840.1.101.3.4.2.3", hashes.SHA512),
}
HASH_OID = {name: oid(dotted) for name, (dotted, _) in _HASHES.items()}
HASH_NAME = {encoded: name for name, encoded in HASH_OID.items()}

RSA_WITH = {
    oid("1.2.840.113549.1.1.4"): "md5",
    oid("1.2.840.113549.1.1.5"): "sha1",
    oid("1.2.840.113549.1.1.11"): "sha256",
    oid("1.2.840.113549.1.1.12"): "sha384",
    oid("1.2.840.113549.1.1.13"): "sha512",
}
"""Signature algorithms that name their digest (PKCS #1 v1.5)."""


def hash_algorithm(name: str) -> hashes.HashAlgorithm:
    """Return what `cryptography` calls the digest; *name* is one of ours."""
    return _HASHES[name][1]()


@dataclass(frozen=True, slots=True)
class CipherKind:
    """A content cipher: its name in the settings, key and block size in bytes."""

    name: str
    oid: bytes
    key_size: int
    block: int
    authenticated: bool
    algorithm: Callable[[bytes], "AES | TripleDES"]

    def cipher(
        self, key: bytes, nonce: bytes
    ) -> "Cipher[modes.CBC] | Cipher[modes.GCM]":
        """Set up key and IV; the size of both is what this kind needs."""
        if self.authenticated:
            return Cipher(self.algorithm(key), modes.GCM(nonce, None, 12))
        return Cipher(self.algorithm(key), modes.CBC(nonce))


def _kind(name: str, dotted: str, key_size: int) -> CipherKind:
    gcm = name.endswith("gcm")
    block = 8 if name.startswith("3des") else 16
    algorithm = TripleDES if name.startswith("3des") else AES
    return CipherKind(name, oid(dotted), key_size, block, gcm, algorithm)


CIPHERS = {
    kind.name: kind
    for kind in (
        _kind("aes256-cbc", "2.16.840.1.101.3.4.1.42", 32),
        _kind("aes192-cbc", "2.16.840.1.101.3.4.1.22", 24),
        _kind("aes128-cbc", "2.16.840.1.101.3.4.1.2", 16),
        _kind("aes256-gcm", "2.16.840.1.101.3.4.1.46", 32),
        _kind("aes192-gcm", "2.16.840.1.101.3.4.1.26", 24),
        _kind("aes128-gcm", "2.16.840.1.101.3.4.1.6", 16),
        _kind("3des-cbc", "1.2.840.113549.3.7", 24),
    )
}
CIPHER_OF = {kind.oid: kind for kind in CIPHERS.values()}


@dataclass(frozen=True, slots=True)
class Algorithm:
    """An AlgorithmIdentifier: the encoded identifier, the parameters if any."""

    oid: bytes
    parameters: Item | None

    @classmethod
    def of(cls, item: Item) -> "Algorithm":
        """Read it; ProtocolError if it is none."""
        identifier, *rest = item.expect(SEQUENCE).items(1)
        identifier.expect(OID)
        return cls(identifier.whole, rest[0] if rest else None)

    @property
    def hash(self) -> str:
        """Return the digest's name; ProtocolError if it is none of ours."""
        name = HASH_NAME.get(self.oid)
        if name is None:
            raise ProtocolError("The digest algorithm is unknown.", UNSUPPORTED_FORMAT)
        return name

    def context_items(self) -> dict[int, Item]:
        """Return what is inside the parameters' explicit tags, by tag number."""
        if self.parameters is None or self.parameters.tag != SEQUENCE:
            return {}
        found = {}
        for item in self.parameters.items():
            inner = item.items()
            if len(inner) != 1:
                raise ProtocolError("The parameters of an algorithm are malformed.")
            found[item.tag & 0x1F] = inner[0]
        return found

    def mask_hash(self) -> str:
        """Return the digest of an MGF1 that this algorithm's parameters name."""
        found = self.context_items().get(1)
        if found is None:
            return "sha1"
        mask = Algorithm.of(found)
        if mask.oid != MGF1 or mask.parameters is None:
            raise ProtocolError("The mask function is unknown.", UNSUPPORTED_FORMAT)
        return Algorithm.of(mask.parameters).hash

    def own_hash(self) -> str:
        """Return the digest that the parameters of OAEP or PSS name."""
        found = self.context_items().get(0)
        return Algorithm.of(found).hash if found else "sha1"


@cache
def hash_identifier(name: str) -> bytes:
    """Encode the AlgorithmIdentifier of a digest."""
    return tlv(SEQUENCE, HASH_OID[name], NULL_ELEMENT)


def mask_identifier(name: str) -> bytes:
    """Encode the AlgorithmIdentifier of MGF1 with the digest."""
    return tlv(SEQUENCE, MGF1, hash_identifier(name))
