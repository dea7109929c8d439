"""The container of an old workbook: sectors chained to streams (MS-CFB)."""

import struct
from array import array
from collections.abc import Iterator, Mapping, Sequence

OLE2 = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

_HEADER = 512
_ENTRY = 128
_LAST = 0xFFFFFFFA  # from here on no sector, but what a chain's end means
_HEADER_SECTORS = 109  # of the table that the header has room for
_SHIFTS = (9, 12)
_STREAM, _ROOT = 2, 5
_WORD = 4


class Broken(Exception):
    """The container cannot be read; the text says why."""


class Container:
    """Reads streams by name; Broken instead of an endless chain."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        if len(data) < _HEADER or not data.startswith(OLE2):
            raise Broken("it is no container of an old workbook")
        (shift,) = struct.unpack_from("<H", data, 30)
        if shift not in _SHIFTS:
            raise Broken("its sectors have an unknown size")
        self._size = 1 << shift
        (self._cutoff, first_mini) = struct.unpack_from("<2I", data, 56)
        self._table = self._words(self._tables())
        (directory,) = struct.unpack_from("<I", data, 48)
        self._entries = dict(self._read_directory(self._joined(directory)))
        self._minis = self._words(self._chain(first_mini, self._table))
        root = self._entries.get("", (0, 0))
        self._mini = self._joined(root[0]) if root[1] else b""

    @property
    def names(self) -> Mapping[str, tuple[int, int]]:
        """The streams' names, each with its first sector and its size."""
        return self._entries

    def stream(self, name: str) -> bytes:
        """Return a stream's content."""
        start, size = self._entries[name]
        if size >= self._cutoff:
            return self._joined(start)[:size]
        step = 64
        sectors = self._chain(start, self._minis)
        content = b"".join(self._mini[at * step : (at + 1) * step] for at in sectors)
        return content[:size]

    def _tables(self) -> Iterator[int]:
        """Yield the sectors that hold the table of chains."""
        listed = struct.unpack_from(f"<{_HEADER_SECTORS}I", self._data, 76)
        yield from (at for at in listed if at < _LAST)
        (at,) = struct.unpack_from("<I", self._data, 68)
        for _ in range(len(self._data) // self._size + 1):
            if at >= _LAST:
                return
            *more, at = array("I", self._sector(at))
            yield from (each for each in more if each < _LAST)
        raise Broken("its sectors go round in circles")

    def _words(self, sectors: Iterator[int]) -> Sequence[int]:
        found = array("I")
        for at in sectors:
            found.frombytes(self._sector(at))
        if len(found) * _WORD > len(self._data):
            raise Broken("its table has more sectors than there are")
        return found

    def _sector(self, at: int) -> bytes:
        start = _HEADER if self._size == _HEADER else self._size
        start += at * self._size
        if start >= len(self._data):
            raise Broken("it is cut short")
        found = self._data[start : start + self._size]
        return found.ljust(self._size, b"\0")

    def _chain(self, at: int, table: Sequence[int]) -> Iterator[int]:
        for _ in range(len(table) + 1):
            if at >= _LAST:
                return
            if at >= len(table):
                raise Broken("it is cut short")
            yield at
            at = table[at]
        raise Broken("its sectors go round in circles")

    def _joined(self, start: int) -> bytes:
        return b"".join(self._sector(at) for at in self._chain(start, self._table))

    @staticmethod
    def _read_directory(data: bytes) -> Iterator[tuple[str, tuple[int, int]]]:
        """Yield each stream; the root, which holds the small ones, has no name."""
        for at in range(0, len(data) - _ENTRY + 1, _ENTRY):
            length, kind = struct.unpack_from("<HB", data, at + 64)
            place = struct.unpack_from("<2I", data, at + 116)
            if kind == _ROOT:
                yield "", place
            elif kind == _STREAM:
                raw = data[at : at + max(min(length, 64) - 2, 0)]
                yield raw.decode("utf-16-le", "replace"), place
