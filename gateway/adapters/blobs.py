"""Payloads on disk, named by digest: temp file, fsync, rename, fsync the folder.

Small ones may be laid down without the two fsyncs, by whoever has their bytes durable
elsewhere until they are secured.
"""

import asyncio
import fcntl
import hashlib
import logging
import os
from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from gateway.adapters.blob_files import (
    create,
    discard,
    doubt,
    fsync,
    has,
    holds,
    older,
    synced,
    told,
)
from gateway.core.errors import StorageError
from gateway.core.model import BlobRef
from gateway.core.ports import NewId

CHUNK = 1 << 18
LAID_MAX = 1 << 14
"""Bytes of a payload that may be there without being synced."""

log = logging.getLogger(__name__)


@dataclass(slots=True)
class FolderWriter:
    """One payload in progress; small writes are gathered, so threads are few."""

    blobs: "FolderBlobs"
    temp: Path
    file: BinaryIO
    digest: "hashlib._Hash" = field(default_factory=hashlib.sha256)
    gathered: bytearray = field(default_factory=bytearray)

    async def write(self, data: bytes) -> None:
        self.gathered += data
        if len(self.gathered) >= CHUNK:
            await asyncio.to_thread(self._flush)

    async def commit(self) -> BlobRef:
        return await asyncio.to_thread(self._commit)

    def _flush(self) -> None:
        data, self.gathered = self.gathered, bytearray()
        with told(self.blobs.root):
            self.digest.update(data)
            self.file.write(data)

    def _commit(self) -> BlobRef:
        self._flush()
        with told(self.blobs.root):
            self.file.flush()
            os.fsync(self.file.fileno())
            ref = BlobRef(self.digest.hexdigest(), self.file.tell())
            self.blobs.settle(self.temp, ref, keep=False)
        return ref


