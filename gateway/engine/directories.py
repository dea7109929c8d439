"""The message directories that an operator uploaded, as workers read them."""

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.core.ports import Blobs
from gateway.store import directories
from gateway.store.database import Database


@dataclass(frozen=True, slots=True)
class OwnDirectories:
    """Where their tables lie: each conversion asks anew, so none is missed."""

    db: Database
    blobs: Blobs

    async def files(self) -> Mapping[str, str]:
        """Return the file of each by the directory's name."""
        async with self.db.read() as conn:
            found = await directories.files(conn)
        return {name: str(self.blobs.path(blob)) for name, blob in found.items()}
