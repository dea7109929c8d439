"""What a partner sees and changes in the folders of its mailbox."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from gateway.core.model import FileName, Folder, MailboxId, Receipt, TransferId
from gateway.core.ports import Clock, Entry, NewId
from gateway.store.entries import Row
from gateway.store.moves import Move
from gateway.store.tree import Tree

PAGE = 500  # entries of one look into the store


@dataclass(slots=True, kw_only=True)
class MailboxFolders:
    """The port Folders; *spool* is where partial files lie.

    *quota* is in bytes for each mailbox, 0 for no limit; it may change at any time.
    """

    tree: Tree
    spool: Path
    clock: Clock
    new_id: NewId
    quota: int = 0
    max_entries: int = 100_000

    async def stat(self, mailbox: MailboxId, folder: Folder, name: FileName) -> Entry:
        row = await self.tree.entry(mailbox, folder, name)
        return (await self._shown([row]))[0]

    async def entries(
        self, mailbox: MailboxId, folder: Folder, after: FileName | None = None
    ) -> Sequence[Entry]:
        return await self._shown(await self.tree.page(mailbox, folder, after, PAGE))

    async def make_folder(
        self, mailbox: MailboxId, folder: Folder, name: FileName
    ) -> None:
        await self.tree.make_folder(
            mailbox, folder, name, self.clock(), self.max_entries
        )

    async def remove(
        self, mailbox: MailboxId, folder: Folder, name: FileName, *, is_folder: bool
    ) -> None:
        spool = await self.tree.remove(mailbox, folder, name, is_folder=is_folder)
        await self._discard([spool] if spool else [])

    async def rename(
        self,
        mailbox: MailboxId,
        source: tuple[Folder, FileName],
        target: tuple[Folder, FileName],
        *,
        replace: bool,
        attributes: Mapping[str, str],
    ) -> Receipt | None:
        moved = await self.tree.rename(
            Move(
                mailbox=mailbox,
                source=source,
                target=target,
                replace=replace,
                new=TransferId(self.new_id()),
                at=self.clock(),
                attributes=attributes,
            )
        )
        await self._discard(moved.spools)
        return moved.receipt

    async def touch(
        self, mailbox: MailboxId, folder: Folder, name: FileName, at: datetime
    ) -> None:
        await self.tree.touch(mailbox, folder, name, at)

    async def usage(self, mailbox: MailboxId) -> tuple[int, int]:
        """Return bytes used, partial files included, and bytes allowed."""
        whole, spools = await self.tree.usage(mailbox)
        sizes = await asyncio.to_thread(self._sizes, spools)
        return whole + sum(sizes.values()), self.quota

    async def _shown(self, rows: Sequence[Row]) -> Sequence[Entry]:
        spools = [row.spool for row in rows if row.spool]
        sizes = await asyncio.to_thread(self._sizes, spools) if spools else {}
        return [
            Entry(
                name=row.name,
                is_folder=row.is_folder,
                size=row.blob.size if row.blob else sizes.get(row.spool or "", 0),
                modified_at=row.modified_at,
                blob=row.blob,
            )
            for row in rows
        ]

    def _sizes(self, spools: Sequence[str]) -> dict[str, int]:
        sizes = {}
        for name in spools:
            try:
                sizes[name] = (self.spool / name).stat().st_size
            except FileNotFoundError:  # finished or removed a moment ago
                sizes[name] = 0
        return sizes

    async def _discard(self, spools: Sequence[str]) -> None:
        for name in spools:
            await asyncio.to_thread((self.spool / name).unlink, missing_ok=True)
