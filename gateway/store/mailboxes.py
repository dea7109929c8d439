"""Mailboxes and their aliases."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import delete, exists, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.core.integration import Mailbox
from gateway.core.model import MailboxId
from gateway.core.rules import Level
from gateway.store.tables import (
    aliases,
    conversions,
    entries,
    envelopes,
    mailbox_entries,
    mailboxes,
    rules,
    transfers,
)

_DOCUMENTS = {
    "envelopes": envelopes.c.sender,
    "envelopes received": mailbox_entries.c.mailbox,
    "transfers": transfers.c.mailbox,
    "conversions": conversions.c.mailbox,
}


async def listing(conn: AsyncConnection) -> Sequence[Mailbox]:
    """Return every mailbox by name."""
    rows = await conn.execute(
        select(mailboxes).order_by(mailboxes.c.name, mailboxes.c.uuid)
    )
    found = (await conn.execute(select(aliases).order_by(aliases.c.alias))).all()
    names: dict[str, list[str]] = {}
    for row in found:
        names.setdefault(row.mailbox, []).append(row.alias)
    return [
        Mailbox(
            id=MailboxId(row.uuid),
            name=row.name,
            aliases=tuple(names.get(row.uuid, ())),
        )
        for row in rows
    ]


async def get(conn: AsyncConnection, mailbox: MailboxId) -> Mailbox | None:
    found = select(mailboxes).where(mailboxes.c.uuid == mailbox)
    row = (await conn.execute(found)).one_or_none()
    if row is None:
        return None
    own = select(aliases.c.alias).where(aliases.c.mailbox == mailbox)
    names = (await conn.execute(own.order_by(aliases.c.alias))).scalars().all()
    return Mailbox(id=MailboxId(row.uuid), name=row.name, aliases=tuple(names))


async def add(conn: AsyncConnection, mailbox: Mailbox, at: datetime) -> None:
    await conn.execute(
        insert(mailboxes).values(uuid=mailbox.id, name=mailbox.name, created_at=at)
    )
    await _set_aliases(conn, mailbox)


async def change(conn: AsyncConnection, mailbox: Mailbox) -> None:
    """Write name and aliases."""
    await conn.execute(
        update(mailboxes)
        .where(mailboxes.c.uuid == mailbox.id)
        .values(name=mailbox.name)
    )
    await conn.execute(delete(aliases).where(aliases.c.mailbox == mailbox.id))
    await _set_aliases(conn, mailbox)


async def remove(conn: AsyncConnection, mailbox: MailboxId) -> None:
    """Delete a mailbox that has no documents, with its empty sub-folders."""
    await conn.execute(delete(entries).where(entries.c.mailbox == mailbox))
    await conn.execute(delete(mailboxes).where(mailboxes.c.uuid == mailbox))


async def by_alias(conn: AsyncConnection, alias: str) -> MailboxId | None:
    """Return whose alias it is; prefixes such as `DUNS::` are part of the alias."""
    found = select(aliases.c.mailbox).where(aliases.c.alias == alias)
    uuid = (await conn.execute(found)).scalar_one_or_none()
    return MailboxId(uuid) if uuid else None


async def owners(
    conn: AsyncConnection, wanted: Sequence[str]
) -> Mapping[str, MailboxId]:
    """Return which of the aliases are taken, and by whom."""
    taken = select(aliases).where(aliases.c.alias.in_(wanted))
    rows = (await conn.execute(taken)).all()
    return {row.alias: MailboxId(row.mailbox) for row in rows}


async def in_use(conn: AsyncConnection, mailbox: MailboxId) -> Sequence[str]:
    """Return in words what keeps the mailbox from being deleted; empty if nothing."""
    checks = {
        name: exists().where(column == mailbox) for name, column in _DOCUMENTS.items()
    }
    checks["files in its folders"] = exists().where(
        entries.c.mailbox == mailbox, entries.c.is_folder.is_(False)
    )
    checks["rules of the account"] = exists().where(
        rules.c.mailbox == mailbox, rules.c.level == Level.ACCOUNT.value
    )
    answers = (await conn.execute(select(*checks.values()))).one()
    return [name for name, there in zip(checks, answers, strict=True) if there]


async def _set_aliases(conn: AsyncConnection, mailbox: Mailbox) -> None:
    if mailbox.aliases:
        await conn.execute(
            insert(aliases),
            [{"alias": alias, "mailbox": mailbox.id} for alias in mailbox.aliases],
        )
