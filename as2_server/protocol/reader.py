"""Bytes on demand: the pull side of every layer of a message."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Protocol

from as2_server.protocol.dispositions import ProtocolError

CHUNK = 1 << 18
"""Bytes handled at a time; what a layer holds is a small multiple of it."""


class Source(Protocol):
    """An open binary file, or what looks like one."""

    def read(self, size: int, /) -> bytes: ...


class Sink(Protocol):
    """Where bytes go."""

    def write(self, data: bytes, /) -> object: ...


class Reader:
    """Reads chunks of any size as a stream into which bytes can be put back."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._head = b""
        self._at = 0
        self._pulled = 0

    @property
    def position(self) -> int:
        """How many bytes were taken so far."""
        return self._pulled - len(self._head) + self._at

    @classmethod
    def of(cls, source: Source) -> "Reader":
        return cls(iter(lambda: source.read(CHUNK), b""))

    def read(self, size: int = CHUNK) -> bytes:
        """Return 1 to `size` bytes, or none at the end."""
        while self._at >= len(self._head):
            chunk = next(self._chunks, None)
            if chunk is None:
                return b""
            self._pulled += len(chunk)
            self._head, self._at = chunk, 0
        if self._at == 0 and len(self._head) <= size:
            data, self._head = self._head, b""
            return data
        data = self._head[self._at : self._at + size]
        self._at += len(data)
        return data

    def exact(self, size: int) -> bytes:
        """Return `size` bytes; ProtocolError if the stream ends before."""
        end = self._at + size
        if end <= len(self._head):
            data = self._head[self._at : end]
            self._at = end
            return data
        data = self.read(size)
        if len(data) == size:
            return data
        parts = [data]
        missing = size - len(data)
        while missing:
            more = self.read(missing)
            if not more:
                raise ProtocolError("The message ends in the middle of a structure.")
            parts.append(more)
            missing -= len(more)
        return b"".join(parts)

    def unread(self, data: bytes) -> None:
        """Put bytes back in front."""
        if data:
            self._head = data + self._head[self._at :]
            self._at = 0

    def peek(self, size: int) -> bytes:
        """Return up to `size` bytes without taking them."""
        if self._at + size <= len(self._head):  # the rest is not moved for it
            return self._head[self._at : self._at + size]
        data = b""
        while len(data) < size and (more := self.read(size - len(data))):
            data += more
        self.unread(data)
        return data

    def rest(self) -> Iterator[bytes]:
        """Yield everything that is left."""
        while chunk := self.read():
            yield chunk

    def all(self, limit: int) -> bytes:
        """Return the rest; ProtocolError when it exceeds `limit` bytes."""
        parts, size = [], 0
        for chunk in self.rest():
            size += len(chunk)
            if size > limit:
                raise ProtocolError(f"A part of the message exceeds {limit} bytes.")
            parts.append(chunk)
        return b"".join(parts)


def tap(chunks: Iterable[bytes], see: Callable[[bytes], object]) -> Iterator[bytes]:
    """Yield the chunks, showing each to `see` on its way."""
    for chunk in chunks:
        see(chunk)
        yield chunk


@dataclass(frozen=True, slots=True)
class Stream:
    """Bytes to be sent: their number, None when it is not known before, and them."""

    size: int | None
    chunks: Iterator[bytes]

    @classmethod
    def of(cls, data: bytes) -> "Stream":
        return cls(len(data), iter((data,)))

    def framed(self, before: bytes, after: bytes = b"") -> "Stream":
        """Return the stream with bytes around it."""
        size = None if self.size is None else self.size + len(before) + len(after)
        return Stream(size, chain((before,), self.chunks, (after,)))
