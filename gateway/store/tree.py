"""The folders of SFTP mailboxes, as their partners see and change them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.core.errors import Conflict, Invalid
from gateway.core.model import FileName, Folder, MailboxId
from gateway.store import moves
from gateway.store.database import Database
from gateway.store.entries import Row, at_path, rows
from gateway.store.moves import Move, Moved
from gateway.store.places import (
    PATH_MAX,
    require_entry,
    require_folder,
    require_free,
    require_room,
)
from gateway.store.tables import entries

_USAGE = (
    select(entries.c.spool, func.sum(entries.c.size).label("size"))
    .where(entries.c.mailbox == bindparam("mailbox"))
    .group_by(entries.c.spool)
)


@dataclass(frozen=True, slots=True)
class Tree:
    """Each method is one transaction; a Refusal says why not."""

    db: Database

    async def entry(self, mailbox: MailboxId, folder: Folder, name: FileName) -> Row:
        """Return the entry; NotFound."""
        async with self.db.read() as conn:
            return await require_entry(conn, mailbox, (folder, name))

    async def page(
        self, mailbox: MailboxId, folder: Folder, after: FileName | None, limit: int
    ) -> Sequence[Row]:
        """Return up to `limit` entries by name, those behind `after`."""
        query = select(entries).where(
            entries.c.mailbox == mailbox, entries.c.folder == folder.text
        )
        if after is not None:
            query = query.where(entries.c.name > after.text)
        async with self.db.read() as conn:
            await require_folder(conn, mailbox, folder)
            return await rows(conn, query.order_by(entries.c.name).limit(limit))

    async def make_folder(
        self,
        mailbox: MailboxId,
        folder: Folder,
        name: FileName,
        at: datetime,
        max_entries: int,
    ) -> None:
        """Add a sub-folder; NotFound, Conflict, Invalid, QuotaExceeded."""
        if len(folder.text) + 1 + len(name.text) > PATH_MAX:
            raise Invalid(f"the path is longer than {PATH_MAX} characters")
        async with self.db.write() as conn:
            await require_folder(conn, mailbox, folder)
            if await at_path(conn, mailbox, folder, name) is not None:
                raise Conflict(f"{folder.text}/{name.text} exists", "name-taken")
            await require_room(conn, mailbox, max_entries)
            await conn.execute(
                insert(entries).values(
                    mailbox=mailbox,
                    folder=folder.text,
                    name=name.text,
                    is_folder=True,
                    size=0,
                    modified_at=at,
                )
            )

    async def remove(
        self, mailbox: MailboxId, folder: Folder, name: FileName, *, is_folder: bool
    ) -> str | None:
        """Remove a file, or an empty folder; return the spool file of no use now."""
        async with self.db.write() as conn:
            row = await require_entry(conn, mailbox, (folder, name))
            path = f"{folder.text}/{name.text}"
            if row.is_folder is not is_folder:
                is_what = "a folder" if row.is_folder else "not a folder"
                raise Conflict(f"{path} is {is_what}", "wrong-kind")
            require_free(row)
            if is_folder and await _used(conn, mailbox, path):
                raise Conflict(f"{path} is not empty", "not-empty")
            await conn.execute(delete(entries).where(entries.c.id == row.id))
            return row.spool

    async def rename(self, move: Move) -> Moved:
        """Move a file or a folder (SPEC section 5)."""
        async with self.db.write() as conn:
            return await moves.rename(conn, move)

    async def touch(
        self, mailbox: MailboxId, folder: Folder, name: FileName, at: datetime
    ) -> None:
        """Set the time of the last change; NotFound."""
        async with self.db.write() as conn:
            row = await require_entry(conn, mailbox, (folder, name))
            await conn.execute(
                update(entries).where(entries.c.id == row.id).values(modified_at=at)
            )

    async def usage(self, mailbox: MailboxId) -> tuple[int, Sequence[str]]:
        """Return the bytes of all whole files, and the spool files of the others."""
        async with self.db.read() as conn:
            found = (await conn.execute(_USAGE, {"mailbox": mailbox})).all()
        whole = sum(int(row.size) for row in found if row.spool is None)
        return whole, [row.spool for row in found if row.spool is not None]


async def _used(conn: AsyncConnection, mailbox: MailboxId, folder: str) -> bool:
    inside = select(entries.c.id).where(
        entries.c.mailbox == mailbox, entries.c.folder == folder
    )
    return (await conn.execute(inside.limit(1))).first() is not None
