"""Bytes in passing: small ones in memory, large ones in a file, then a blob."""

import asyncio
import errno
import io
import os
from pathlib import Path
from typing import BinaryIO

from gateway.core.as2_log import HEAD_BYTES
from gateway.core.errors import StorageError
from gateway.core.model import BlobRef
from gateway.core.ports import Blobs

IN_MEMORY = 1 << 18
"""Bytes that are kept in memory before a file is begun."""
INLINE = 1 << 14
"""Bytes of a body, or of a document, that are kept with the message."""
KEEP_FREE = 128 << 20
"""Bytes of the disk that the database needs to go on."""


class Spool:
    """Written once, read from any place; nothing of it is left at the end.

    *file* is where it goes if it is large; the folder is on the blobs' file system.
    All methods but `store` block.
    """

    def __init__(self, file: Path) -> None:
        self._path = file
        self._memory = io.BytesIO()
        self._file: BinaryIO | None = None
        self.size = 0

    @property
    def in_memory(self) -> bool:
        return self._file is None

    def fits(self, more: int) -> bool:
        """Whether `more` bytes can be written without touching the disk."""
        return self.in_memory and self.size + more <= IN_MEMORY

    def write(self, data: bytes) -> int:
        """Append; StorageError when the disk does not take it."""
        try:
            if self._file is None and not self.fits(len(data)):
                self._file = self._path.open("x+b")
                self._path.chmod(0o600)
                self._file.write(self._memory.getbuffer())
                self._memory = io.BytesIO()
            if self._file is not None and _free(self._file) < len(data):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            (self._file or self._memory).write(data)
        except OSError as error:
            raise _refused(self._path, error) from error
        self.size += len(data)
        return len(data)

    def read(self, size: int) -> bytes:
        return (self._file or self._memory).read(size)

    def seek(self, offset: int) -> int:
        return (self._file or self._memory).seek(offset)

    def head(self) -> bytes:
        """Return the first HEAD_BYTES."""
        self.seek(0)
        return self.read(HEAD_BYTES)

    async def store(self, blobs: Blobs) -> BlobRef:
        """Make a blob of it; durable when this returns."""
        if self._file is None:
            return await blobs.put(self._memory.getvalue())
        await asyncio.to_thread(self._flush, self._file)
        return await blobs.adopt(self._path)

    def small(self, limit: int) -> bytes | None:
        """Return all of it; None if it is in a file or has more than `limit` bytes."""
        if self._file is not None or self.size > limit:
            return None
        return self._memory.getvalue()

    def close(self) -> None:
        """Remove what is left."""
        if self._file is not None:
            self._path.unlink(missing_ok=True)
            try:
                self._file.close()
            except OSError as error:
                if error.errno != errno.ENOSPC:  # what did not fit is not wanted
                    raise
        self._memory = io.BytesIO()

    async def discard(self) -> None:
        """Close without holding up the loop: to unlink 50 MB takes 50 ms and more."""
        if self.in_memory:
            self.close()
        else:
            await asyncio.to_thread(self.close)

    def _flush(self, file: BinaryIO) -> None:
        try:
            file.flush()
        except OSError as error:
            raise _refused(self._path, error) from error


def _free(file: BinaryIO) -> int:
    disk = os.fstatvfs(file.fileno())
    return disk.f_bavail * disk.f_frsize - KEEP_FREE


def _refused(path: Path, error: OSError) -> StorageError:
    return StorageError(
        f"an AS2 message cannot be written to {path.parent}: {error.strerror}"
    )
