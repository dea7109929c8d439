"""What was sent by AS2, and the second door, by which asynchronous MDNs come."""

from dataclasses import dataclass, replace

from gateway.core.as2_sent import UNPROVEN_KEPT, MdnVerdict, ReceivedMdn, SentMessage
from gateway.core.desk import sentences
from gateway.core.lifecycle import after_mdn
from gateway.core.model import (
    Channel,
    MailboxId,
    MessageId,
    Refused,
    Sent,
    TransferId,
)
from gateway.core.ports import Clock, Vault
from gateway.engine.settling import settle
from gateway.store import as2_sent, deliveries, jobs, transfers
from gateway.store.database import Connection, Database


@dataclass(frozen=True, slots=True)
class StoredSent:
    """The port SentMessages."""

    db: Database
    clock: Clock
    vault: Vault

    async def latest(self, transfer: TransferId) -> SentMessage | None:
        async with self.db.read() as conn:
            return await as2_sent.latest(conn, transfer)

    async def posting(
        self, message: SentMessage, content_key: bytes = b""
    ) -> SentMessage:
        """Count a try, the first one by writing the message."""
        sealed = None
        if content_key:
            sealed = self.vault.seal(content_key, as2_sent.KEY_PURPOSE)
        async with self.db.write() as conn:
            there = await as2_sent.latest(conn, message.transfer)
            if there is None or there.generation < message.generation:
                await as2_sent.add(conn, message, sealed)
                text = sentences.BUILT(
                    message=message.message_id,
                    bytes=message.body.size,
                    mic=message.mic,
                )
                now = self.clock()
                await transfers.note(conn, message.transfer, now, "deliver", text)
                there = message
            else:
                await as2_sent.count_post(conn, there.message_id)
            return replace(there, posts=there.posts + 1)

    async def answered(self, message: SentMessage, mdn: ReceivedMdn) -> None:
        async with self.db.write() as conn:
            await as2_sent.keep_mdn(conn, message.message_id, mdn)


@dataclass(frozen=True, slots=True)
class MdnSettlement:
    """The port MdnDoor."""

    db: Database
    clock: Clock

    async def find(
        self, mailbox: MailboxId, message_id: MessageId
    ) -> SentMessage | None:
        async with self.db.read() as conn:
            message = await as2_sent.get(conn, message_id)
        return message if message and message.mailbox == mailbox else None

    async def settle(
        self, message: SentMessage, mdn: ReceivedMdn, result: Sent | Refused | None
    ) -> None:
        unproven = mdn.verdict is MdnVerdict.UNPROVEN
        if unproven and message.unproven >= UNPROVEN_KEPT:
            return  # anybody can send them: no work for those that come in numbers
        async with self.db.write() as conn:
            if await as2_sent.keep_mdn(conn, message.message_id, mdn):
                await self._note(conn, message, mdn)
                if result is not None:
                    await self._settle(conn, message, result)

    async def _note(
        self, conn: Connection, message: SentMessage, mdn: ReceivedMdn
    ) -> None:
        kind = {
            MdnVerdict.CONFIRMED: "asynchronous MDN",
            MdnVerdict.DENIED: "negative asynchronous MDN",
            MdnVerdict.UNPROVEN: "asynchronous MDN that proves nothing",
        }[mdn.verdict]
        text = f"{kind} for {message.message_id}: {mdn.detail}"
        last = message.unproven + 1 >= UNPROVEN_KEPT
        if mdn.verdict is MdnVerdict.UNPROVEN and last:
            text += "; more that prove nothing are not noted"
        await transfers.note(conn, message.transfer, self.clock(), "deliver", text)

    async def _settle(
        self, conn: Connection, message: SentMessage, result: Sent | Refused
    ) -> None:
        delivery = await deliveries.delivery(conn, message.transfer)
        newest = await as2_sent.latest(conn, message.transfer)
        if delivery is None or newest is None:
            return
        old = newest.generation > message.generation
        if old and isinstance(result, Refused):  # that is why a new one was built
            return
        now = self.clock()
        state = after_mdn(delivery.state, delivery.attempts, result, now)
        if state is not None:
            await settle(conn, delivery, Channel.AS2, state, "", now)
            await jobs.drop(conn, "deliver", message.transfer)
