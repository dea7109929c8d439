"""EnvelopedData and AuthEnvelopedData (RFC 5652 section 6, RFC 5083, RFC 5084).

Whatever is wrong with a key, a padding or a tag ends in one and the same error.
"""

import secrets
from collections.abc import Iterator, Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import padding

from as2_server.protocol.ber import (
    INTEGER,
    OCTETS,
    OID,
    SEQUENCE,
    SET,
    BerReader,
    Item,
    context,
)
from as2_server.protocol.cms import algorithms as alg
from as2_server.protocol.dispositions import (
    DECRYPTION_FAILED,
    UNSUPPORTED_FORMAT,
    BelowPolicy,
    Disposition,
    ProtocolError,
)
from as2_server.protocol.keys import KeyPair
from as2_server.protocol.reader import Reader

MAX_RECIPIENTS = 64
MAX_RECIPIENT_INFOS = 128 << 10


class UndecipherableError(ProtocolError):
    """The one answer to a wrong key, padding, tag, or content that makes no sense.

    *cause* is what it would have been without encryption: for the owner only.
    """

    def __init__(self, detail: str, cause: Disposition = DECRYPTION_FAILED) -> None:
        super().__init__(detail, DECRYPTION_FAILED)
        self.cause = cause


class EnvelopedReader:
    """Takes encrypted data off a stream and decrypts it.

    *kind* is the cipher; `content()` ends with the check of padding or tag. Who knows
    the content key needs no key pair.
    """

    def __init__(
        self,
        reader: Reader,
        keys: Sequence[KeyPair],
        allowed: frozenset[str],
        content_key: bytes = b"",
    ) -> None:
        ber = self._ber = BerReader(reader)
        ber.open(SEQUENCE)
        self._authenticated = _is_authenticated(ber.item(64))
        ber.open(context(0))
        ber.open(SEQUENCE)
        ber.item(16).expect(INTEGER)
        tag, size = ber.header()
        if tag == context(0):  # originatorInfo
            ber.item_of(tag, size, MAX_RECIPIENT_INFOS)
            tag, size = ber.header()
        recipients = ber.item_of(tag, size, MAX_RECIPIENT_INFOS).expect(SET).items()
        if len(recipients) > MAX_RECIPIENTS:
            raise ProtocolError(f"There are more than {MAX_RECIPIENTS} recipients.")
        ber.open(SEQUENCE)
        ber.item(64).expect(OID)
        cipher = alg.Algorithm.of(ber.item(1024))
        self.kind = _kind(cipher, authenticated=self._authenticated)
        if self.kind.name not in allowed:
            raise BelowPolicy(
                f"The message is encrypted with {self.kind.name}, which is not allowed."
            )
        nonce = _nonce(cipher, self.kind)
        key = content_key or _content_key(recipients, keys, self.kind.key_size)
        self._cipher = self.kind.cipher(key, nonce)

    def content(self) -> Iterator[bytes]:
        """Yield the plaintext; UndecipherableError at the end if it is none."""
        tag, size = self._ber.header()
        if tag & 0xDF != context(0, constructed=False):
            raise ProtocolError("The encrypted content is missing.")
        chunks = self._ber.octets(tag, size)
        if self._authenticated:
            yield from self._with_tag(chunks)
        else:
            yield from self._with_padding(chunks)

    def _with_padding(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        decryptor = self._cipher.decryptor()
        block = self.kind.block
        held, size = b"", 0
        for chunk in chunks:
            size += len(chunk)
            plain = held + decryptor.update(chunk)
            held = plain[-block:]
            yield plain[:-block]
        count = held[-1] if held else 0
        right = (
            size % block == 0
            and 1 <= count <= block
            and held[-count:] == bytes((count,)) * count
        )
        if not right:
            raise UndecipherableError("The padding of the decrypted message is wrong.")
        yield held[:-count]

    def _with_tag(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        decryptor = self._cipher.decryptor()
        for chunk in chunks:
            yield decryptor.update(chunk)
        self._ber.ends()
        mac = self._ber.item(64)
        if mac.tag == context(1):
            raise ProtocolError(
                "The encrypted message has authenticated attributes.",
                UNSUPPORTED_FORMAT,
            )
        try:
            yield decryptor.finalize_with_tag(mac.expect(OCTETS).body)  # type: ignore[attr-defined] # an AEAD decryptor whenever the kind is GCM
        except (InvalidTag, ValueError) as error:
            raise UndecipherableError("The message's tag is wrong.") from error


def _is_authenticated(content_type: Item) -> bool:
    if content_type.whole not in {alg.ENVELOPED, alg.AUTH_ENVELOPED}:
        raise ProtocolError("This is no EnvelopedData.", UNSUPPORTED_FORMAT)
    return content_type.whole == alg.AUTH_ENVELOPED


def _kind(cipher: alg.Algorithm, *, authenticated: bool) -> alg.CipherKind:
    kind = alg.CIPHER_OF.get(cipher.oid)
    if kind is None or kind.authenticated != authenticated:
        raise ProtocolError(
            "The message is encrypted with an unknown cipher.", UNSUPPORTED_FORMAT
        )
    return kind


def _nonce(cipher: alg.Algorithm, kind: alg.CipherKind) -> bytes:
    parameters = cipher.parameters
    if parameters is None:
        raise ProtocolError("The cipher's parameters are missing.")
    if not kind.authenticated:
        nonce = parameters.expect(OCTETS).body
        usable = len(nonce) == kind.block
    else:  # RFC 5084 section 3.2: nonce, length of the tag (12 to 16, default 12)
        nonce = parameters.expect(SEQUENCE).items(1)[0].expect(OCTETS).body
        usable = 8 <= len(nonce) <= 128  # noqa: PLR2004 - what the library takes
    if not usable:
        raise ProtocolError("The cipher's parameters are malformed.")
    return nonce


def _content_key(
    recipients: Sequence[Item], keys: Sequence[KeyPair], size: int
) -> bytes:
    """Return the content key; a random one if ours is wrong (RFC 3218).

    So a wrong key is found out where a wrong padding is, and not before.
    """
    key, ours = b"", False
    for recipient in recipients:
        if recipient.tag != SEQUENCE:
            continue  # key agreement, passwords: not ours
        _, identifier, algorithm, encrypted = recipient.items(4)[:4]
        for pair in keys:
            if not key and pair.certificate.named_by(identifier):
                ours = True
                scheme = _key_scheme(alg.Algorithm.of(algorithm))
                key = _decrypted(pair, encrypted.expect(OCTETS).body, scheme, size)
    if not ours:
        raise UndecipherableError(
            "The message is not encrypted for any of our certificates. The partner "
            "must import the current self certificate."
        )
    return key or secrets.token_bytes(size)


def _decrypted(
    pair: KeyPair,
    encrypted: bytes,
    scheme: padding.PKCS1v15 | padding.OAEP,
    size: int,
) -> bytes:
    try:
        key = pair.private_key.decrypt(encrypted, scheme)
    except ValueError:
        return b""
    return key if len(key) == size else b""


def _key_scheme(algorithm: alg.Algorithm) -> padding.PKCS1v15 | padding.OAEP:
    """Return the padding of the key transport (RFC 4055 section 4.1 for OAEP)."""
    if algorithm.oid == alg.RSA:
        return padding.PKCS1v15()
    if algorithm.oid != alg.OAEP:
        raise ProtocolError("The key transport is unknown.", UNSUPPORTED_FORMAT)
    label = algorithm.context_items().get(2)
    source = alg.Algorithm.of(label).parameters if label else None
    return padding.OAEP(
        padding.MGF1(alg.hash_algorithm(algorithm.mask_hash())),
        alg.hash_algorithm(algorithm.own_hash()),
        source.expect(OCTETS).body if source else None,
    )
