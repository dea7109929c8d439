"""The asynchronous MDN of a message that we sent: it comes by a POST of its own."""

import asyncio
import logging
from dataclasses import dataclass

from as2_server.keyring import Keyring
from as2_server.outcome import Judge, denied
from as2_server.protocol.dispositions import ProtocolError
from as2_server.protocol.send import HeaderPairs
from as2_server.protocol.verdict import original_message_id
from gateway.core.as2 import As2Profile
from gateway.core.as2_sent import MdnDoor, MdnVerdict, ReceivedMdn
from gateway.core.model import MessageId, Refused, Sent
from gateway.core.ports import Clock

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LateMdns:
    """Settles deliveries; whoever posts is told nothing of what became of it."""

    door: MdnDoor
    clock: Clock

    async def arrived(
        self, profile: As2Profile, headers: HeaderPairs, body: bytes
    ) -> None:
        """Keep the MDN and settle what it is about; durable when this returns."""
        try:
            original = await asyncio.to_thread(original_message_id, headers, body)
        except ProtocolError as error:
            log.info("mailbox %s: unusable MDN: %s", profile.mailbox, error.message)
            return
        name = MessageId(f"<{original.strip().removeprefix('<').removesuffix('>')}>")
        message = await self.door.find(profile.mailbox, name)
        if message is None:
            log.info("mailbox %s: MDN for %.99r, unknown", profile.mailbox, original)
            return
        if message.mdn and message.mdn.verdict is MdnVerdict.CONFIRMED:
            return  # nothing that comes later can change that
        now = self.clock()
        keyring = await asyncio.to_thread(Keyring.of, profile, (), now)
        judge = Judge(
            message=message,
            certificates=keyring.trust().partner,
            digests=profile.digests,
            now=now,
        )
        mdn = await asyncio.to_thread(judge.mdn, headers, body, later=True)
        await self.door.settle(message, mdn, _result(mdn))


def _result(mdn: ReceivedMdn) -> Sent | Refused | None:
    match mdn.verdict:
        case MdnVerdict.CONFIRMED:
            return Sent(mdn.detail)
        case MdnVerdict.DENIED:
            return denied(mdn)
        case MdnVerdict.UNPROVEN:
            return None
