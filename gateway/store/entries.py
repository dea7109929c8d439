"""The folders of SFTP mailboxes, as the pipeline changes them.

Every function works inside its caller's transaction. What a partner does to the same
table is in `tree` and `uploads`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Select, and_, bindparam, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.core.model import (
    NAME_MAX_BYTES,
    BlobRef,
    Channel,
    FileName,
    Folder,
    MailboxId,
    Top,
    TransferId,
    Upload,
)
from gateway.store import transfers
from gateway.store.tables import entries, trace

REPORT = ".error.json"
EXTENSION_MAX_BYTES = 16  # longer is not an extension but part of the name


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """An entry: *spool* is set while it is partial, *blob* once it is whole."""

    id: int
    mailbox: MailboxId
    folder: Folder
    name: FileName
    is_folder: bool
    spool: str | None
    blob: BlobRef | None
    modified_at: datetime
    transfer: TransferId | None

    @property
    def taken(self) -> bool:
        """Whether it is being processed: not the partner's to move or remove."""
        return self.transfer is not None and self.folder.top.partner_writes


# made once: to build a statement costs more than to run it
AT_PATH = and_(
    entries.c.mailbox == bindparam("mailbox"),
    entries.c.folder == bindparam("folder"),
    entries.c.name == bindparam("name"),
)
_BY_PATH = select(entries).where(AT_PATH)
_CONSUME = delete(entries).where(entries.c.transfer == bindparam("transfer"))


def path_of(mailbox: MailboxId, folder: Folder, name: FileName) -> Mapping[str, str]:
    """Return what AT_PATH needs."""
    return {"mailbox": mailbox, "folder": folder.text, "name": name.text}


async def at_path(
    conn: AsyncConnection, mailbox: MailboxId, folder: Folder, name: FileName
) -> Row | None:
    """Return the entry of that name."""
    return await find(conn, _BY_PATH, path_of(mailbox, folder, name))


async def find(
    conn: AsyncConnection,
    query: Select[tuple[object, ...]],
    values: Mapping[str, object],
) -> Row | None:
    """Return the one entry that a select of `entries` finds."""
    found = await rows(conn, query, values)
    return found[0] if found else None


async def rows(
    conn: AsyncConnection,
    query: Select[tuple[object, ...]],
    values: Mapping[str, object] | None = None,
) -> Sequence[Row]:
    """Return what a select of `entries` finds."""
    return [
        Row(
            id=row.id,
            mailbox=MailboxId(row.mailbox),
            folder=Folder.parse(row.folder),
            name=FileName(row.name),
            is_folder=row.is_folder,
            spool=row.spool,
            blob=BlobRef(row.sha256, row.size) if row.sha256 else None,
            modified_at=row.modified_at,
            transfer=row.transfer and TransferId(row.transfer),
        )
        for row in await conn.execute(query, values)
    ]


async def consume(conn: AsyncConnection, transfer: TransferId) -> None:
    """Remove the file this transfer came from, and an earlier failure's report.

    Nothing happens if the partner has put another file in its place meanwhile.
    """
    await conn.execute(_CONSUME, {"transfer": transfer})


async def move_to_error(
    conn: AsyncConnection,
    transfer: TransferId,
    upload: Upload,
    report: BlobRef,
    at: datetime,
) -> None:
    """Put the transfer's file into error/ with `report` beside it.

    A file whose name another one took meanwhile comes back as a new entry; one that
    lies in error/ already stays there and gets the new report. AS2 has no folders.
    """
    if upload.channel is not Channel.SFTP:
        return
    here = entries.c.transfer == transfer
    found = await rows(conn, select(entries).where(here).order_by(entries.c.id))
    file = next((row for row in found if row.blob == upload.blob), None)
    await conn.execute(delete(entries).where(here, entries.c.id != (file and file.id)))
    if file is not None and file.folder.top is Top.ERROR:
        folder, name = file.folder, file.name
    else:
        folder = Folder(Top.ERROR)
        name = await _free(
            conn, upload.mailbox, folder, upload.name, at, also_report=True
        )
    if file is not None:
        await conn.execute(
            update(entries)
            .where(entries.c.id == file.id)
            .values(folder=folder.text, name=name.text)
        )
    else:
        await _add(
            conn, upload.mailbox, folder, name, upload.blob, transfer=transfer, at=at
        )
    # a partner may have renamed something to the report's name
    beside = await _free(conn, upload.mailbox, folder, report_name(name), at)
    await _add(conn, upload.mailbox, folder, beside, report, transfer=transfer, at=at)


