"""Renames in an SFTP mailbox: what may go where, and what runs because of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, String, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.core.errors import N_, Conflict, Forbidden, Invalid
from gateway.core.model import (
    BlobRef,
    MailboxId,
    Receipt,
    Top,
    TransferId,
    TransferState,
)
from gateway.store import transfers
from gateway.store.entries import Row, at_path
from gateway.store.places import (
    PATH_MAX,
    Place,
    being_processed,
    require_entry,
    require_folder,
    require_free,
    take,
    upload_from,
)
from gateway.store.tables import entries


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A rename as a partner asked for it; *new* is the transfer it may begin."""

    mailbox: MailboxId
    source: Place
    target: Place
    replace: bool
    new: TransferId
    at: datetime
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Moved:
    """What a rename did: a receipt if the file was taken, spool files of no use now."""

    receipt: Receipt | None = None
    spools: Sequence[str] = ()


async def rename(conn: AsyncConnection, move: Move) -> Moved:
    """Move a file or a folder; files to be taken run, or run again."""
    row = await require_entry(conn, move.mailbox, move.source)
    if move.source == move.target:
        return Moved()
    await require_folder(conn, move.mailbox, move.target[0])
    if row.is_folder:
        await _move_folder(conn, row, move)
        return Moved()
    _may_move(row, move)
    spool = await _make_room(conn, move)
    folder, name = move.target
    await conn.execute(
        update(entries)
        .where(entries.c.id == row.id)
        .values(folder=folder.text, name=name.text)
    )
    receipt = await _trigger(conn, row, move)
    return Moved(receipt, [spool] if spool else [])


def _may_move(row: Row, move: Move) -> None:
    """Refuse what SPEC section 5 does not allow a partner to move."""
    require_free(row)
    source, (target, name) = move.source[0], move.target
    if source.top is target.top:
        return
    if not target.top.partner_writes or not (
        source.top.partner_writes or source.top is Top.ERROR
    ):
        raise Forbidden(
            f"a file cannot be moved from {source.top.value}/ to {target.top.value}/; "
            "only error/, outbox/ and coutbox/ to outbox/ or coutbox/"
        )
    if source.top is Top.ERROR and name.temporary:
        raise Invalid("give the file its final name when you move it out of error/")


async def _make_room(conn: AsyncConnection, move: Move) -> str | None:
    """Free the target's name; return the spool file that is of no use now.

    A taken file gives way: its transfer goes on with its own blob.
    """
    folder, name = move.target
    other = await at_path(conn, move.mailbox, folder, name)
    if other is None:
        return None
    if other.is_folder:
        raise Conflict(f"{folder.text}/{name.text} is a folder", "wrong-kind")
    if not (move.replace or other.taken):
        raise Conflict(f"{folder.text}/{name.text} exists", "name-taken")
    await conn.execute(delete(entries).where(entries.c.id == other.id))
    return other.spool


async def _trigger(conn: AsyncConnection, row: Row, move: Move) -> Receipt | None:
    folder, name = move.target
    if row.blob is None or name.temporary or not folder.top.partner_writes:
        return None
    if row.transfer is not None:
        return await _run_again(conn, row, row.blob, row.transfer, move)
    receipt = Receipt(id=move.new, received_at=move.at)
    await take(conn, row, move.target, row.blob, receipt, move.attributes)
    return receipt


async def _run_again(
    conn: AsyncConnection, row: Row, blob: BlobRef, transfer: TransferId, move: Move
) -> Receipt:
    """Run the failed transfer of a file that left error/; its report goes."""
    known = await transfers.received(conn, transfer)
    if known is None or known.upload.blob != blob:
        raise Forbidden(
            f"{row.name.text} is the report; move the file that lies beside it"
        )
    if known.state is not TransferState.FAILED:
        raise being_processed(row.folder, row.name)
    where = f"{row.folder.text}/{row.name.text}"
    upload = upload_from(move.mailbox, move.target, blob, move.attributes)
    why = N_("moved by the partner from {source} to {target}/").format(
        source=where, target=upload.folder.text
    )
    await transfers.run_again(conn, transfer, upload, move.at, why)
    await conn.execute(
        delete(entries).where(entries.c.transfer == transfer, entries.c.id != row.id)
    )
    return Receipt(id=transfer, received_at=move.at)


async def _move_folder(conn: AsyncConnection, row: Row, move: Move) -> None:
    """Rename a sub-folder and all that is in it; nothing is taken by this."""
    (source, old_name), (target, new_name) = move.source, move.target
    if source.top is not target.top:
        raise Forbidden(f"a folder cannot leave {source.top.value}/")
    old, new = f"{source.text}/{old_name.text}", f"{target.text}/{new_name.text}"
    if f"{new}/".startswith(f"{old}/"):
        raise Invalid("a folder cannot be moved into itself")
    if await at_path(conn, move.mailbox, target, new_name) is not None:
        raise Conflict(f"{new} exists", "name-taken")
    inside = _inside(move.mailbox, old)
    paths = func.length(entries.c.folder) + 1 + func.length(entries.c.name)
    deepest = select(func.coalesce(func.max(paths), 0)).where(
        inside, entries.c.is_folder
    )
    longest = max(int((await conn.execute(deepest)).scalar() or 0), len(old))
    if longest - len(old) + len(new) > PATH_MAX:
        raise Invalid(f"a path would be longer than {PATH_MAX} characters")
    rest = func.substr(entries.c.folder, len(old) + 1, type_=String)
    await conn.execute(update(entries).where(inside).values(folder=new + rest))
    await conn.execute(
        update(entries)
        .where(entries.c.id == row.id)
        .values(folder=target.text, name=new_name.text)
    )


def _inside(mailbox: MailboxId, folder: str) -> ColumnElement[bool]:
    """Everything below the folder (LIKE would ignore case in SQLite)."""
    below = f"{folder}/"
    deeper = func.substr(entries.c.folder, 1, len(below)) == below
    return (entries.c.mailbox == mailbox) & or_(entries.c.folder == folder, deeper)
