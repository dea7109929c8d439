"""A stored message taken apart as far as its signature, so that others can check it."""

import os
import shutil
import tempfile
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

from as2_server.keyring import key_pair
from as2_server.placing import placed
from as2_server.protocol.cms import algorithms as alg
from as2_server.protocol.cms.compressed import inflated
from as2_server.protocol.cms.enveloped import EnvelopedReader
from as2_server.protocol.cms.signed import SignedReader, parse_detached
from as2_server.protocol.cms.verify import verify
from as2_server.protocol.digests import STRONGEST_FIRST, Tally
from as2_server.protocol.dispositions import ProtocolError
from as2_server.protocol.fields import Fields
from as2_server.protocol.keys import Certificate, KeyPair
from as2_server.protocol.mime import Multipart, armoured, read_fields
from as2_server.protocol.reader import CHUNK, Reader, tap
from as2_server.protocol.receive import CMS, cms_type
from gateway.core.as2_log import Exhibit, HeaderPairs, Opening
from gateway.core.model import BlobRef

MAX_SIGNATURE = 2 << 20
MAX_CONTENT = 16 << 30
MAX_RATIO = 1100
"""More than zlib can do: the message was accepted once, within its limits."""
_LESS, _MORE = 1, 2  # the order of Tally.variants()
_CRLF = b"\r\n"


@dataclass(frozen=True, slots=True)
class Exhibits:
    """The port Exhibitor; *folder* is for temporary files without a name."""

    folder: Path

    def __call__(
        self,
        headers: HeaderPairs,
        body: IO[bytes],
        opening: Opening,
        signer: bytes | None,
        document: BlobRef | None,
        out: IO[bytes],
    ) -> Exhibit | None:
        pairs = [key_pair(record) for record in opening.keys]
        fields = Fields.of(headers)
        try:
            pinned = [Certificate.parse(signer)] if signer else []
            work = _Dissection(self.folder, pairs, opening.content_key, pinned, out)
            exhibit = work.entity(fields, body)
        except ProtocolError:
            return None
        if document is None:
            return exhibit
        bare = fields.content_type.main not in {"multipart/signed", *CMS}
        found = placed(out, fields if bare else None, document, self.folder)
        return replace(exhibit, document=found)


@dataclass(frozen=True, slots=True)
class _Dissection:
    folder: Path
    keys: Sequence[KeyPair]
    content_key: bytes
    pinned: Sequence[Certificate]
    out: IO[bytes]

    def entity(self, fields: Fields, body: IO[bytes]) -> Exhibit:
        """Take one layer off; what is below the last one is copied as it is."""
        body.seek(0)
        main = fields.content_type.main
        if main == "multipart/signed":
            return self._detached(fields, Reader.of(body))
        if main in CMS:
            return self._cms(armoured(Reader.of(body), fields.transfer_encoding))
        shutil.copyfileobj(body, self.out, CHUNK)
        return Exhibit(b"", detached=False)

    def _cms(self, reader: Reader) -> Exhibit:
        kind = cms_type(reader)
        if kind in {alg.ENVELOPED, alg.AUTH_ENVELOPED}:
            opened = EnvelopedReader(
                reader, self.keys, frozenset(alg.CIPHERS), self.content_key
            )
            return self._inside(opened.content())
        if kind == alg.COMPRESSED:
            return self._inside(inflated(reader, MAX_CONTENT, MAX_RATIO))
        with self._temporary() as kept:
            signed = SignedReader(Reader(tap(reader.rest(), kept.write)))
            for chunk in signed.content():
                self.out.write(chunk)
            signed.signatures()
            kept.seek(0)
            return Exhibit(kept.read(), detached=False)

    def _inside(self, chunks: Iterable[bytes]) -> Exhibit:
        """Go on with the MIME entity inside; if it is the last, it is the exhibit."""
        with self._temporary() as whole, self._temporary() as body:
            for chunk in chunks:
                whole.write(chunk)
            whole.seek(0)
            reader = Reader.of(whole)
            fields = read_fields(reader)
            if fields.content_type.main not in {"multipart/signed", *CMS}:
                whole.seek(0)
                shutil.copyfileobj(whole, self.out, CHUNK)
                return Exhibit(b"", detached=False)
            for chunk in reader.rest():
                body.write(chunk)
            return self.entity(fields, body)

    def _detached(self, fields: Fields, reader: Reader) -> Exhibit:
        parts = Multipart(reader, fields.content_type)
        tally, start = Tally(STRONGEST_FIRST), self.out.tell()
        for chunk in tap(_part(parts).rest(), tally.update):
            self.out.write(chunk)
        signature = _part(parts)
        encoding = read_fields(signature).transfer_encoding
        encoded = armoured(signature, encoding).all(MAX_SIGNATURE)
        self._as_signed(encoded, tally, start)
        return Exhibit(encoded, detached=True)

    def _as_signed(self, signature: bytes, tally: Tally, start: int) -> None:
        """Take away or add the CRLF with which some products sign."""
        signatures = parse_detached(signature)
        digests = frozenset(STRONGEST_FIRST)
        found = verify(signatures, tally.variants(), self.pinned, digests)
        if found.variant == _LESS:
            self.out.truncate(max(self.out.tell() - len(_CRLF), start))
            self.out.seek(0, os.SEEK_END)
        elif found.variant == _MORE:
            self.out.write(_CRLF)

    def _temporary(self) -> AbstractContextManager[IO[bytes]]:
        return tempfile.TemporaryFile(dir=self.folder)


def _part(parts: Multipart) -> Reader:
    part = parts.next()
    if part is None:
        raise ProtocolError("The multipart/signed has fewer than two parts.")
    return part
