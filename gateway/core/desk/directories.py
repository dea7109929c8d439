"""Message directories: which there are, uploading and deleting one's own."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from gateway.core.desk.actor import Actor
from gateway.core.desk.content import Content


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadedDirectory:
    """What an operator uploaded under the name of a directory; *size* in bytes."""

    file_name: str
    size: int
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryView:
    """A directory: its name (D97A, 004010, X12), syntax and message types.

    One that is *built_in* and *uploaded* too has the messages of both; those that were
    uploaded go first.
    """

    name: str
    syntax: str
    messages: Sequence[str]
    built_in: bool
    uploaded: UploadedDirectory | None = None


@dataclass(frozen=True, slots=True)
class Uploaded:
    """What came of an upload: the directory, and what was left out of it."""

    directory: DirectoryView
    warnings: Sequence[str] = ()


class DirectoryDesk(Protocol):
    """What people may ask and order of directories; what is unknown is NotFound."""

    async def search(
        self, text: str, limit: int, offset: int
    ) -> tuple[int, Sequence[DirectoryView]]:
        """Return how many have the text in name or message types, and one page."""
        ...

    async def table(self, name: str) -> Content:
        """Return the table as JSON: what was uploaded, else what is built in."""
        ...

    async def add(
        self, actor: Actor, file_name: str, chunks: AsyncIterator[bytes]
    ) -> Uploaded:
        """Keep the directory of a UNECE zip or of JSON, in place of one so named.

        Invalid says what is wrong with the file and where.
        """
        ...

    async def remove(self, actor: Actor, name: str) -> None:
        """Delete what was uploaded; Conflict if the directory is built in alone."""
        ...
