"""MIME over raw bytes: header blocks, multiparts, transfer encodings (RFC 2045/2046).

Nothing is rewritten: a signature covers the bytes as they came.
"""

import binascii
import re
from collections.abc import Iterator

from as2_server.protocol.dispositions import UNSUPPORTED_FORMAT, ProtocolError
from as2_server.protocol.fields import MAX_BLOCK, Fields, Value
from as2_server.protocol.reader import CHUNK, Reader

MAX_BOUNDARY = 200
"""RFC 2046 allows 70; some products make longer ones."""
MAX_LINE = 1 << 20
_BLANK = re.compile(rb"\n\r?\n")
IDENTITY = {"", "binary", "7bit", "8bit"}  # a missing one means binary here


def read_fields(reader: Reader) -> Fields:
    """Take the header block with its blank line; a part may have no body at all."""
    block = b""
    while True:
        if found := _leading_blank(block):
            reader.unread(block[found:])
            return Fields(())
        if ends := _BLANK.search(block):
            reader.unread(block[ends.end() :])
            return Fields.parse(block[: ends.start()])
        if len(block) > MAX_BLOCK:
            raise ProtocolError(f"The header fields exceed {MAX_BLOCK} bytes.")
        more = reader.read(8192)
        if not more:
            return Fields.parse(block)
        block += more


def _leading_blank(block: bytes) -> int:
    """Length of the blank line that `block` begins with, 0 if it does not."""
    if block.startswith(b"\r\n"):
        return 2
    return 1 if block.startswith(b"\n") else 0


class Multipart:
    """The parts of a multipart body, one after the other."""

    def __init__(self, reader: Reader, content_type: Value) -> None:
        boundary = content_type.get("boundary")
        if not 0 < len(boundary) <= MAX_BOUNDARY or not boundary.isascii():
            raise ProtocolError("The multipart has no usable boundary.")
        self._delimiter = b"\n--" + boundary.encode()
        self._reader = reader
        self._closed = False
        self._current = Reader(self._preamble())

    def next(self) -> Reader | None:
        """Skip what is left of the current part; the next one, None after the last."""
        for _ in self._current.rest():
            pass
        if self._closed:
            return None
        self._current = Reader(self._body())
        return self._current

    def _preamble(self) -> Iterator[bytes]:
        self._reader.unread(b"\r\n")  # the first boundary may be the first line
        return self._body()

    def _body(self) -> Iterator[bytes]:
        """Yield up to the next delimiter (CRLF or LF belongs to it) and take that."""
        held, delimiter = b"", self._delimiter
        while True:
            chunk = self._reader.read(CHUNK)
            held = held + chunk if held else chunk
            at = self._find(held, final=not chunk)
            if at >= 0:
                yield held[: at - 1] if held[at - 1 : at] == b"\r" else held[:at]
                self._reader.unread(held[at + len(delimiter) :])
                self._finish_line()
                return
            if not chunk:
                raise ProtocolError("The multipart's closing boundary is missing.")
            keep = len(delimiter) + 3
            if len(held) > keep:
                yield held[:-keep]
                held = held[-keep:]

    def _find(self, held: bytes, *, final: bool) -> int:
        """Position of the delimiter, -1 if there is none or not yet all of it."""
        at = held.find(self._delimiter)
        while at >= 0:
            after = held[at + len(self._delimiter) :][:2]
            if after == b"--" or after[:1] in {b"\r", b"\n", b" ", b"\t"}:
                return at
            if len(after) < 2 and not final:  # noqa: PLR2004 - as long as "--"
                return -1
            at = held.find(self._delimiter, at + 1)
        return -1

    def _finish_line(self) -> None:
        """Take `--` or white space and the line's end (RFC 2046 section 5.1.1)."""
        if self._reader.peek(2) == b"--":
            self._reader.exact(2)
            self._closed = True
            return
        for _ in range(MAX_BLOCK):
            byte = self._reader.exact(1)
            if byte == b"\n":
                return
            if byte not in {b" ", b"\t", b"\r"}:
                break
        raise ProtocolError("A multipart boundary is followed by something else.")


def decoded(reader: Reader, encoding: str) -> Iterator[bytes]:
    """Undo the Content-Transfer-Encoding."""
    if encoding in IDENTITY:
        return reader.rest()
    if encoding == "base64":
        return _from_base64(reader)
    if encoding == "quoted-printable":
        return _from_quoted_printable(reader)
    raise ProtocolError(
        f"The Content-Transfer-Encoding {encoding[:40]!r} is unknown.",
        UNSUPPORTED_FORMAT,
    )


def _from_base64(reader: Reader) -> Iterator[bytes]:
    held = b""
    for chunk in reader.rest():
        held += chunk.translate(None, b" \t\r\n")
        whole = len(held) // 4 * 4
        if b"=" in held:
            whole = 0  # the end is near; strict decoding sees that it is the end
        if len(held) > MAX_LINE:
            raise ProtocolError("A part of the message is not base64.")
        yield _base64(held[:whole])
        held = held[whole:]
    yield _base64(held + b"=" * (-len(held) % 4))


def _base64(text: bytes) -> bytes:
    try:
        return binascii.a2b_base64(text, strict_mode=True) if text else b""
    except binascii.Error as error:
        raise ProtocolError("A part of the message is not base64.") from error


def _from_quoted_printable(reader: Reader) -> Iterator[bytes]:
    held = b""
    for chunk in reader.rest():
        held += chunk
        end = held.rfind(b"\n") + 1
        if end:
            yield binascii.a2b_qp(held[:end])
            held = held[end:]
        if len(held) > MAX_LINE:
            raise ProtocolError("A quoted-printable line is too long.")
    yield binascii.a2b_qp(held)


def armoured(reader: Reader, encoding: str) -> Reader:
    """Return the bytes of a CMS structure, whatever the encoding claims.

    BER begins with 0x30, the base64 of it with M: some senders name one and send
    the other.
    """
    first = reader.peek(1)
    if first == b"0":
        return reader
    if first == b"M":
        return Reader(_from_base64(reader))
    return Reader(decoded(reader, encoding))


def base64_lines(data: bytes) -> bytes:
    """Encode in lines of 76 characters with CRLF (RFC 2045 section 6.8)."""
    text = binascii.b2a_base64(data, newline=False)
    lines = [text[at : at + 76] for at in range(0, len(text), 76)]
    return b"\r\n".join([*lines, b""])
