"""What all SFTP sessions of a process share."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from gateway.core.ports import Blobs, Clock, Folders, Uploads
from sftp_server.files import Writers
from sftp_server.options import SftpOptions


@dataclass(slots=True)
class Commits:
    """How many CLOSEs are being committed; a server that stops waits for them."""

    running: int = 0
    none: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.none.set()

    @asynccontextmanager
    async def one(self) -> AsyncIterator[None]:
        self.running += 1
        self.none.clear()
        try:
            yield
        finally:
            self.running -= 1
            if not self.running:
                self.none.set()


@dataclass(slots=True, kw_only=True)
class House:
    """The ports, the limits, and who writes what at the moment."""

    folders: Folders
    uploads: Uploads
    blobs: Blobs
    clock: Clock
    options: SftpOptions
    writers: Writers = field(default_factory=Writers)
    commits: Commits = field(default_factory=Commits)
    stopping: bool = False