@dataclass(frozen=True, slots=True)
class FolderBlobs:
    """The Blobs the process uses: `root/ab/abcd...`, temporary files in `root/tmp`.

    Several processes may share the folder. All disk work is done in threads; an OSError
    becomes a StorageError.
    """

    root: Path
    new_id: NewId
    # prefixes whose folder is known to survive a power cut
    _made: set[str] = field(default_factory=set)

    @asynccontextmanager
    async def writer(self) -> AsyncIterator[FolderWriter]:
        """Open a writer; without its commit nothing is left."""
        temp = self._temp()
        file = await asyncio.to_thread(create, temp)
        try:
            yield FolderWriter(self, temp, file)
        finally:
            await asyncio.to_thread(discard, temp, file)

    async def put(self, data: bytes) -> BlobRef:
        """Store `data` whole; durable when this returns."""
        return await asyncio.to_thread(self.put_here, data)

    async def adopt(self, file: Path, *, keep: bool = False) -> BlobRef:
        """Take over a finished spool file of the same file system.

        With `keep` the blob is a second name of the file: the caller removes its own
        once it has committed the reference, and writes to it no more.
        """
        return await asyncio.to_thread(self._adopt, file, keep=keep)

    async def read(self, ref: BlobRef) -> AsyncIterator[bytes]:
        """Yield the payload; StorageError if it is missing or of another size."""
        file = await asyncio.to_thread(self._open, ref)
        seen = 0
        try:
            while data := await asyncio.to_thread(file.read, CHUNK):
                seen += len(data)
                yield data
        finally:
            file.close()
        if seen != ref.size:
            raise StorageError(
                f"blob {ref.sha256} has {seen} bytes, {ref.size} were stored; "
                "restore it from the backup"
            )

    def path(self, ref: BlobRef) -> Path:
        """Return where the payload lies."""
        return self.root / ref.sha256[:2] / ref.sha256

    async def sweep(self, before: datetime) -> int:
        """Remove temporary files untouched since *before*, which a crash left."""
        return await asyncio.to_thread(self._sweep, before.timestamp())

    async def idle(self, before: datetime) -> AsyncIterator[Sequence[str]]:
        """Yield, folder by folder, the digests that nobody stored since *before*."""
        for number in range(256):
            folder = self.root / f"{number:02x}"
            found = await asyncio.to_thread(older, folder, before.timestamp())
            if found:
                yield [path.name for path in found]

    async def remove(self, digests: Sequence[str], before: datetime) -> int:
        """Remove blobs nobody refers to, save those stored again since *before*."""
        return await asyncio.to_thread(self._remove, digests, before.timestamp())

    # --- In threads ------------------------------------------------------------------

    def settle(self, temp: Path, ref: BlobRef, *, keep: bool) -> None:
        """Give a synced file its name, durably; the same bytes are kept once.

        A small one takes the place of what is there, which may be laid down only.
        """
        target = self.path(ref)
        self._make(target.parent)
        with self._lock(fcntl.LOCK_SH):
            if ref.size <= LAID_MAX or not has(target, ref.size):
                self._name(temp, target, keep=keep)
            os.utime(target)  # remove() leaves it alone from now on
            if not keep:
                temp.unlink(missing_ok=True)
        fsync(target.parent)  # also for who came first and has not done it yet

    def _name(self, temp: Path, target: Path, *, keep: bool) -> None:
        """Put the file in its place in one step: others may do the same right now."""
        if not keep:
            temp.replace(target)
            return
        second = self._temp()
        self._make(second.parent)
        second.hardlink_to(temp)
        second.replace(target)
        second.unlink(missing_ok=True)  # a rename onto the same file leaves both names

    def _temp(self) -> Path:
        return self.root / "tmp" / self.new_id()

    def lay_here(self, data: bytes) -> BlobRef:
        """Store at most LAID_MAX bytes without waiting for the disk."""
        ref = _ref(data)
        target = self.path(ref)
        with told(self.root):
            self._make(target.parent)
            with self._lock(fcntl.LOCK_SH):
                laid = holds(target, data) or self._laid(target, data)
                if laid:
                    os.utime(target)
        return ref if laid else self.put_here(data)

    def _laid(self, target: Path, data: bytes) -> bool:
        """Lay it down unless a file is there: another's may be synced by now."""
        temp = self._temp()
        file = create(temp)
        try:
            file.write(data)
            file.flush()
            os.link(temp, target)
        except FileExistsError:
            return False
        finally:
            discard(temp, file)
        return True

    def secure(self, payloads: Mapping[str, bytes]) -> Collection[str]:
        """Make durable what was laid down, by digest; return those that now are.

        What is missing or was refused by the disk is written anew; if that fails, the
        log says so.
        """
        folders, doubted = defaultdict(list), []
        for digest, data in payloads.items():
            target = self.path(BlobRef(digest, len(data)))
            if holds(target, data) and synced(target):
                folders[target.parent].append(digest)
            else:
                doubted.append(digest)
        for folder, digests in folders.items():
            if not synced(folder):
                doubted += digests
        failed = {each for each in doubted if not self._anew(each, payloads[each])}
        return payloads.keys() - failed

    def _anew(self, digest: str, data: bytes) -> bool:
        target = self.path(BlobRef(digest, len(data)))
        doubt(target)
        try:
            self.put_here(data)
        except StorageError as error:
            doubt(target)  # it may be another file by now
            log.error(  # noqa: TRY400 - the text says it all
                "payload %s is kept in the database, but not on the disk: %s; see to "
                "the disk, it is tried again every minute",
                digest,
                error,
            )
            return False
        return True

    def put_here(self, data: bytes) -> BlobRef:
        ref = _ref(data)
        temp = self._temp()
        file = create(temp)
        try:
            with told(self.root):
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
                self.settle(temp, ref, keep=False)
        except BaseException:
            discard(temp, file)
            raise
        file.close()
        return ref

    def _adopt(self, file: Path, *, keep: bool) -> BlobRef:
        with told(self.root), file.open("rb") as opened:
            digest = hashlib.file_digest(opened, "sha256")
            os.fsync(opened.fileno())
            ref = BlobRef(digest.hexdigest(), opened.tell())
            if os.fstat(opened.fileno()).st_size != ref.size:
                raise StorageError(f"{file.name} changed while it was taken over")
            self.settle(file, ref, keep=keep)
            return ref

    def _open(self, ref: BlobRef) -> BinaryIO:
        try:
            return self.path(ref).open("rb")
        except FileNotFoundError as error:
            raise StorageError(
                f"blob {ref.sha256} is missing; restore it from the backup"
            ) from error
        except OSError as error:
            raise StorageError(f"blob {ref.sha256}: {error.strerror}") from error

    def _make(self, folder: Path) -> None:
        if folder.name not in self._made:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            fsync(self.root)
            fsync(self.root.parent)
            self._made.add(folder.name)

    @contextmanager
    def _lock(self, how: int) -> Iterator[None]:
        """Keep storing a blob again and removing it apart, in all processes."""
        fd = os.open(self.root / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(fd, how)
            yield
        finally:
            os.close(fd)

    def _sweep(self, before: float) -> int:
        with told(self.root):
            stale = older(self.root / "tmp", before)
            for path in stale:
                path.unlink(missing_ok=True)
        return len(stale)

    def _remove(self, digests: Sequence[str], before: float) -> int:
        removed = 0
        for digest in digests:
            path = self.path(BlobRef(digest, 0))
            with told(self.root), self._lock(fcntl.LOCK_EX):
                if path.is_file() and path.stat().st_mtime < before:
                    path.unlink()
                    removed += 1
        return removed


def _ref(data: bytes) -> BlobRef:
    return BlobRef(hashlib.sha256(data).hexdigest(), len(data))
