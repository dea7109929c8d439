"""AS2 messages that we sent: built once, posted until an MDN settles them."""

from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, insert, or_, select, true, update
from sqlalchemy.engine import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.core.as2 import MdnMode
from gateway.core.as2_sent import UNPROVEN_KEPT, MdnVerdict, ReceivedMdn, SentMessage
from gateway.core.model import BlobRef, MailboxId, MessageId, TransferId
from gateway.store.tables import as2_sent

KEY_PURPOSE = "as2-content-key"


async def latest(conn: AsyncConnection, transfer: TransferId) -> SentMessage | None:
    """Return the newest message of the transfer; None if there is none."""
    found = (
        select(as2_sent)
        .where(as2_sent.c.transfer == transfer)
        .order_by(as2_sent.c.generation.desc())
        .limit(1)
    )
    row = (await conn.execute(found)).mappings().one_or_none()
    return _message(row) if row else None


async def get(conn: AsyncConnection, message_id: MessageId) -> SentMessage | None:
    found = select(as2_sent).where(as2_sent.c.message_id == message_id)
    row = (await conn.execute(found)).mappings().one_or_none()
    return _message(row) if row else None


async def of_transfer(conn: AsyncConnection, transfer: TransferId) -> list[SentMessage]:
    """Return every message that was built for the transfer, the oldest first."""
    found = (
        select(as2_sent)
        .where(as2_sent.c.transfer == transfer)
        .order_by(as2_sent.c.generation)
    )
    return [_message(row) for row in (await conn.execute(found)).mappings()]


async def sealed_keys(
    conn: AsyncConnection, transfer: TransferId
) -> Mapping[MessageId, bytes]:
    """Return the sealed content keys of the transfer's encrypted messages."""
    found = select(as2_sent.c.message_id, as2_sent.c.content_key).where(
        as2_sent.c.transfer == transfer, as2_sent.c.content_key.is_not(None)
    )
    return {row.message_id: row.content_key for row in await conn.execute(found)}


async def add(
    conn: AsyncConnection, message: SentMessage, sealed_key: bytes | None
) -> None:
    """Record a message, posted once now, with its sealed content key."""
    await conn.execute(
        insert(as2_sent).values(
            message_id=message.message_id,
            transfer=message.transfer,
            generation=message.generation,
            mailbox=message.mailbox,
            sender=message.sender,
            receiver=message.receiver,
            mic=message.mic,
            signed=message.signed,
            mdn_mode=message.mdn_mode.value,
            mdn_signed=message.mdn_signed,
            headers=[list(pair) for pair in message.headers],
            sha256=message.body.sha256,
            size=message.body.size,
            certificates=[b64encode(der).decode() for der in message.certificates],
            content_key=sealed_key,
            built_at=message.built_at,
            posts=1,
            unproven=0,
        )
    )


async def count_post(conn: AsyncConnection, message_id: MessageId) -> None:
    await conn.execute(
        update(as2_sent)
        .where(as2_sent.c.message_id == message_id)
        .values(posts=as2_sent.c.posts + 1)
    )


async def keep_mdn(
    conn: AsyncConnection, message_id: MessageId, mdn: ReceivedMdn
) -> bool:
    """Record the MDN; False, and nothing done, when a better one is there.

    That is a confirmation for all, for those that prove nothing also a denial, or
    enough of their kind.
    """
    better = {MdnVerdict.CONFIRMED.value}
    room: ColumnElement[bool] = true()
    count = 0
    if mdn.verdict is MdnVerdict.UNPROVEN:
        better.add(MdnVerdict.DENIED.value)
        room, count = as2_sent.c.unproven < UNPROVEN_KEPT, 1
    open_still = or_(
        as2_sent.c.mdn_verdict.is_(None), as2_sent.c.mdn_verdict.not_in(better)
    )
    kept = await conn.execute(
        update(as2_sent)
        .where(as2_sent.c.message_id == message_id, open_still, room)
        .values(**_columns(mdn), unproven=as2_sent.c.unproven + count)
    )
    return kept.rowcount == 1


def _columns(mdn: ReceivedMdn) -> Mapping[str, object]:
    return {
        "mdn_verdict": mdn.verdict.value,
        "mdn_headers": [list(pair) for pair in mdn.headers],
        "mdn_body": mdn.body,
        "mdn_at": mdn.received_at,
        "mdn_detail": mdn.detail,
        "mdn_signer": mdn.signer,
    }


def _message(row: RowMapping) -> SentMessage:
    return SentMessage(
        transfer=TransferId(row["transfer"]),
        generation=row["generation"],
        mailbox=MailboxId(row["mailbox"]),
        message_id=MessageId(row["message_id"]),
        sender=row["sender"],
        receiver=row["receiver"],
        mic=row["mic"],
        signed=row["signed"],
        mdn_mode=MdnMode(row["mdn_mode"]),
        mdn_signed=row["mdn_signed"],
        headers=_pairs(row["headers"]),
        body=BlobRef(row["sha256"], row["size"]),
        certificates=[b64decode(text) for text in row["certificates"]],
        built_at=row["built_at"],
        posts=row["posts"],
        unproven=row["unproven"],
        mdn=_mdn(row) if row["mdn_verdict"] else None,
    )


def _mdn(row: RowMapping) -> ReceivedMdn:
    return ReceivedMdn(
        verdict=MdnVerdict(row["mdn_verdict"]),
        headers=_pairs(row["mdn_headers"]),
        body=row["mdn_body"],
        received_at=row["mdn_at"],
        detail=row["mdn_detail"],
        signer=row["mdn_signer"],
    )


def _pairs(stored: list[list[Any]]) -> list[tuple[str, str]]:
    return [(name, value) for name, value in stored]
