"""Key files: private from their first byte, whole or not there."""

import os
import stat
from pathlib import Path

from gateway.core.errors import ConfigError

OTHERS = stat.S_IRWXG | stat.S_IRWXO


def write_private(path: Path, data: bytes) -> None:
    """Put `data` in place of whatever is at `path`, mode 0600, durably.

    Raises ConfigError naming the file.
    """
    temp = path.with_name(f".{path.name}.new")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        temp.unlink(missing_ok=True)
        fd = os.open(temp, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(fd, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temp.replace(path)
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        raise ConfigError(f"{path} could not be written: {error.strerror}") from error


def read_private(path: Path) -> bytes | None:
    """Return the content, None if there is no file.

    Raises ConfigError if it cannot be read, or if others could.
    """
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            data = file.read()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigError(f"{path} could not be read: {error.strerror}") from error
    if mode & OTHERS:
        raise ConfigError(
            f"the private key in {path} may be read by others (mode "
            f"{stat.S_IMODE(mode):04o}); run: chmod 600 {path}"
        )
    return data
