"""The mailboxes' own AS2 pairs; private keys come and go sealed (KEY_PURPOSE)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Row,
    bindparam,
    delete,
    exists,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.core.model import MailboxId
from gateway.store.tables import as2_keys, as2_messages

KEY_PURPOSE = "as2-key"

# made once: it is asked for each message
_OF = (
    select(as2_keys)
    .where(
        as2_keys.c.mailbox == bindparam("mailbox"),
        or_(as2_keys.c.retired_at.is_(None), as2_keys.c.retired_at > bindparam("now")),
    )
    .order_by(as2_keys.c.created_at, as2_keys.c.uuid)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedKey:
    """A pair as it is stored; the fields mean what those of OwnKeyRecord do."""

    uuid: str
    mailbox: MailboxId
    private_key: bytes = field(repr=False)
    certificate: bytes
    created_at: datetime
    signs_from: datetime | None = None
    retired_at: datetime | None = None


async def of(
    conn: AsyncConnection, mailbox: MailboxId, now: datetime
) -> Sequence[SealedKey]:
    """Return the mailbox's pairs that are not retired, the oldest first."""
    rows = await conn.execute(_OF, {"mailbox": mailbox, "now": now})
    return [_key(row) for row in rows]


async def kept(conn: AsyncConnection, mailbox: MailboxId) -> Sequence[SealedKey]:
    """Return the mailbox's pairs, also those that are retired, the oldest first."""
    return await _found(conn, as2_keys.c.mailbox == mailbox)


async def every(conn: AsyncConnection, now: datetime) -> Sequence[SealedKey]:
    """Return the pairs of all mailboxes that are not retired, the oldest first."""
    return await _found(conn, _alive(now))


async def add(conn: AsyncConnection, key: SealedKey) -> None:
    await conn.execute(
        insert(as2_keys).values(
            uuid=key.uuid,
            mailbox=key.mailbox,
            private_key=key.private_key,
            certificate=key.certificate,
            created_at=key.created_at,
            signs_from=key.signs_from,
            retired_at=key.retired_at,
        )
    )


async def schedule(
    conn: AsyncConnection,
    uuid: str,
    *,
    signs_from: datetime | None,
    retired_at: datetime | None,
) -> None:
    """Write from when the pair signs and until when it decrypts."""
    await conn.execute(
        update(as2_keys)
        .where(as2_keys.c.uuid == uuid)
        .values(signs_from=signs_from, retired_at=retired_at)
    )


async def remove(conn: AsyncConnection, uuid: str) -> None:
    await conn.execute(delete(as2_keys).where(as2_keys.c.uuid == uuid))


async def remove_retired(conn: AsyncConnection, now: datetime) -> int:
    """Delete the pairs whose overlap is over and that nothing needs; return how many.

    A message that came while the pair decrypted needs it, until retention takes it.
    """
    needed = exists().where(
        as2_messages.c.mailbox == as2_keys.c.mailbox,
        as2_messages.c.received_at <= as2_keys.c.retired_at,
        or_(as2_messages.c.cipher != "", as2_messages.c.accepted_key.is_(None)),
    )
    gone = delete(as2_keys).where(as2_keys.c.retired_at <= now, ~needed)
    return (await conn.execute(gone)).rowcount


def _alive(now: datetime) -> ColumnElement[bool]:
    return or_(as2_keys.c.retired_at.is_(None), as2_keys.c.retired_at > now)


async def _found(
    conn: AsyncConnection, *conditions: ColumnElement[bool]
) -> Sequence[SealedKey]:
    rows = await conn.execute(
        select(as2_keys)
        .where(*conditions)
        .order_by(as2_keys.c.created_at, as2_keys.c.uuid)
    )
    return [_key(row) for row in rows]


def _key(row: Row[Any]) -> SealedKey:
    return SealedKey(
        uuid=row.uuid,
        mailbox=MailboxId(row.mailbox),
        private_key=row.private_key,
        certificate=row.certificate,
        created_at=row.created_at,
        signs_from=row.signs_from,
        retired_at=row.retired_at,
    )
