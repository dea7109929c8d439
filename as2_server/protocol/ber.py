"""BER read as a stream, DER written (X.690); what a CMS structure needs, no more."""

from collections.abc import Iterator
from typing import NamedTuple

from as2_server.protocol.dispositions import ProtocolError
from as2_server.protocol.reader import CHUNK, Reader

INTEGER, OCTETS, NULL, OID = 0x02, 0x04, 0x05, 0x06
UTC_TIME, SEQUENCE, SET = 0x17, 0x30, 0x31
CONSTRUCTED = 0x20
MAX_DEPTH = 16
MAX_ITEMS = 2000
END_OF_CONTENTS = bytes(2)


def context(number: int, *, constructed: bool = True) -> int:
    """Return the identifier octet of a context-specific tag."""
    return 0x80 | number | (CONSTRUCTED if constructed else 0)


# --- Writing ---------------------------------------------------------------------


def length(size: int) -> bytes:
    """Encode a definite length."""
    if size < 0x80:  # noqa: PLR2004 - the short form, X.690 section 8.1.3.4
        return bytes((size,))
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((0x80 | len(octets),)) + octets


def tlv(tag: int, *parts: bytes) -> bytes:
    """Encode one element of definite length."""
    body = parts[0] if len(parts) == 1 else b"".join(parts)
    size = len(body)
    if size < 0x80:  # noqa: PLR2004 - as in length(), without the call
        return bytes((tag, size)) + body
    return bytes((tag,)) + length(size) + body


