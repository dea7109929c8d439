"""Open files: plain descriptors, read and written in threads, never in the loop."""

import asyncio
import errno
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from gateway.core.errors import Conflict, QuotaExceeded, Refusal
from gateway.core.ports import Entry, Spool

CHUNK = 1 << 18  # the most that one read answers
CHECK = 1 << 22  # the quota is looked up again after so many bytes
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
ATTEMPTS = 3

RoomLeft = Callable[[], Awaitable[int | None]]
"""Returns the bytes that the mailbox may still take; None for any number."""


@dataclass(slots=True)
class Reading:
    """A finished file, open for reading."""

    entry: Entry
    fd: int

    @classmethod
    async def open(cls, entry: Entry, file: Path) -> "Reading":
        flags = os.O_RDONLY | os.O_CLOEXEC
        return cls(entry, await asyncio.to_thread(os.open, file, flags))

    async def read(self, offset: int, size: int) -> bytes:
        return await _pread(self.fd, offset, size)

    def close(self) -> None:
        os.close(self.fd)


@dataclass(slots=True, kw_only=True)
class Writing:
    """A partial file, open for writing; its first failure is its last word."""

    spool: Spool
    append: bool
    max_bytes: int
    room_left: RoomLeft
    keep_free: int = 0  # bytes of the disk that no upload may use
    modified_at: datetime | None = None
    fd: int = -1
    granted: int = 0  # the size up to which no look at the quota is needed
    final_size: int = 0  # known once it is finished
    problem: Refusal | None = None
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def open(self) -> bool:
        """Open the spool file; False if it is a finished one's by now."""
        flags = os.O_RDWR | os.O_CLOEXEC
        try:
            self.fd = await asyncio.to_thread(os.open, self.spool.file, flags)
        except FileNotFoundError:
            return False
        found = os.fstat(self.fd)
        self.granted = found.st_size
        if found.st_nlink == 1:
            return True
        self.shut()
        return False

    async def size(self) -> int:
        async with self.lock:
            self._check()
            return (await asyncio.to_thread(os.fstat, self.fd)).st_size

    async def read(self, offset: int, size: int) -> bytes:
        async with self.lock:
            self._check()
            return await _pread(self.fd, offset, size)

    async def write(self, offset: int, data: bytes) -> None:
        """Write all of `data`; with `append` at the end, whatever `offset` says."""
        async with self.lock:
            self._check()
            if self.append:
                offset = os.fstat(self.fd).st_size
            await self._grant(offset + len(data))
            try:
                await asyncio.to_thread(_pwrite, self.fd, data, offset)
            except OSError as error:
                self.problem = _no_room(error)
                raise self.problem from error

    async def resize(self, size: int) -> None:
        async with self.lock:
            self._check()
            await self._grant(size)
            await asyncio.to_thread(os.ftruncate, self.fd, size)

    async def sync(self) -> None:
        async with self.lock:
            self._check()
            await asyncio.to_thread(os.fsync, self.fd)

    async def finish(self, commit: Callable[[Spool], Awaitable[None]]) -> None:
        """Close and commit; a file whose writing failed is refused instead."""
        async with self.lock:
            try:
                self._check()
                self.final_size = os.fstat(self.fd).st_size
            finally:
                self.shut()
            self.problem = _superseded()
            await commit(self.spool)

    async def leave(self) -> None:
        """Stop here, after what is under way: the partial stays for a resume."""
        async with self.lock:
            self.problem = self.problem or _superseded()
            self.shut()

    def shut(self) -> None:
        """Close without committing: the partial stays."""
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1

    def _check(self) -> None:
        if self.problem is not None:
            raise self.problem

    async def _grant(self, size: int) -> None:
        """Refuse, now and at the close, a file that grows over a limit."""
        if size > self.max_bytes:
            self.problem = QuotaExceeded(
                f"a file may have {self.max_bytes} bytes, this one has more"
            )
            raise self.problem
        if size <= self.granted:
            return
        room = await self.room_left()
        present = os.fstat(self.fd).st_size
        if room is not None and size - present > room:
            self.problem = QuotaExceeded(
                "the mailbox is full; delete what was fetched and send the file again"
            )
            raise self.problem
        if size - present > await asyncio.to_thread(self._free):
            self.problem = QuotaExceeded(
                "the gateway's disk is nearly full; tell its operator"
            )
            raise self.problem
        limit = size + CHECK if room is None else min(size + CHECK, present + room)
        self.granted = limit

    def _free(self) -> int:
        disk = os.fstatvfs(self.fd)
        return disk.f_bavail * disk.f_frsize - self.keep_free


@dataclass(frozen=True, slots=True)
class Writers:
    """Who writes to which entry: the last one who opened it, in all sessions."""

    _open: dict[int, Writing] = field(default_factory=dict)

    async def open(
        self,
        begin: Callable[[], Awaitable[Spool]],
        make: Callable[[Spool], Writing],
    ) -> Writing:
        """Begin the upload and take it from a handle that a dead session left.

        A spool file that became a blob meanwhile must not be written to: begin again.
        """
        for _ in range(ATTEMPTS):
            spool = await begin()
            other = self._open.get(spool.entry)
            if other is not None:
                await other.leave()
                self.release(other)
                continue
            writing = make(spool)
            self._open[spool.entry] = writing
            async with writing.lock:
                if await writing.open():
                    return writing
            self.release(writing)
        raise Conflict("the file is being uploaded by somebody else; try again", "busy")

    def release(self, writing: Writing) -> None:
        if self._open.get(writing.spool.entry) is writing:
            del self._open[writing.spool.entry]


async def _pread(fd: int, offset: int, size: int) -> bytes:
    return await asyncio.to_thread(os.pread, fd, min(size, CHUNK), offset)


def _pwrite(fd: int, data: bytes, offset: int) -> None:
    rest = memoryview(data)
    while rest:
        done = os.pwrite(fd, rest, offset)
        rest, offset = rest[done:], offset + done


def _no_room(error: OSError) -> Refusal:
    if error.errno in FULL:
        return QuotaExceeded("the gateway's disk is full; tell its operator")
    return Refusal("the gateway could not write the file; tell its operator")


def _superseded() -> Conflict:
    return Conflict("another session goes on with this upload", "superseded")
