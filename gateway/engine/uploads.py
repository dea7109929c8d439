"""Partial files: begun by an open, finished by a CLOSE, kept over crashes.

The bytes lie in a spool file that exists before its entry does and is removed only
after the entry points to the blob. So a crash at any point leaves either a partial
that can be resumed or a finished file, and at most a spool file too many.
"""

import asyncio
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from gateway.core.errors import N_, Conflict, StorageError
from gateway.core.model import FileName, Folder, MailboxId, Receipt, TransferId
from gateway.core.ports import Blobs, Clock, NewId, Spool
from gateway.store.uploads import Closing, CopyFirst, Opened, Opening, Partials


@dataclass(slots=True, kw_only=True)
class SpoolUploads:
    """The port Uploads; *quota* is in bytes for each mailbox, 0 for no limit.

    It may change at any time.
    """

    partials: Partials
    blobs: Blobs
    spool: Path
    clock: Clock
    new_id: NewId
    quota: int = 0
    max_entries: int = 100_000

    async def begin(
        self,
        mailbox: MailboxId,
        folder: Folder,
        name: FileName,
        *,
        create: bool,
        truncate: bool,
        exclusive: bool,
    ) -> Spool:
        fresh = await asyncio.to_thread(self._make)
        opening = Opening(
            mailbox=mailbox,
            folder=folder,
            name=name,
            spool=fresh,
            at=self.clock(),
            create=create,
            truncate=truncate,
            exclusive=exclusive,
            max_entries=self.max_entries,
        )
        used = ""
        try:
            opened = await self._open(opening)
            used = opened.spool
        finally:
            if used != fresh:
                await asyncio.to_thread(self._drop, fresh)
        if opened.unused:
            await asyncio.to_thread(self._drop, opened.unused)
        return Spool(opened.entry, self.spool / opened.spool)

    async def finish(
        self,
        spool: Spool,
        attributes: Mapping[str, str],
        modified_at: datetime | None = None,
    ) -> Receipt | None:
        try:
            # linked, not moved: until the commit below the entry needs its spool file
            blob = await self.blobs.adopt(spool.file, keep=True)
        except StorageError as error:
            if await asyncio.to_thread(spool.file.exists):
                raise
            raise Conflict(
                N_("the file was removed while it was uploaded; send it again"),
                "taken-over",
            ) from error
        now = self.clock()
        receipt = await self.partials.finish(
            Closing(
                entry=spool.entry,
                spool=spool.file.name,
                blob=blob,
                new=TransferId(self.new_id()),
                at=now,
                modified_at=modified_at or now,
                quota=self.quota,
                attributes=attributes,
            )
        )
        await asyncio.to_thread(self._drop, spool.file.name)
        return receipt

    async def reconcile(self) -> tuple[int, int]:
        """Put spool files and entries in step after a crash, before anybody connects.

        Return how many spool files nobody needs, and how many entries whose spool file
        is lost (never acknowledged by a CLOSE), were removed.
        """
        known = await self.partials.spools()
        present = await asyncio.to_thread(self._present)
        unused = present - known.keys()
        for name in unused:
            await asyncio.to_thread(self._drop, name)
        lost = [entry for name, entry in known.items() if name not in present]
        await self.partials.forget(lost)
        return len(unused), len(lost)

    async def _open(self, opening: Opening) -> Opened:
        result = await self.partials.begin(opening)
        if isinstance(result, CopyFirst):
            source = self.blobs.path(result.blob)
            await asyncio.to_thread(self._copy, source, opening.spool)
            result = await self.partials.begin(replace(opening, copied=result.blob))
            if isinstance(result, CopyFirst):
                raise Conflict(N_("the file changes all the time; try again"), "busy")
        if result.spool != opening.spool:
            return await self._own(result, opening.spool)
        return result

    async def _own(self, opened: Opened, fresh: str) -> Opened:
        """Let go of a spool file that a CLOSE which then failed made a blob of.

        Both names mean the same bytes, so the partial goes on with a copy.
        """
        old = self.spool / opened.spool
        if await asyncio.to_thread(_links, old) <= 1:
            return opened
        await asyncio.to_thread(self._copy, old, fresh)
        await self.partials.exchange(opened.entry, opened.spool, fresh)
        return Opened(opened.entry, fresh, opened.spool)

    # --- In threads ------------------------------------------------------------------

    def _make(self) -> str:
        """Create an empty spool file under a new name."""
        name = self.new_id()
        try:
            self.spool.mkdir(mode=0o700, parents=True, exist_ok=True)
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
            os.close(os.open(self.spool / name, flags, 0o600))
        except OSError as error:
            raise StorageError(
                f"no upload can begin in {self.spool}: {error.strerror}"
            ) from error
        return name

    def _copy(self, source: Path, name: str) -> None:
        try:
            shutil.copyfile(source, self.spool / name)
        except OSError as error:
            raise StorageError(
                f"{source} could not be copied to {self.spool}: {error.strerror}"
            ) from error

    def _drop(self, name: str) -> None:
        (self.spool / name).unlink(missing_ok=True)

    def _present(self) -> set[str]:
        self.spool.mkdir(mode=0o700, parents=True, exist_ok=True)
        return {path.name for path in self.spool.iterdir()}


def _links(file: Path) -> int:
    try:
        return file.stat().st_nlink
    except FileNotFoundError:
        return 0
