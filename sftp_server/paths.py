"""What an SFTP path means: bytes in, a place out; no place is a value as well."""

from dataclasses import dataclass

from gateway.core.model import FileName, Folder, Top

PATH_MAX_BYTES = 4096
TOPS = ", ".join(f"{top.value}/" for top in Top)


@dataclass(frozen=True, slots=True)
class Root:
    """The folder that holds the five."""


@dataclass(frozen=True, slots=True)
class Five:
    """One of the five folders."""

    top: Top


@dataclass(frozen=True, slots=True)
class Item:
    """A name inside one of the five, or inside a sub-folder."""

    folder: Folder
    name: FileName

    @property
    def inside(self) -> Folder:
        """Itself, taken as a folder."""
        return Folder(self.folder.top, (*self.folder.parts, self.name))


@dataclass(frozen=True, slots=True)
class Nowhere:
    """There can be no such place; *reason* says why, for the client."""

    reason: str


Place = Root | Five | Item | Nowhere


def parse_path(raw: bytes) -> Place:
    """Return the place that `raw` names, seen from the root."""
    parts = segments(raw)
    if isinstance(parts, Nowhere):
        return parts
    return _place(parts[0], parts[1:]) if parts else Root()


def normal_path(raw: bytes) -> bytes | Nowhere:
    """Return the absolute path without `.`, `..` and double slashes."""
    found = segments(raw)
    if isinstance(found, Nowhere):
        return found
    return ("/" + "/".join(found)).encode()


def segments(raw: bytes) -> tuple[str, ...] | Nowhere:
    """Split the path; `..` goes up one folder, and from the root nowhere."""
    if len(raw) > PATH_MAX_BYTES:
        return Nowhere(f"the path is longer than {PATH_MAX_BYTES} bytes")
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return Nowhere("the path is not UTF-8")
    parts: list[str] = []
    for part in text.split("/"):
        if part == "..":
            del parts[-1:]
        elif part not in {"", "."}:
            parts.append(part)
    return tuple(parts)


def _place(first: str, names: tuple[str, ...]) -> Place:
    try:
        top = Top(first)
    except ValueError:
        return Nowhere(f"there is no {first!r} here; the folders are {TOPS}")
    if not names:
        return Five(top)
    try:
        *folders, last = (FileName(name) for name in names)
    except ValueError as error:
        return Nowhere(str(error))
    return Item(Folder(top, tuple(folders)), last)
