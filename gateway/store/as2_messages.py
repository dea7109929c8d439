"""AS2 messages that came in: each accepted once, with the MDN it got."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Insert, Row, bindparam, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.core.as2_log import Accepted, Findings, Incoming, MdnRecord
from gateway.core.model import BlobRef, MailboxId, TransferId
from gateway.store.inserting import inserting
from gateway.store.tables import as2_message_transfers, as2_messages

ERROR_MAX = 2000

# made once: to build a statement costs more than to run it
_AMONG = select(as2_messages).where(
    as2_messages.c.accepted_key.in_(bindparam("keys", expanding=True))
)
_RECORD = insert(as2_messages)
_LINK = insert(as2_message_transfers)


@cache
def _add(dialect: str) -> Insert:
    """Return the statement, made once: to build it costs more than to run it."""
    insert_ = inserting(dialect, as2_messages)
    return insert_.on_conflict_do_nothing(index_elements=["accepted_key"])


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredMessage:
    """A message with everything that is kept of it."""

    incoming: Incoming
    findings: Findings
    mdn: MdnRecord | None
    mdn_sent_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingMdn:
    """An asynchronous MDN that has not arrived yet."""

    mailbox: MailboxId
    mdn: MdnRecord
    attempts: int


async def accepted(
    conn: AsyncConnection, mailbox: MailboxId, sender: str, message_id: str
) -> Accepted | None:
    """Return the message if it was accepted before."""
    found = select(as2_messages).where(
        as2_messages.c.accepted_key == _key(mailbox, sender, message_id)
    )
    row = (await conn.execute(found)).one_or_none()
    if row is None:
        return None
    return Accepted(uuid=row.uuid, mic=row.mic, mdn=_mdn(row), first=False)


async def accepted_among(
    conn: AsyncConnection, incoming: Sequence[Incoming]
) -> Mapping[str, Accepted]:
    """Return those that were accepted before, by key()."""
    keys = [key(one) for one in incoming]
    return {
        row.accepted_key: Accepted(
            uuid=row.uuid, mic=row.mic, mdn=_mdn(row), first=False
        )
        for row in await conn.execute(_AMONG, {"keys": keys})
    }


async def add(
    conn: AsyncConnection,
    incoming: Incoming,
    findings: Findings,
    mdn: MdnRecord | None,
    *,
    accept: bool,
) -> bool:
    """Record the message; False if it is to be accepted and was accepted before."""
    values = _values(incoming, findings, mdn, key(incoming) if accept else None)
    made = await conn.execute(_add(conn.dialect.name), values)
    return made.rowcount == 1


async def add_accepted(
    conn: AsyncConnection,
    messages: Sequence[tuple[Incoming, Findings, MdnRecord | None]],
) -> None:
    """Record messages; raises the driver's error if one was accepted before."""
    rows = [_values(*message, key(message[0])) for message in messages]
    await conn.execute(_RECORD, rows)


def _values(
    incoming: Incoming,
    findings: Findings,
    mdn: MdnRecord | None,
    accepted_key: str | None,
) -> Mapping[str, object]:
    later = mdn is not None and bool(mdn.url)
    return {
        "uuid": incoming.uuid,
        "mailbox": incoming.mailbox,
        "message_id": incoming.message_id,
        "sender": incoming.sender,
        "receiver": incoming.receiver,
        "accepted_key": accepted_key,
        "received_at": incoming.received_at,
        "headers": [list(pair) for pair in incoming.headers],
        "sha256": incoming.body.sha256,
        "size": incoming.body.size,
        "raw": incoming.raw,
        "disposition": findings.disposition,
        "mic": findings.mic,
        "cipher": findings.cipher,
        "remark": findings.remark,
        "signer": findings.signer,
        "mdn_headers": [list(pair) for pair in mdn.headers] if mdn else None,
        "mdn_body": mdn.body if mdn else None,
        "mdn_signer": mdn.signer if mdn else None,
        "mdn_url": mdn.url if mdn else "",
        "mdn_attempts": 0,
        "mdn_sent_at": incoming.received_at if mdn and not later else None,
        "mdn_error": "",
    }


