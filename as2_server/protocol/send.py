"""A message to send: compressed, signed, encrypted in one pass (RFC 4130, RFC 5402)."""

import re
import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from enum import Enum
from urllib.parse import quote

from as2_server.protocol.cms.compressed import deflated
from as2_server.protocol.cms.encrypt import EncryptFor
from as2_server.protocol.cms.sign import SignWith
from as2_server.protocol.digests import DEFAULT, Digester, Mic, new
from as2_server.protocol.headers import As2Id
from as2_server.protocol.mime import base64_lines
from as2_server.protocol.reader import CHUNK, Sink, Source, Stream, tap
from gateway.core.errors import Invalid, StorageError
from gateway.core.model import FileName

HeaderPairs = Sequence[tuple[str, str]]

MICALG = {
    "md5": "md5",
    "sha1": "sha-1",
    "sha256": "sha-256",
    "sha384": "sha-384",
    "sha512": "sha-512",
}
"""The spelling of RFC 5751 section 3.4.3.2."""

_PKCS7 = "application/pkcs7-mime"


class Compression(Enum):
    """Where in the message it happens (RFC 5402)."""

    NONE = "none"
    BEFORE_SIGNING = "before-signing"
    AFTER_SIGNING = "after-signing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What is sent: an open binary file of `size` bytes, its name and content type."""

    source: Source
    size: int
    name: FileName | None = None
    content_type: str = "application/octet-stream"


@dataclass(frozen=True, slots=True, kw_only=True)
class Protection:
    """How it is sent; *mic* is the digest of the MIC when nothing is signed."""

    sign: SignWith | None = None
    encrypt: EncryptFor | None = None
    compression: Compression = Compression.NONE
    mic: str = DEFAULT


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """The MDN we ask for: *digests* in order of preference, *url* empty for sync."""

    signed: bool = True
    digests: Sequence[str] = (DEFAULT,)
    to: str = "as2@localhost"
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressing:
    """The AS2 side of a message that is sent."""

    message_id: str
    sender: As2Id
    receiver: As2Id
    date: datetime
    subject: str = ""
    receipt: Receipt | None = None

    def fields(self) -> HeaderPairs:
        """Return the AS2 headers (RFC 4130 section 6, RFC 6017), never folded."""
        pairs = [
            ("AS2-Version", "1.2"),
            ("EDIINT-Features", "multiple-attachments"),
            ("Message-ID", self.message_id),
            ("AS2-From", self.sender.header),
            ("AS2-To", self.receiver.header),
            ("Date", format_datetime(self.date)),
            ("MIME-Version", "1.0"),
        ]
        if self.subject:
            pairs.append(("Subject", _one_line(self.subject)))
        return [*pairs, *self._wish()]

    def _wish(self) -> HeaderPairs:
        receipt = self.receipt
        if receipt is None:
            return ()
        pairs = [("Disposition-Notification-To", _one_line(receipt.to))]
        if receipt.signed:
            options = (
                "signed-receipt-protocol=optional, pkcs7-signature; "
                f"signed-receipt-micalg=optional, {', '.join(receipt.digests)}"
            )
            pairs.append(("Disposition-Notification-Options", options))
        if receipt.url:
            pairs.append(("Receipt-Delivery-Option", _one_line(receipt.url)))
        return pairs


@dataclass(frozen=True, slots=True)
class Built:
    """The message's MIME headers, the MIC the MDN must show, the body's size.

    *content_key* is what it is encrypted with, empty when it is in clear.
    """

    fields: HeaderPairs
    mic: Mic
    size: int
    content_key: bytes = field(default=b"", repr=False)


def build(document: Document, protection: Protection, body: Sink) -> Built:
    """Write the body to `body`, chunk by chunk; StorageError if the file is short."""
    signing = protection.sign
    digest = signing.digest if signing else protection.mic
    mic = new(digest)
    entity = _layered(document, protection, mic)
    key = b""
    if protection.encrypt:
        key = protection.encrypt.new_key()
        entity = _encrypted(entity, protection.encrypt, key)
    size = 0
    for chunk in entity.body.chunks:
        size += len(chunk)
        body.write(chunk)
    if entity.body.size not in {None, size}:
        raise StorageError(f"The message has {size} bytes, not {entity.body.size}.")
    return Built(entity.fields, Mic(digest, mic.digest()), size, key)


