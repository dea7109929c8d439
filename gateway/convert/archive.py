"""Zip archives, made chunk by chunk: a large attachment is never in memory whole."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

CHUNK = 256 * 1024


@dataclass(frozen=True, slots=True)
class Member:
    """A file of an archive: its name in there, where its bytes are."""

    name: str
    source: Path


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
            info.compress_type = ZIP_DEFLATED
            info.external_attr = 0o100644 << 16
            size = member.source.stat().st_size
            with (
                member.source.open("rb") as source,
                archive.open(info, "w", force_zip64=size > CHUNK) as target,
            ):
                while chunk := source.read(CHUNK):
                    target.write(chunk)
                    if done := sink.take():
                        yield done
    yield sink.take()


def distinct(names: Sequence[str]) -> Sequence[str]:
    """Return the names with a number put into those that occur before."""
    taken: set[str] = set()
    found = []
    for name in names:
        path, candidate, count = PurePosixPath(name), name, 1
        while candidate.casefold() in taken:
            count += 1
            candidate = f"{path.with_suffix('')}-{count}{path.suffix}"
        taken.add(candidate.casefold())
        found.append(candidate)
    return found
