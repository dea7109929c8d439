"""The steps on the files of blobs; each blocks."""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from gateway.core.errors import Outage, StorageError

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@contextmanager
def told(where: Path) -> Iterator[None]:
    """Say in words what the disk refused: Outage if it is full, else StorageError."""
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise Outage(
                f"no room is left on the disk of {where}; free some space or move the "
                "data directory to a larger disk"
            ) from error
        raise StorageError(
            f"{error.filename or where} could not be used: {error.strerror}"
        ) from error


def create(temp: Path) -> BinaryIO:
    """Open a file that is not there yet, in a folder that may not be. StorageError."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    with told(temp.parent):
        try:
            fd = os.open(temp, flags, 0o600)
        except FileNotFoundError:
            temp.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            fd = os.open(temp, flags, 0o600)
        return os.fdopen(fd, "wb")


def discard(temp: Path, file: BinaryIO) -> None:
    """Close and remove; what a full disk left unwritten is of no interest now."""
    temp.unlink(missing_ok=True)
    try:
        file.close()
    except OSError as error:
        if error.errno not in FULL:
            raise


def fsync(path: Path) -> None:
    """Have a file, or a folder's names, on the disk. OSError."""
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def doubt(path: Path) -> None:
    """Mark a file that the disk refused: whole as it looks, that may be memory only.

    Linux reports once that it could not write, and then takes the file for written.
    The mark lives as long as what is in memory does, also when the process ends.
    """
    with suppress(OSError):
        path.chmod(stat.S_IRUSR)


def synced(path: Path) -> bool:
    """Do as fsync() does; False if that fails or the file is doubted."""
    try:
        if not path.stat().st_mode & stat.S_IWUSR:
            return False
        fsync(path)
    except OSError:
        return False
    return True


def holds(target: Path, data: bytes) -> bool:
    """Whether the file is there, can be read and has these bytes and no more."""
    try:
        with target.open("rb", buffering=0) as file:
            return file.read(len(data) + 1) == data
    except OSError:
        return False


def has(target: Path, size: int) -> bool:
    """Whether a file of this size in bytes is there. OSError."""
    return target.is_file() and target.stat().st_size == size


def older(folder: Path, before: float) -> list[Path]:
    """Return the files untouched since *before*, in seconds of Unix time. OSError."""
    try:
        with os.scandir(folder) as entries:
            return [
                Path(entry.path)
                for entry in entries
                if entry.is_file() and entry.stat().st_mtime < before
            ]
    except FileNotFoundError:
        return []
