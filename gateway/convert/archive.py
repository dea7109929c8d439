"""Zip archives, made chunk by chunk: a large attachment is never in memory whole."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import BinaryIO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

CHUNK = 256 * 1024
LARGE = 64 << 20
"""A member of more bytes is packed the fastest way."""

NAME_MAX = 255
"""Bytes of a file's name that systems take."""
ENDING_MAX = 20
"""Characters after the last dot of a name that still are its ending."""

# what some system refuses in a name, and what turns the direction of writing
_RISKY = re.compile(r'[\x00-\x1f\x7f-\x9f"*/:<>?\\|\u2028-\u202e\u2066-\u2069]')
_DEVICE = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Member:
    """A file of an archive: its name in there, its bytes or where they are."""

    name: str
    source: Path | bytes

    @property
    def size(self) -> int:
        """The number of bytes."""
        if isinstance(self.source, bytes):
            return len(self.source)
        return self.source.stat().st_size

    def open(self) -> BinaryIO:
        if isinstance(self.source, bytes):
            return BytesIO(self.source)
        return self.source.open("rb")


class _Sink:
    """What ZipFile writes into; it cannot seek, so sizes follow their data."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        """Nothing to release."""

    def take(self) -> bytes:
        data = b"".join(self._parts)
        self._parts.clear()
        return data


def write(members: Iterable[Member], at: datetime) -> Iterator[bytes]:
    """Yield the bytes of a zip archive; its members are dated `at`."""
    sink = _Sink()
    with ZipFile(sink, "w", ZIP_DEFLATED) as archive:
        for member in members:
            info = ZipInfo(member.name, at.timetuple()[:6])
            info.external_attr = 0o100644 << 16
            size = member.size
            with (
                member.open() as source,
                archive.open(
                    _packed(info, size), "w", force_zip64=size > CHUNK
                ) as target,
            ):
                while chunk := source.read(CHUNK):
                    target.write(chunk)
                    if done := sink.take():
                        yield done
    yield sink.take()


def _packed(info: ZipInfo, size: int) -> ZipInfo:
    info.compress_type = ZIP_DEFLATED
    if size > LARGE:
        info._compresslevel = 1  # type: ignore[attr-defined]  # noqa: SLF001 - ZipFile.open() gives no other way before Python 3.13
    return info


def distinct(names: Sequence[str]) -> Sequence[str]:
    """Return the names with a number put into those that occur before."""
    taken: set[str] = set()
    counts: Counter[str] = Counter()  # or thousands of one name take minutes
    found = []
    for name in names:
        candidate, key = name, name.casefold()
        while candidate.casefold() in taken:
            counts[key] += 1
            candidate = _numbered(name, counts[key] + 1)
        taken.add(candidate.casefold())
        found.append(candidate)
    return found


def _numbered(name: str, number: int) -> str:
    """Return the name with the number before its ending."""
    folder, slash, last = name.rpartition("/")
    path = PurePosixPath(last)
    ending = path.suffix if len(path.suffix) <= ENDING_MAX else ""
    stem = last.removesuffix(ending)
    return f"{folder}{slash}{_cut(stem, f'-{number}{ending}')}"


def _cut(text: str, end: str = "") -> str:
    """Return text and end with as much of the text as a file's name can have."""
    room = NAME_MAX - len(end.encode())
    return text.encode()[:room].decode(errors="ignore") + end


def harmless(name: str) -> str:
    """Return the name as every system can unpack it, and into no other folder."""
    clean = _RISKY.sub("_", name).strip().rstrip(".")
    if not clean or clean.startswith(".") or _DEVICE.fullmatch(clean):
        return _cut(f"_{clean}")
    return clean