@dataclass(frozen=True, slots=True)
class Entity:
    """A MIME entity in the making; `see` is shown every byte of it, with headers."""

    fields: HeaderPairs
    body: Stream
    see: Callable[[bytes], object] | None = None

    def whole(self) -> Stream:
        """Return headers and body as one stream."""
        lines = "".join(f"{name}: {value}\r\n" for name, value in self.fields)
        stream = self.body.framed(lines.encode() + b"\r\n")
        if self.see is None:
            return stream
        return Stream(stream.size, tap(stream.chunks, self.see))


def _layered(document: Document, protection: Protection, mic: Digester) -> Entity:
    """Put on all but the encryption; the MIC is where RFC 4130 section 7.3.1 says."""
    entity = _payload(document)
    sign, encrypt = protection.sign, protection.encrypt
    if not sign and (encrypt or protection.compression != Compression.NONE):
        entity = Entity(entity.fields, entity.body, mic.update)
    elif not sign:
        watched = Stream(entity.body.size, tap(entity.body.chunks, mic.update))
        entity = Entity(entity.fields, watched)
    if protection.compression == Compression.BEFORE_SIGNING:
        entity = _compressed(entity)
    if sign:
        entity = signed(entity, sign, mic)
    if protection.compression == Compression.AFTER_SIGNING:
        entity = _compressed(entity)
    return entity


def _payload(document: Document) -> Entity:
    kind = _one_line(document.content_type)
    fields = [("Content-Type", kind), ("Content-Transfer-Encoding", "binary")]
    if document.name:
        fields.append(("Content-Disposition", _disposition(document.name.text)))
    return Entity(fields, Stream(document.size, _exactly(document)))


def _exactly(document: Document) -> Iterator[bytes]:
    left = document.size
    while left:
        chunk = document.source.read(min(CHUNK, left))
        if not chunk:
            raise StorageError(f"The document is {left} bytes shorter than recorded.")
        left -= len(chunk)
        yield chunk


def _compressed(entity: Entity) -> Entity:
    return Entity(_cms_fields("compressed-data", "smime.p7z"), deflated(entity.whole()))


def _encrypted(entity: Entity, encrypt: EncryptFor, key: bytes) -> Entity:
    gcm = encrypt.cipher.endswith("gcm")
    kind = "authEnveloped-data" if gcm else "enveloped-data"
    stream = encrypt.encrypted(entity.whole(), key)
    return Entity(_cms_fields(kind, "smime.p7m"), stream)


def _cms_fields(kind: str, name: str) -> HeaderPairs:
    return [
        ("Content-Type", f'{_PKCS7}; smime-type={kind}; name="{name}"'),
        ("Content-Transfer-Encoding", "binary"),
        ("Content-Disposition", f'attachment; filename="{name}"'),
    ]


def signed(entity: Entity, sign: SignWith, mic: Digester) -> Entity:
    """Make a multipart/signed of the entity (RFC 1847); `mic` digests what it signs."""
    boundary = f"=_{secrets.token_hex(16)}"
    content = entity.whole()
    first = f"--{boundary}\r\n".encode()

    def chunks() -> Iterator[bytes]:
        yield first
        yield from tap(content.chunks, mic.update)
        yield _signature_part(boundary, sign.detached(mic.digest()))

    size = None
    if content.size is not None:
        after = len(_signature_part(boundary, bytes(sign.size())))
        size = len(first) + content.size + after
    kind = (
        'multipart/signed; protocol="application/pkcs7-signature"; '
        f'micalg={MICALG[sign.digest]}; boundary="{boundary}"'
    )
    return Entity([("Content-Type", kind)], Stream(size, chunks()))


def _signature_part(boundary: str, signature: bytes) -> bytes:
    head = (
        f"\r\n--{boundary}\r\n"
        'Content-Type: application/pkcs7-signature; name="smime.p7s"\r\n'
        "Content-Transfer-Encoding: base64\r\n"
        'Content-Disposition: attachment; filename="smime.p7s"\r\n\r\n'
    )
    return head.encode() + base64_lines(signature) + f"\r\n--{boundary}--\r\n".encode()


def _disposition(name: str) -> str:
    """Quote the name; what is not ASCII goes into `filename*` too (RFC 6266)."""
    plain = "".join(c if c.isascii() and c.isprintable() else "_" for c in name)
    plain = plain.replace("\\", "_").replace('"', "_")
    text = f'attachment; filename="{plain}"'
    return text if plain == name else f"{text}; filename*=utf-8''{quote(name, safe='')}"


def _one_line(text: str) -> str:
    """Return a header's value; Invalid if it would break out of its line."""
    if re.search(r"[\r\n\0]", text):
        raise Invalid(f"A header's value may not hold line ends: {text[:60]!r}.")
    return text
