"""Where a document lies in what carried it, so that others can cut it out."""

import hashlib
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from as2_server.protocol.cms import algorithms as alg
from as2_server.protocol.cms.compressed import compressed_octets
from as2_server.protocol.dispositions import ProtocolError
from as2_server.protocol.fields import Fields
from as2_server.protocol.mime import IDENTITY, Multipart, decoded, read_fields
from as2_server.protocol.reader import Reader
from as2_server.protocol.receive import CMS, SEVERAL, cms_type
from gateway.core.as2_log import Placement
from gateway.core.model import BlobRef


def placed(
    content: IO[bytes], outer: Fields | None, document: BlobRef, folder: Path
) -> Placement | None:
    """Find the document in *content*; None if it cannot be cut out of it.

    *outer* are the MIME fields when they are not in the content: those of HTTP. In
    `folder` a file without a name holds what was compressed.
    """
    content.seek(0)
    reader = Reader.of(content)
    try:
        fields = outer or read_fields(reader)
        if fields.content_type.main not in CMS:
            return _in(reader, fields, document)
        if reader.peek(1) != b"0" or cms_type(reader) != alg.COMPRESSED:
            return None
        with tempfile.TemporaryFile(dir=folder) as inside:
            pieces = _inflate(reader, inside)
            found = placed(inside, None, document, folder)
    except (ProtocolError, zlib.error):
        return None
    if found is None or found.pieces:
        return None
    return Placement(found.start, found.size, found.encoding, pieces)


def _inflate(reader: Reader, out: IO[bytes]) -> list[tuple[int, int]]:
    """Inflate a CompressedData; return where its compressed bytes are."""
    pieces: list[tuple[int, int]] = []
    inflater = zlib.decompressobj()
    for chunk in compressed_octets(reader):
        out.write(inflater.decompress(chunk))
        at, size = reader.position - len(chunk), len(chunk)
        if pieces and sum(pieces[-1]) == at:
            at, size = pieces[-1][0], pieces.pop()[1] + size
        pieces.append((at, size))
    out.write(inflater.flush())
    return pieces


def _in(reader: Reader, fields: Fields, document: BlobRef) -> Placement | None:
    for start, part, inner in _payloads(reader, fields):
        encoding = inner.transfer_encoding
        digest, began = hashlib.sha256(), part.position
        for chunk in decoded(part, encoding):
            digest.update(chunk)
        if digest.hexdigest() == document.sha256:
            plain = "" if encoding in IDENTITY else encoding
            return Placement(start + began, part.position - began, plain)
    return None


def _payloads(reader: Reader, fields: Fields) -> Iterator[tuple[int, Reader, Fields]]:
    """Yield each payload: where its reader begins, that reader, its fields."""
    if fields.content_type.main not in SEVERAL:
        yield 0, reader, fields
        return
    parts = Multipart(reader, fields.content_type)
    while part := parts.next():
        start = reader.position
        yield start, part, read_fields(part)
