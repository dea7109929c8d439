"""One process for each data directory: an exclusive lock on `run/lock`."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gateway.core.errors import ConfigError


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Hold the lock file `path`; ConfigError names the process that has it.

    The kernel frees the lock when the process dies, however it dies; so the file stays
    and its presence means nothing.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise ConfigError(f"{path} could not be opened: {error.strerror}") from error
    try:
        _take(fd, path)
        yield
    finally:
        os.close(fd)


def _take(fd: int, path: Path) -> None:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        holder = os.read(fd, 32).decode(errors="replace").strip() or "unknown"
        raise ConfigError(
            f"another gateway (process {holder}) uses the data directory "
            f"{path.parent.parent}; stop it first or give this one its own --data"
        ) from error
    os.ftruncate(fd, 0)
    os.pwrite(fd, f"{os.getpid()}\n".encode(), 0)
