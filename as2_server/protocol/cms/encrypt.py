"""EnvelopedData and AuthEnvelopedData, made in one pass."""

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric import padding

from as2_server.protocol.ber import (
    END_OF_CONTENTS,
    OCTETS,
    SEQUENCE,
    context,
    integer,
    length,
    set_of,
    tlv,
)
from as2_server.protocol.cms import algorithms as alg
from as2_server.protocol.keys import Certificate
from as2_server.protocol.reader import Stream
from gateway.core.errors import Invalid


@dataclass(frozen=True, slots=True)
class EncryptFor:
    """The recipients, the cipher by its name, OAEP's digest (empty: PKCS #1 v1.5)."""

    recipients: Sequence[Certificate]
    cipher: str
    oaep: str = ""

    def __post_init__(self) -> None:
        if not self.recipients:
            raise Invalid("There is no certificate to encrypt for.")
        if self.cipher not in alg.CIPHERS:
            raise Invalid(
                f"Cipher {self.cipher!r} is none of {', '.join(alg.CIPHERS)}."
            )

    def new_key(self) -> bytes:
        """Make a content key, as long as the cipher wants it."""
        return secrets.token_bytes(alg.CIPHERS[self.cipher].key_size)

    def encrypted(self, stream: Stream, key: bytes) -> Stream:
        """Encrypt a stream; lengths are definite when its size is known."""
        kind = alg.CIPHERS[self.cipher]
        nonce = secrets.token_bytes(12 if kind.authenticated else kind.block)
        parameters = tlv(OCTETS, nonce)
        if kind.authenticated:
            parameters = tlv(SEQUENCE, parameters, integer(alg.GCM_TAG))
        head = _Head(
            alg.AUTH_ENVELOPED if kind.authenticated else alg.ENVELOPED,
            integer(0) + set_of(*(self._recipient(c, key) for c in self.recipients)),
            alg.DATA + tlv(SEQUENCE, kind.oid, parameters),
        )
        work = _Work(kind, key, nonce)
        if stream.size is None:
            return Stream(None, _indefinite(head, work, stream))
        return _definite(head, work, stream, stream.size)

    def _recipient(self, certificate: Certificate, key: bytes) -> bytes:
        encrypted = certificate.public_key.encrypt(key, self._scheme())
        return tlv(
            SEQUENCE,
            integer(0),
            certificate.issuer_serial,
            self._algorithm(),
            tlv(OCTETS, encrypted),
        )

    def _scheme(self) -> padding.PKCS1v15 | padding.OAEP:
        if not self.oaep:
            return padding.PKCS1v15()
        digest = alg.hash_algorithm(self.oaep)
        return padding.OAEP(padding.MGF1(digest), digest, None)

    def _algorithm(self) -> bytes:
        if not self.oaep:
            return tlv(SEQUENCE, alg.RSA, alg.NULL_ELEMENT)
        if self.oaep == "sha1":  # DER leaves the defaults out
            return tlv(SEQUENCE, alg.OAEP, tlv(SEQUENCE))
        own = tlv(context(0), alg.hash_identifier(self.oaep))
        mask = tlv(context(1), alg.mask_identifier(self.oaep))
        return tlv(SEQUENCE, alg.OAEP, tlv(SEQUENCE, own, mask))


@dataclass(frozen=True, slots=True)
class _Head:
    """The parts in front of the content: type, version and recipients, cipher."""

    kind: bytes
    recipients: bytes
    cipher: bytes


class _Work:
    """The cipher at work: chunks in, chunks out, the tag in the end."""

    def __init__(self, kind: alg.CipherKind, key: bytes, nonce: bytes) -> None:
        self._encryptor = kind.cipher(key, nonce).encryptor()
        self._kind = kind
        self._size = 0
        self.tag_size = (
            len(tlv(OCTETS, bytes(alg.GCM_TAG))) if kind.authenticated else 0
        )

    def size_of(self, plain: int) -> int:
        block = self._kind.block
        return plain if self._kind.authenticated else plain // block * block + block

    def chunks(self, plain: Iterator[bytes]) -> Iterator[bytes]:
        for chunk in plain:
            self._size += len(chunk)
            yield self._encryptor.update(chunk)
        if not self._kind.authenticated:
            count = self._kind.block - self._size % self._kind.block
            yield self._encryptor.update(bytes((count,)) * count)
        yield self._encryptor.finalize()

    def tag(self) -> bytes:
        """Return the encoded tag, nothing for a cipher that has none."""
        if not self._kind.authenticated:
            return b""
        return tlv(OCTETS, self._encryptor.tag)  # type: ignore[attr-defined] # an AEAD encryptor whenever the kind is GCM


def _definite(head: _Head, work: _Work, stream: Stream, plain: int) -> Stream:
    size, total = work.size_of(plain), work.size_of(plain) + work.tag_size
    before = _opening(context(0, constructed=False), b"", size)
    before = _opening(SEQUENCE, head.cipher + before, size)
    before = _opening(SEQUENCE, head.recipients + before, total)
    before = _opening(context(0), before, total)
    before = _opening(SEQUENCE, head.kind + before, total)

    def chunks() -> Iterator[bytes]:
        yield before
        yield from work.chunks(stream.chunks)
        yield work.tag()

    return Stream(len(before) + total, chunks())


def _opening(tag: int, contents: bytes, following: int) -> bytes:
    """Encode an element of which `following` more bytes come later."""
    return bytes((tag,)) + length(len(contents) + following) + contents


def _indefinite(head: _Head, work: _Work, stream: Stream) -> Iterator[bytes]:
    yield b"\x30\x80" + head.kind + b"\xa0\x80\x30\x80" + head.recipients
    yield b"\x30\x80" + head.cipher + b"\xa0\x80"
    for chunk in work.chunks(stream.chunks):
        if chunk:
            yield tlv(OCTETS, chunk)
    yield END_OF_CONTENTS * 2 + work.tag() + END_OF_CONTENTS * 3