async def link(conn: AsyncConnection, pairs: Sequence[tuple[str, TransferId]]) -> None:
    """Say which message each transfer came by."""
    await conn.execute(
        _LINK,
        [{"transfer": transfer, "message": message} for message, transfer in pairs],
    )


async def of_transfer(
    conn: AsyncConnection, transfer: TransferId
) -> StoredMessage | None:
    """Return the message that the transfer came in by; None if it was none."""
    found = (
        select(as2_messages)
        .join(as2_message_transfers)
        .where(as2_message_transfers.c.transfer == transfer)
    )
    row = (await conn.execute(found)).one_or_none()
    return _message(row) if row is not None else None


async def transfers_of(conn: AsyncConnection, message: str) -> Sequence[TransferId]:
    """Return the transfers that the message became."""
    rows = await conn.execute(
        select(as2_message_transfers.c.transfer).where(
            as2_message_transfers.c.message == message
        )
    )
    return [TransferId(uuid) for uuid in rows.scalars()]


# --- The asynchronous MDN ------------------------------------------------------------


async def waiting_mdn(conn: AsyncConnection, message: str) -> WaitingMdn | None:
    """Return the MDN that is still to be sent; None if there is none."""
    found = select(as2_messages).where(
        as2_messages.c.uuid == message, as2_messages.c.mdn_sent_at.is_(None)
    )
    row = (await conn.execute(found)).one_or_none()
    mdn = _mdn(row) if row is not None else None
    if row is None or mdn is None:
        return None
    return WaitingMdn(
        mailbox=MailboxId(row.mailbox), mdn=mdn, attempts=row.mdn_attempts
    )


async def mdn_sent(conn: AsyncConnection, message: str, at: datetime) -> None:
    await conn.execute(
        update(as2_messages)
        .where(as2_messages.c.uuid == message)
        .values(mdn_sent_at=at, mdn_error="")
    )


async def mdn_failed(conn: AsyncConnection, message: str, error: str) -> None:
    """Count a failed attempt to send the MDN."""
    await conn.execute(
        update(as2_messages)
        .where(as2_messages.c.uuid == message)
        .values(
            mdn_attempts=as2_messages.c.mdn_attempts + 1, mdn_error=error[:ERROR_MAX]
        )
    )


async def mdn_wanted_again(conn: AsyncConnection, message: str) -> bool:
    """Have the asynchronous MDN sent once more; False if there is none."""
    changed = await conn.execute(
        update(as2_messages)
        .where(as2_messages.c.uuid == message, as2_messages.c.mdn_url != "")
        .values(mdn_sent_at=None, mdn_attempts=0)
    )
    return changed.rowcount == 1


def key(incoming: Incoming) -> str:
    """Digest what makes a message the same, as two that are accepted cannot be."""
    return _key(incoming.mailbox, incoming.sender, incoming.message_id)


def _key(mailbox: MailboxId, sender: str, message_id: str) -> str:
    """Digest what makes a message the same: whose it is, from whom, its Message-ID."""
    bare = message_id.strip()
    if bare.startswith("<") and bare.endswith(">"):
        bare = bare[1:-1]
    return hashlib.sha256(f"{mailbox}\n{sender}\n{bare}".encode()).hexdigest()


def _message(row: Row[Any]) -> StoredMessage:
    return StoredMessage(
        incoming=Incoming(
            uuid=row.uuid,
            mailbox=MailboxId(row.mailbox),
            message_id=row.message_id,
            sender=row.sender,
            receiver=row.receiver,
            headers=[(name, value) for name, value in row.headers],
            body=BlobRef(row.sha256, row.size),
            received_at=row.received_at,
            raw=row.raw,
        ),
        findings=Findings(
            disposition=row.disposition,
            mic=row.mic,
            cipher=row.cipher,
            signer=row.signer,
            remark=row.remark,
        ),
        mdn=_mdn(row),
        mdn_sent_at=row.mdn_sent_at,
    )


def _mdn(row: Row[Any]) -> MdnRecord | None:
    if row.mdn_body is None:
        return None
    return MdnRecord(
        headers=[(name, value) for name, value in row.mdn_headers],
        body=row.mdn_body,
        url=row.mdn_url,
        signer=row.mdn_signer,
    )
