"""Partial files: entries whose bytes are still in a spool file."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.core.errors import Conflict, NotFound, QuotaExceeded
from gateway.core.model import (
    BlobRef,
    FileName,
    Folder,
    MailboxId,
    Receipt,
    TransferId,
    Upload,
)
from gateway.store import transfers
from gateway.store.database import Database
from gateway.store.entries import Row, at_path, find
from gateway.store.places import (
    being_processed,
    require_folder,
    require_room,
    upload_from,
    whole_bytes,
)
from gateway.store.tables import entries

# made once: to build a statement costs more than to run it
_PARTIAL = select(entries).where(
    entries.c.id == bindparam("entry"), entries.c.spool == bindparam("its_spool")
)
_FINISH = update(entries).where(entries.c.id == bindparam("entry"))
_CREATE = insert(entries).returning(entries.c.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """An open for writing; *spool* is an empty file made for it.

    *copied* is the payload whose bytes were copied into *spool* already.
    """

    mailbox: MailboxId
    folder: Folder
    name: FileName
    spool: str
    at: datetime
    create: bool
    truncate: bool
    exclusive: bool
    max_entries: int
    copied: BlobRef | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    """The entry, the spool file it has now, and the one it had and needs no more."""

    entry: int
    spool: str
    unused: str | None = None


@dataclass(frozen=True, slots=True)
class CopyFirst:
    """Nothing was changed: the whole file's bytes have to be in the spool first."""

    blob: BlobRef


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """A CLOSE: *blob* is durable already; *new* is the transfer it may begin.

    *quota* is the mailbox's limit in bytes, 0 for none.
    """

    entry: int
    spool: str
    blob: BlobRef
    new: TransferId
    at: datetime
    modified_at: datetime
    quota: int
    attributes: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Partials:
    """Each method is one transaction; a Refusal says why not."""

    db: Database

    async def begin(self, opening: Opening) -> Opened | CopyFirst:
        """Make or reopen the entry; what it holds stays unless truncated."""
        async with self.db.write() as conn:
            await require_folder(conn, opening.mailbox, opening.folder)
            row = await at_path(conn, opening.mailbox, opening.folder, opening.name)
            if row is None:
                return await _create(conn, opening)
            _may_open(row, opening)
            if not opening.truncate and row.spool is not None:
                return Opened(row.id, row.spool)
            if not opening.truncate and row.blob and opening.copied != row.blob:
                return CopyFirst(row.blob)
            # a taken file is let go: its transfer keeps its own blob
            await conn.execute(
                update(entries)
                .where(entries.c.id == row.id)
                .values(
                    spool=opening.spool,
                    sha256=None,
                    size=0,
                    transfer=None,
                    modified_at=opening.at,
                )
            )
            return Opened(row.id, opening.spool, row.spool)

    async def exchange(self, entry: int, old: str, new: str) -> None:
        """Give the entry a copy of its spool file; Conflict if it changed."""
        change = update(entries).where(entries.c.id == entry, entries.c.spool == old)
        async with self.db.write() as conn:
            if (await conn.execute(change.values(spool=new))).rowcount != 1:
                raise _taken_over()

    async def finish(self, closing: Closing) -> Receipt | None:
        """Turn the partial into a file, and take it if its place and name say so."""
        async with self.db.write() as conn:
            held = {"entry": closing.entry, "its_spool": closing.spool}
            row = await find(conn, _PARTIAL, held)
            if row is None:
                raise _taken_over()
            if closing.quota:
                await _require_quota(conn, row, closing)
            receipt = None
            if row.folder.top.partner_writes and not row.name.temporary:
                receipt = Receipt(id=closing.new, received_at=closing.at)
                await transfers.receive(conn, receipt, _upload(row, closing))
            await conn.execute(
                _FINISH,
                {
                    "entry": row.id,
                    "spool": None,
                    "sha256": closing.blob.sha256,
                    "size": closing.blob.size,
                    "modified_at": closing.modified_at,
                    "transfer": receipt.id if receipt else None,
                },
            )
            return receipt

    async def spools(self) -> Mapping[str, int]:
        """Return the spool file of every partial entry, with the entry's number."""
        query = select(entries.c.spool, entries.c.id).where(
            entries.c.spool.is_not(None)
        )
        async with self.db.read() as conn:
            return {row.spool: row.id for row in await conn.execute(query)}

    async def forget(self, lost: Collection[int]) -> None:
        """Remove partial entries whose spool file a power cut took."""
        async with self.db.write() as conn:
            for entry in lost:
                await conn.execute(
                    delete(entries).where(
                        entries.c.id == entry, entries.c.spool.is_not(None)
                    )
                )


async def _require_quota(conn: AsyncConnection, row: Row, closing: Closing) -> None:
    used = await whole_bytes(conn, row.mailbox) + closing.blob.size
    if used > closing.quota:
        raise QuotaExceeded(
            f"the mailbox would hold {used} bytes, {closing.quota} are "
            "allowed; delete what was fetched and send the file again"
        )


def _upload(row: Row, closing: Closing) -> Upload:
    place = (row.folder, row.name)
    return upload_from(row.mailbox, place, closing.blob, closing.attributes)


def _may_open(row: Row, opening: Opening) -> None:
    path = f"{opening.folder.text}/{opening.name.text}"
    if row.is_folder:
        raise Conflict(f"{path} is a folder", "wrong-kind")
    if opening.exclusive:
        raise Conflict(f"{path} exists", "name-taken")
    if row.taken and not opening.truncate:
        raise being_processed(opening.folder, opening.name)


async def _create(conn: AsyncConnection, opening: Opening) -> Opened:
    if not opening.create:
        raise NotFound(f"there is no {opening.folder.text}/{opening.name.text}")
    await require_room(conn, opening.mailbox, opening.max_entries)
    made = await conn.execute(
        _CREATE,
        {
            "mailbox": opening.mailbox,
            "folder": opening.folder.text,
            "name": opening.name.text,
            "is_folder": False,
            "spool": opening.spool,
            "size": 0,
            "modified_at": opening.at,
        },
    )
    return Opened(made.scalar_one(), opening.spool)


def _taken_over() -> Conflict:
    return Conflict(
        "the file was removed or another upload took its name over; send it again",
        "taken-over",
    )
