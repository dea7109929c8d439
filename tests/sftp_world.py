"""SFTP mailboxes over a real database and a real disk, for several test modules."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from fakes import FakeClock
from sqlalchemy import insert, select, update

from gateway.adapters.blobs import FolderBlobs
from gateway.core.model import (
    BlobRef,
    FileName,
    Folder,
    MailboxId,
    Problem,
    Receipt,
    TransferId,
)
from gateway.engine.deposits import MailboxDeposits
from gateway.engine.folders import MailboxFolders
from gateway.engine.uploads import SpoolUploads
from gateway.store import entries, transfers
from gateway.store.database import Database
from gateway.store.tables import entries as entry_table
from gateway.store.tables import jobs as job_table
from gateway.store.tables import mailboxes
from gateway.store.tables import transfers as transfer_table
from gateway.store.tree import Tree
from gateway.store.uploads import Partials

BOX = MailboxId("0a1b2c3d-0000-4000-8000-000000000001")


def place(path: str) -> tuple[Folder, FileName]:
    folder, _, name = path.rpartition("/")
    return Folder.parse(folder), FileName(name)


@dataclass
class World:
    db: Database
    data: Path
    clock: FakeClock
    quota: int = 0
    max_entries: int = 100_000
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self) -> None:
        self.spool = self.data / "spool"
        self.blobs = FolderBlobs(self.data / "blobs", self.new_id)
        self.folders = MailboxFolders(
            tree=Tree(self.db),
            spool=self.spool,
            clock=self.clock,
            new_id=self.new_id,
            quota=self.quota,
            max_entries=self.max_entries,
        )
        self.uploads = SpoolUploads(
            partials=Partials(self.db),
            blobs=self.blobs,
            spool=self.spool,
            clock=self.clock,
            new_id=self.new_id,
            quota=self.quota,
            max_entries=self.max_entries,
        )
        self.deposits = MailboxDeposits(self.db, self.clock)

    def new_id(self) -> str:
        return f"id{next(self.numbers)}"

    async def add_mailbox(self, mailbox: MailboxId = BOX) -> None:
        async with self.db.write() as conn:
            await conn.execute(
                insert(mailboxes).values(
                    uuid=mailbox, name=mailbox, created_at=self.clock()
                )
            )

    async def begin(self, path: str, *, create=True, truncate=True, exclusive=False):
        return await self.uploads.begin(
            BOX, *place(path), create=create, truncate=truncate, exclusive=exclusive
        )

    async def put(self, path: str, content: bytes = b"abc") -> Receipt | None:
        spool = await self.begin(path)
        spool.file.write_bytes(content)
        return await self.uploads.finish(spool, {"login": BOX})

    async def move(self, source: str, target: str, *, replace: bool = False):
        return await self.folders.rename(
            BOX, place(source), place(target), replace=replace, attributes={}
        )

    async def remove(self, path: str, *, is_folder: bool = False) -> None:
        await self.folders.remove(BOX, *place(path), is_folder=is_folder)

    async def make_folder(self, path: str) -> None:
        await self.folders.make_folder(BOX, *place(path))

    async def stat(self, path: str):
        return await self.folders.stat(BOX, *place(path))

    async def fail(self, receipt: Receipt | None) -> None:
        """Do what the pipeline does with a file it cannot process."""
        assert receipt is not None
        report = await self.blobs.put(b'{"error": "no rule"}')
        problem = Problem(code="no-rule", message="no rule", step="match")
        async with self.db.write() as conn:
            received = await transfers.received(conn, receipt.id)
            assert received is not None
            await transfers.failed(conn, receipt.id, problem, self.clock())
            await entries.move_to_error(
                conn, receipt.id, received.upload, report, self.clock()
            )
            await conn.execute(job_table.delete())

    async def consume(self, transfer: TransferId) -> None:
        async with self.db.write() as conn:
            await entries.consume(conn, transfer)

    async def paths(self) -> list[str]:
        query = select(entry_table).order_by(entry_table.c.folder, entry_table.c.name)
        async with self.db.read() as conn:
            return [f"{r.folder}/{r.name}" for r in await conn.execute(query)]

    async def state(self, transfer: TransferId) -> str:
        query = select(transfer_table.c.state)
        async with self.db.read() as conn:
            found = await conn.execute(query.where(transfer_table.c.uuid == transfer))
            return str(found.scalar_one())

    async def set_state(self, transfer: TransferId, state: str) -> None:
        where = transfer_table.c.uuid == transfer
        async with self.db.write() as conn:
            await conn.execute(update(transfer_table).where(where).values(state=state))

    async def routes(self) -> list[str]:
        """Return the transfers that a route job waits for."""
        async with self.db.read() as conn:
            query = select(job_table.c.subject).order_by(job_table.c.id)
            return list((await conn.execute(query)).scalars())

    async def content(self, transfer: TransferId) -> bytes:
        async with self.db.read() as conn:
            received = await transfers.received(conn, transfer)
        assert received is not None
        return await self.read(received.upload.blob)

    async def read(self, blob: BlobRef) -> bytes:
        return b"".join([data async for data in self.blobs.read(blob)])

    def spooled(self) -> list[str]:
        return sorted(path.name for path in self.spool.iterdir())
