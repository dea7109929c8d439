"""AS2 messages and their pieces with sensible defaults, for tests of the protocol."""

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from as2_server.protocol.cms.encrypt import EncryptFor
from as2_server.protocol.cms.sign import SignWith
from as2_server.protocol.digests import MicName
from as2_server.protocol.fields import Fields
from as2_server.protocol.keys import KeyPair
from as2_server.protocol.messages import Policy, Received, Rejected, Trust
from as2_server.protocol.receive import receive
from as2_server.protocol.send import Built, Compression, Document, Protection, build
from gateway.core.model import FileName

NOW = datetime(2026, 1, 1, tzinfo=UTC)
OPEN = Policy(require_signed=False, require_encrypted=False)


@dataclass(frozen=True)
class Person:
    """Someone with a key and a certificate."""

    name: str
    key: rsa.RSAPrivateKey
    certificate: x509.Certificate

    @property
    def pair(self) -> KeyPair:
        return KeyPair.of(self.certificate, self.key)


def a_person(name: str, bits: int = 2048) -> Person:
    key = rsa.generate_private_key(65537, bits)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=3650))
        .add_extension(
            x509.SubjectKeyIdentifier.from_public_key(key.public_key()),
            critical=False,
        )
    )
    return Person(name, key, builder.sign(key, hashes.SHA256()))


@dataclass
class Wire:
    """A message as it goes over the wire."""

    built: Built
    body: bytes

    @property
    def fields(self) -> Fields:
        return Fields.of(self.built.fields)


def a_wire(  # noqa: PLR0913 - each test varies one of them
    data: bytes,
    sender: Person | None = None,
    receiver: Person | None = None,
    *,
    digest: str = "sha256",
    pss: bool = False,
    cipher: str = "aes256-cbc",
    oaep: str = "",
    compression: Compression = Compression.NONE,
    name: str = "order.edi",
    content_type: str = "application/edifact",
) -> Wire:
    """Build a message: signed by `sender`, encrypted for `receiver`, if given."""
    sign = SignWith(sender.pair, digest, NOW, pss) if sender else None
    recipients = [receiver.pair.certificate] if receiver else []
    out = io.BytesIO()
    built = build(
        Document(
            source=io.BytesIO(data),
            size=len(data),
            name=FileName(name),
            content_type=content_type,
        ),
        Protection(
            sign=sign,
            encrypt=EncryptFor(recipients, cipher, oaep) if receiver else None,
            compression=compression,
        ),
        out,
    )
    return Wire(built, out.getvalue())


@dataclass
class Inbox:
    """Where receive() writes payloads."""

    files: dict[int, io.BytesIO] = field(default_factory=dict)

    def open(self, index: int) -> io.BytesIO:
        self.files[index] = io.BytesIO()
        return self.files[index]

    @property
    def payloads(self) -> list[bytes]:
        return [self.files[index].getvalue() for index in sorted(self.files)]


@dataclass
class Outcome:
    """What receive() said and what it wrote."""

    answer: Received | Rejected
    payloads: list[bytes]

    @property
    def good(self) -> Received:
        assert isinstance(self.answer, Received), self.answer
        return self.answer

    @property
    def bad(self) -> Rejected:
        assert isinstance(self.answer, Rejected), self.answer
        return self.answer


def unwrap(
    fields: Fields | Sequence[tuple[str, str]],
    body: bytes,
    receiver: Person,
    sender: Person,
    *,
    policy: Policy = OPEN,
    wanted: Sequence[MicName] = (),
) -> Outcome:
    """Receive a message from `sender` as `receiver`."""
    inbox = Inbox()
    answer = receive(
        fields if isinstance(fields, Fields) else Fields.of(fields),
        io.BytesIO(body),
        Trust(keys=[receiver.pair], partner=[sender.pair.certificate]),
        policy,
        wanted,
        inbox.open,
    )
    return Outcome(answer, inbox.payloads)
