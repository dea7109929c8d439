"""What every change of an SFTP mailbox's folders checks first."""

from collections.abc import Mapping

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.core.errors import Conflict, NotFound, QuotaExceeded
from gateway.core.model import (
    BlobRef,
    Channel,
    FileName,
    Folder,
    MailboxId,
    Receipt,
    Upload,
)
from gateway.store import transfers
from gateway.store.entries import Row, at_path
from gateway.store.tables import entries

Place = tuple[Folder, FileName]
_MINE = entries.c.mailbox == bindparam("mailbox")
_COUNT = select(func.count()).where(_MINE)
_WHOLE = select(func.coalesce(func.sum(entries.c.size), 0)).where(
    _MINE, entries.c.sha256.is_not(None)
)
PATH_MAX = 1000  # characters of a folder, so that every path stays addressable


async def require_entry(conn: AsyncConnection, mailbox: MailboxId, place: Place) -> Row:
    """Return the entry; NotFound."""
    folder, name = place
    row = await at_path(conn, mailbox, folder, name)
    if row is None:
        raise NotFound(f"there is no {folder.text}/{name.text}")
    return row


async def require_folder(
    conn: AsyncConnection, mailbox: MailboxId, folder: Folder
) -> None:
    """NotFound unless the folder is one of the five or was made."""
    if not folder.parts:
        return
    parent = Folder(folder.top, folder.parts[:-1])
    row = await at_path(conn, mailbox, parent, folder.parts[-1])
    if row is None or not row.is_folder:
        raise NotFound(f"there is no folder {folder.text}")


async def require_room(
    conn: AsyncConnection, mailbox: MailboxId, max_entries: int
) -> None:
    """QuotaExceeded if the mailbox holds `max_entries` files and folders."""
    count = await conn.execute(_COUNT, {"mailbox": mailbox})
    if (count.scalar() or 0) >= max_entries:
        raise QuotaExceeded(
            f"the mailbox holds {max_entries} files and folders, which is the limit; "
            "delete what was fetched"
        )


async def whole_bytes(conn: AsyncConnection, mailbox: MailboxId) -> int:
    return int((await conn.execute(_WHOLE, {"mailbox": mailbox})).scalar() or 0)


async def take(
    conn: AsyncConnection,
    row: Row,
    place: Place,
    blob: BlobRef,
    receipt: Receipt,
    attributes: Mapping[str, str],
) -> None:
    """Hand the file to the rule engine; it stays listed until it is consumed."""
    upload = upload_from(row.mailbox, place, blob, attributes)
    await transfers.receive(conn, receipt, upload)
    await conn.execute(
        update(entries).where(entries.c.id == row.id).values(transfer=receipt.id)
    )


def being_processed(folder: Folder, name: FileName) -> Conflict:
    return Conflict(
        f"{folder.text}/{name.text} is being processed; wait until it is gone",
        "being-processed",
    )


def require_free(row: Row) -> None:
    if row.taken:
        raise being_processed(row.folder, row.name)


def upload_from(
    mailbox: MailboxId, place: Place, blob: BlobRef, attributes: Mapping[str, str]
) -> Upload:
    folder, name = place
    return Upload(
        mailbox=mailbox,
        channel=Channel.SFTP,
        name=name,
        folder=folder,
        blob=blob,
        attributes={**attributes, "folder": folder.text},
    )