async def place(
    conn: AsyncConnection,
    mailbox: MailboxId,
    folder: Folder,
    name: FileName,
    blob: BlobRef,
    *,
    transfer: TransferId,
    at: datetime,
) -> FileName:
    """Add the gateway's own file, once per transfer; return the name it got.

    A taken name gets the time appended. The transfer's trace remembers the place, so a
    job that runs twice does not bring back what the partner fetched and deleted.
    """
    done = select(trace.c.detail).where(
        trace.c.transfer == transfer, trace.c.step == "place"
    )
    placed: str | None = (await conn.execute(done.limit(1))).scalar()
    if placed is not None:
        return FileName(placed.rpartition("/")[2])
    for depth in range(len(folder.parts)):
        await _ensure(conn, mailbox, Folder(folder.top, folder.parts[: depth + 1]), at)
    free = await _free(conn, mailbox, folder, name, at)
    await _add(conn, mailbox, folder, free, blob, transfer=transfer, at=at)
    await transfers.note(conn, transfer, at, "place", f"{folder.text}/{free.text}")
    return free


def report_name(name: FileName) -> FileName:
    """Return the name of the report beside `name`."""
    return FileName(_cut(name.text, NAME_MAX_BYTES - len(REPORT)) + REPORT)


def dated(name: FileName, at: datetime, count: int = 1) -> FileName:
    """Return `name` with the time before its extension: `a.20260101T120000Z.xml`."""
    stem, dot, extension = name.text.rpartition(".")
    if not stem or len(extension.encode()) > EXTENSION_MAX_BYTES:
        stem, dot, extension = name.text, "", ""
    stamp = f".{at.astimezone(UTC):%Y%m%dT%H%M%SZ}" + (f"-{count}" if count > 1 else "")
    end = stamp + dot + extension
    return FileName(_cut(stem, NAME_MAX_BYTES - len(end.encode())) + end)


def _cut(text: str, size: int) -> str:
    """Cut `text` to at most `size` bytes of UTF-8, between characters."""
    return text.encode()[:size].decode(errors="ignore")


async def _free(
    conn: AsyncConnection,
    mailbox: MailboxId,
    folder: Folder,
    name: FileName,
    at: datetime,
    *,
    also_report: bool = False,
) -> FileName:
    """Return `name`, or a dated form of it that nothing has yet."""
    candidate, count = name, 0
    while True:
        wanted = [candidate.text]
        if also_report:
            wanted.append(report_name(candidate).text)
        used = select(entries.c.id).where(
            entries.c.mailbox == mailbox,
            entries.c.folder == folder.text,
            entries.c.name.in_(wanted),
        )
        if (await conn.execute(used.limit(1))).first() is None:
            return candidate
        count += 1
        candidate = dated(name, at, count)


async def _ensure(
    conn: AsyncConnection, mailbox: MailboxId, folder: Folder, at: datetime
) -> None:
    """Make the sub-folder if it is not there."""
    parent, name = Folder(folder.top, folder.parts[:-1]), folder.parts[-1]
    if await at_path(conn, mailbox, parent, name) is None:
        await conn.execute(
            insert(entries).values(
                mailbox=mailbox,
                folder=parent.text,
                name=name.text,
                is_folder=True,
                size=0,
                modified_at=at,
            )
        )


async def _add(
    conn: AsyncConnection,
    mailbox: MailboxId,
    folder: Folder,
    name: FileName,
    blob: BlobRef,
    *,
    transfer: TransferId,
    at: datetime,
) -> None:
    await conn.execute(
        insert(entries).values(
            mailbox=mailbox,
            folder=folder.text,
            name=name.text,
            is_folder=False,
            sha256=blob.sha256,
            size=blob.size,
            modified_at=at,
            transfer=transfer,
        )
    )
