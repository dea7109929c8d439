"""SignedData (RFC 5652 section 5) taken off a stream."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

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
    AUTHENTICATION_FAILED,
    UNSUPPORTED_FORMAT,
    ProtocolError,
)
from as2_server.protocol.reader import Reader

MAX_SIGNERS = 16
MAX_CERTIFICATES = 256 << 10
MAX_REVOCATIONS = 4 << 20
MAX_SIGNER_INFOS = 256 << 10


@dataclass(frozen=True, slots=True)
class Signer:
    """One SignerInfo; *attributes* None when the content is signed directly."""

    identifier: Item
    digest: str
    attributes: Item | None
    algorithm: alg.Algorithm
    signature: bytes

    @classmethod
    def of(cls, item: Item) -> "Signer":
        _, identifier, digest, *rest = item.expect(SEQUENCE).items(5)
        attributes = rest.pop(0) if rest[0].tag == context(0) else None
        if len(rest) < 2:  # noqa: PLR2004 - algorithm and signature
            raise ProtocolError("A SignerInfo is incomplete.")
        return cls(
            identifier,
            alg.Algorithm.of(digest).hash,
            attributes,
            alg.Algorithm.of(rest[0]),
            rest[1].expect(OCTETS).body,
        )


@dataclass(frozen=True, slots=True)
class Signatures:
    """Who signed, and the certificates that came along (DER)."""

    signers: Sequence[Signer]
    certificates: Sequence[bytes]


class SignedReader:
    """Takes a SignedData off a stream: content() first, then signatures()."""

    def __init__(self, reader: Reader) -> None:
        ber = self._ber = BerReader(reader)
        ber.open(SEQUENCE)
        if ber.item(64).whole != alg.SIGNED:
            raise ProtocolError("This is no SignedData.", UNSUPPORTED_FORMAT)
        ber.open(context(0))
        ber.open(SEQUENCE)
        ber.item(16).expect(INTEGER)
        announced = ber.item(4096).expect(SET).items()
        identifiers = [alg.Algorithm.of(item).oid for item in announced]
        self.digests = [
            alg.HASH_NAME[oid] for oid in identifiers if oid in alg.HASH_NAME
        ]
        self.has_content = self._open_content()

    def _open_content(self) -> bool:
        ber = self._ber
        tag, size = ber.header()
        start = ber.taken
        kind = ber.item(64).expect(OID)
        if tag != SEQUENCE or kind.whole != alg.DATA:
            raise ProtocolError("What is signed is not of type data.")
        if size is None:
            return not ber.ends()
        return ber.taken - start < size

    def content(self) -> Iterator[bytes]:
        """Yield the encapsulated content; nothing if the signature is detached."""
        if self.has_content:
            self._ber.open(context(0))
            yield from self._ber.octets(*self._ber.header())
            self._ber.ends()

    def signatures(self) -> Signatures:
        """Return what stands behind the content."""
        certificates: list[bytes] = []
        while True:
            tag, size = self._ber.header()
            if tag == SET:
                infos = self._ber.item_of(tag, size, MAX_SIGNER_INFOS).items()
                if len(infos) > MAX_SIGNERS:
                    raise ProtocolError(f"There are more than {MAX_SIGNERS} signers.")
                return Signatures([Signer.of(info) for info in infos], certificates)
            if tag == context(0) and not certificates:
                found = self._ber.raw_of(tag, size, MAX_CERTIFICATES).items()
                certificates = [item.whole for item in found]
            elif tag == context(1):
                self._ber.raw_of(tag, size, MAX_REVOCATIONS)
            else:
                raise ProtocolError("A SignedData is not built as it should be.")
            self._ber.ends()


def parse_detached(data: bytes) -> Signatures:
    """Read a detached SignedData; ProtocolError if it brings content of its own."""
    if not data:
        raise ProtocolError("The signature is empty.", AUTHENTICATION_FAILED)
    reader = SignedReader(Reader((data,)))
    if reader.has_content:
        raise ProtocolError("The detached signature has content of its own.")
    return reader.signatures()