def integer(number: int) -> bytes:
    """Encode an INTEGER that is not negative."""
    return tlv(INTEGER, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def oid(dotted: str) -> bytes:
    """Encode an OBJECT IDENTIFIER."""
    first, second, *rest = (int(arc) for arc in dotted.split("."))
    body = bytearray()
    for arc in (first * 40 + second, *rest):
        septets = [arc & 0x7F]
        while arc := arc >> 7:
            septets.append(0x80 | arc & 0x7F)
        body += bytes(reversed(septets))
    return tlv(OID, bytes(body))


def set_of(*elements: bytes, tag: int = SET) -> bytes:
    """Encode a SET OF in DER: sorted."""
    return tlv(tag, *sorted(elements))


# --- Reading what is in memory ---------------------------------------------------


class Item(NamedTuple):
    """One element: identifier octet, contents, and the whole as it was encoded."""

    tag: int
    body: bytes
    whole: bytes

    def items(self, least: int = 0) -> list["Item"]:
        """Return the elements inside; ProtocolError if that is not what is inside."""
        if not self.tag & CONSTRUCTED:
            raise ProtocolError("A CMS structure is not built as it should be.")
        return items(self.body, least)

    def expect(self, tag: int) -> "Item":
        if self.tag != tag:
            raise ProtocolError(
                f"A CMS structure has tag {self.tag:#04x} in place of {tag:#04x}."
            )
        return self


def items(data: bytes, least: int = 0) -> list[Item]:
    """Split definite-length elements that stand one after the other.

    ProtocolError when there are fewer than `least`.
    """
    found: list[Item] = []
    at, whole = 0, len(data)
    while at < whole:
        tag, size, start = _header(data, at)
        end = start + size
        if end > whole or len(found) >= MAX_ITEMS:
            raise ProtocolError("A CMS structure is longer than its frame.")
        found.append(Item(tag, data[start:end], data[at:end]))
        at = end
    if len(found) < least:
        raise ProtocolError("A CMS structure is incomplete.")
    return found


def _header(data: bytes, at: int) -> tuple[int, int, int]:
    """Return tag, size and where the contents begin."""
    if at + 2 > len(data):
        raise ProtocolError("A CMS structure is longer than its frame.")
    tag, size = data[at], data[at + 1]
    start = at + 2
    if size >= 0x80:  # noqa: PLR2004 - not the short form
        start += _length_octets(tag, size)
        size = int.from_bytes(data[at + 2 : start], "big")
    return tag, size, start


def _length_octets(tag: int, size: int) -> int:
    """Return how many octets of a long definite length follow (section 8.1.3.5)."""
    count = size & 0x7F
    if not count:
        raise ProtocolError("A CMS structure has no length where it needs one.")
    if count > 8 or tag & 0x1F == 0x1F:  # noqa: PLR2004 - no more than 2**64 bytes
        raise ProtocolError("A CMS structure has an impossible length.")
    return count


def der(item: Item, depth: int = 0) -> bytes:
    """Encode the element anew in DER: minimal lengths, whole strings, sorted SETs."""
    if not item.tag & CONSTRUCTED:
        return tlv(item.tag, item.body)
    if depth > MAX_DEPTH:
        raise ProtocolError("A CMS structure is nested too deep.")
    if item.tag == OCTETS | CONSTRUCTED:
        return tlv(OCTETS, *(items(der(i, depth + 1))[0].body for i in item.items()))
    parts = [der(inner, depth + 1) for inner in item.items()]
    return set_of(*parts) if item.tag == SET else tlv(item.tag, *parts)


# --- Reading a stream ------------------------------------------------------------


class BerReader:
    """Takes elements off a stream: definite or indefinite, primitive or constructed.

    The lengths of the structures around a streamed OCTET STRING are not kept count
    of: what they hold is read element by element.
    """

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.taken = 0

    def _exact(self, size: int) -> bytes:
        self.taken += size
        return self.reader.exact(size)

    def header(self) -> tuple[int, int | None]:
        """Take identifier and length octets; None for the indefinite length."""
        self.taken += 2
        tag, size = self.reader.exact(2)
        if tag & 0x1F == 0x1F:  # noqa: PLR2004 - high tag numbers, section 8.1.2.4
            raise ProtocolError("A CMS structure has an unknown tag.")
        if size < 0x80:  # noqa: PLR2004 - the short form
            return tag, size
        if size == 0x80:  # noqa: PLR2004 - the indefinite form
            return tag, None
        return tag, int.from_bytes(self._exact(_length_octets(tag, size)), "big")

    def open(self, tag: int) -> None:
        """Take the header of a constructed element; its contents follow."""
        found, _ = self.header()
        if found != tag:
            raise ProtocolError(
                f"A CMS structure has tag {found:#04x} in place of {tag:#04x}."
            )

    def item(self, limit: int) -> Item:
        """Take a whole element of at most `limit` bytes, made definite."""
        return self.item_of(*self.header(), limit)

    def raw_of(self, tag: int, size: int | None, limit: int) -> Item:
        """Take the contents as they are, for what is hardly ever looked into."""
        if size is None or size > limit:
            return self.item_of(tag, size, limit)
        body = self._exact(size)
        return Item(tag, body, tlv(tag, body))

    def item_of(self, tag: int, size: int | None, limit: int, depth: int = 0) -> Item:
        """Take the contents of an element whose header was taken, made definite."""
        if size is not None:
            if size > limit:
                raise ProtocolError(f"A CMS structure exceeds {limit} bytes.")
            body = self._exact(size)
            if tag & CONSTRUCTED:
                body = _definite(body, depth)
        else:
            body = self._indefinite(tag, limit, depth)
        return Item(tag, body, tlv(tag, body))

    def _indefinite(self, tag: int, limit: int, depth: int) -> bytes:
        if depth > MAX_DEPTH or not tag & CONSTRUCTED:
            raise ProtocolError("A CMS structure is nested too deep.")
        parts: list[bytes] = []
        taken = 0
        while True:
            inner, size = self.header()
            if inner == 0 and size == 0:
                return b"".join(parts)
            part = self.item_of(inner, size, limit - taken, depth + 1).whole
            parts.append(part)
            taken += len(part)
            if taken > limit:
                raise ProtocolError(f"A CMS structure exceeds {limit} bytes.")

    def octets(self, tag: int, size: int | None, depth: int = 0) -> Iterator[bytes]:
        """Yield the bytes of an OCTET STRING in chunks; header was taken."""
        if not tag & CONSTRUCTED:
            yield from self._primitive(size)
            return
        if depth > MAX_DEPTH:
            raise ProtocolError("A CMS structure is nested too deep.")
        end = None if size is None else self.taken + size
        while end is None or self.taken < end:
            inner, inner_size = self.header()
            if end is None and inner == 0 and inner_size == 0:
                return
            if inner & ~CONSTRUCTED != OCTETS:
                raise ProtocolError("A CMS structure's content is no octet string.")
            yield from self.octets(inner, inner_size, depth + 1)
        if end != self.taken:
            raise ProtocolError("A CMS structure is longer than its frame.")

    def _primitive(self, size: int | None) -> Iterator[bytes]:
        if size is None:
            raise ProtocolError("A CMS structure has no length where it needs one.")
        while size:
            chunk = self.reader.read(min(CHUNK, size))
            if not chunk:
                raise ProtocolError("The message ends in the middle of a structure.")
            size -= len(chunk)
            self.taken += len(chunk)
            yield chunk

    def ends(self) -> int:
        """Take the end-of-contents octets there are; return how many.

        ProtocolError when there are more than could have been opened.
        """
        count = 0
        while self.reader.peek(2) == END_OF_CONTENTS:
            self._exact(2)
            count += 1
            if count > MAX_DEPTH:
                raise ProtocolError("A CMS structure ends more often than it begins.")
        return count


def _is_definite(data: bytes, at: int, end: int, depth: int = 0) -> bool:
    """Whether all that is inside has a definite length, and fits."""
    while at < end:
        tag = data[at]
        try:
            _, size, start = _header(data, at)
        except ProtocolError:
            return False
        at = start + size
        inside = tag & CONSTRUCTED and depth < MAX_DEPTH
        if at > end or (inside and not _is_definite(data, start, at, depth + 1)):
            return False
    return True


def _definite(body: bytes, depth: int) -> bytes:
    """Make definite what has an indefinite length inside of a definite one."""
    if b"\x80" not in body or depth > MAX_DEPTH or _is_definite(body, 0, len(body)):
        return body
    inner = BerReader(Reader((body,)))
    parts = []
    while inner.reader.peek(1):
        tag, size = inner.header()
        parts.append(inner.item_of(tag, size, len(body), depth + 1).whole)
    return b"".join(parts)
