"""CompressedData (RFC 3274): inflated with a bound, made."""

import zlib
from collections.abc import Iterator

from as2_server.protocol.ber import (
    END_OF_CONTENTS,
    INTEGER,
    OCTETS,
    OID,
    SEQUENCE,
    BerReader,
    context,
    integer,
    tlv,
)
from as2_server.protocol.cms import algorithms as alg
from as2_server.protocol.dispositions import (
    DECOMPRESSION_FAILED,
    UNSUPPORTED_FORMAT,
    ProtocolError,
)
from as2_server.protocol.reader import CHUNK, Reader, Stream

FREE_SIZE = 32 << 20
"""Bytes that may be inflated at any ratio."""


def inflated(reader: Reader, limit: int, max_ratio: int) -> Iterator[bytes]:
    """Yield the content; ProtocolError when it exceeds `limit` bytes or is a bomb.

    A bomb is more than FREE_SIZE bytes and `max_ratio` for each byte it came from.
    """
    ber = _opened(reader)
    inflater = zlib.decompressobj()
    taken = given = 0
    for chunk in ber.octets(*ber.header()):
        if inflater.eof and chunk:
            raise _failed("There is something behind the compressed data.")
        left, more = chunk, True
        while more:
            try:
                data = inflater.decompress(left, CHUNK)
            except zlib.error as error:
                raise _failed("The compressed data is damaged.") from error
            taken += len(left) - len(inflater.unconsumed_tail)
            left = inflater.unconsumed_tail
            more = bool(left) or len(data) == CHUNK
            given += len(data)
            if given > limit or given > max(FREE_SIZE, taken * max_ratio):
                raise _failed(f"The message inflates to more than {given} bytes.")
            yield data
        if inflater.unused_data:
            raise _failed("There is something behind the compressed data.")
    if not inflater.eof:
        raise _failed("The compressed data ends early.")
    ber.ends()


def _opened(reader: Reader) -> BerReader:
    ber = BerReader(reader)
    ber.open(SEQUENCE)
    if ber.item(64).whole != alg.COMPRESSED:
        raise ProtocolError("This is no CompressedData.", UNSUPPORTED_FORMAT)
    ber.open(context(0))
    ber.open(SEQUENCE)
    ber.item(16).expect(INTEGER)
    if alg.Algorithm.of(ber.item(256)).oid != alg.ZLIB:
        raise ProtocolError("The compression is not zlib.", UNSUPPORTED_FORMAT)
    ber.open(SEQUENCE)
    ber.item(64).expect(OID)
    ber.open(context(0))
    return ber


def _failed(text: str) -> ProtocolError:
    return ProtocolError(text, DECOMPRESSION_FAILED)


def compressed_octets(reader: Reader) -> Iterator[bytes]:
    """Yield what is to be inflated, each chunk as soon as the reader passed it."""
    ber = _opened(reader)
    yield from ber.octets(*ber.header())


SMALL = 1 << 20
"""Bytes of content that are compressed in memory, to have definite lengths."""


def deflated(stream: Stream) -> Stream:
    """Compress a stream into a CompressedData."""
    if stream.size is None or stream.size > SMALL:
        return Stream(None, _indefinite(stream.chunks))
    data = zlib.compress(b"".join(stream.chunks))
    body = tlv(
        SEQUENCE,
        integer(0),
        tlv(SEQUENCE, alg.ZLIB),
        tlv(SEQUENCE, alg.DATA, tlv(context(0), tlv(OCTETS, data))),
    )
    return Stream.of(tlv(SEQUENCE, alg.COMPRESSED, tlv(context(0), body)))


def _indefinite(chunks: Iterator[bytes]) -> Iterator[bytes]:
    yield b"\x30\x80" + alg.COMPRESSED + b"\xa0\x80\x30\x80" + integer(0)
    yield tlv(SEQUENCE, alg.ZLIB) + b"\x30\x80" + alg.DATA + b"\xa0\x80\x24\x80"
    deflater = zlib.compressobj()
    for chunk in chunks:
        if data := deflater.compress(chunk):
            yield tlv(OCTETS, data)
    yield tlv(OCTETS, deflater.flush())
    yield END_OF_CONTENTS * 6
