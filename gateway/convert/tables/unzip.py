"""Zip files from outside, read in memory and within bounds; nothing is unpacked."""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from gateway.convert.unfit import Unfit, unreadable
from gateway.core.errors import N_

MEMBERS = 3000
TOTAL_BYTES = 40 << 20
"""Unpacked, of the zip and those inside of it together."""
RATIO = 200
"""How many times its packed size a member may have; small ones may have more."""
_SMALL = 1 << 20
_DEEPEST = 3
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    ValueError,
    NotImplementedError,  # a method of packing that Python does not know
    RuntimeError,  # it wants a password
)
_REMEDY = N_("Upload the directory's zip as UNECE publishes it, without a password.")


def is_zip(data: bytes) -> bool:
    return data.startswith(b"PK\x03\x04")


def refused(name: str, message: str) -> Unfit:
    return unreadable("directory-zip", f"{name}: {message}.", None, _REMEDY)


@dataclass(slots=True)
class Unzip:
    """Reads the members that are wanted, those of zips inside of the zip too."""

    name: str
    wanted: Callable[[str], bool]
    members: int = 0
    unpacked: int = 0

    def files(self, data: bytes) -> Iterator[tuple[str, bytes]]:
        """Yield name and content; a member's folders do not count.

        Unfit if the zip is broken, or holds more than the bounds above.
        """
        return self._walk(data, self.name, 1)

    def _walk(self, data: bytes, where: str, depth: int) -> Iterator[tuple[str, bytes]]:
        if depth > _DEEPEST:
            raise refused(where, f"zips are nested more than {_DEEPEST} deep")
        try:
            archive = zipfile.ZipFile(io.BytesIO(data))
        except _BROKEN as error:
            raise refused(where, f"it is a broken zip file ({error})") from error
        with archive:
            for info in archive.infolist():
                self.members += 1
                if self.members > MEMBERS:
                    raise refused(self.name, f"it holds more than {MEMBERS} files")
                name = info.filename.replace("\\", "/").rsplit("/", 1)[-1]
                inner = name.lower().endswith(".zip")
                if not inner and not self.wanted(name):
                    continue
                body = self._body(archive, info, f"{where}, {name[:60]}")
                if inner:
                    yield from self._walk(body, f"{where}, {name[:60]}", depth + 1)
                else:
                    yield name, body

    def _body(
        self, archive: zipfile.ZipFile, info: zipfile.ZipInfo, where: str
    ) -> bytes:
        """Return a member's content, read no further than is allowed."""
        allowed = min(
            TOTAL_BYTES - self.unpacked, max(_SMALL, RATIO * info.compress_size)
        )
        try:
            with archive.open(info) as member:
                body = member.read(allowed + 1)
        except _BROKEN as error:
            raise refused(where, f"it cannot be unpacked ({error})") from error
        if len(body) > allowed:
            raise refused(
                where,
                f"unpacked it has more than {allowed} bytes: at most {TOTAL_BYTES} in"
                f" all and {RATIO} times the packed size are read",
            )
        self.unpacked += len(body)
        return body
