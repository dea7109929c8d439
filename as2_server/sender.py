"""Delivery by AS2: built once, durable, posted until the partner's MDN settles it."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

from as2_server.client import HttpClient, Peer
from as2_server.composing import Composer
from as2_server.failures import NoAnswer
from as2_server.keyring import Keyring
from as2_server.outcome import Judge
from as2_server.spool import Spool
from gateway.core.as2 import NONE, As2Profile, MdnMode
from gateway.core.as2_sent import MdnVerdict, SentMessage, SentMessages
from gateway.core.desk import sentences
from gateway.core.errors import N_, Refusal
from gateway.core.model import (
    MdnPending,
    MessageId,
    Parcel,
    Problem,
    Refused,
    SendResult,
    Sent,
)
from gateway.core.ports import As2Book, Blobs, Clock, NewId


@dataclass(frozen=True, slots=True, kw_only=True)
class As2Transport:
    """The Transport of AS2 mailboxes.

    *spool* is a folder on the blobs' file system, *host* the right side of our
    Message-IDs, *contact* our mail address for Disposition-Notification-To.
    """

    book: As2Book
    sent: SentMessages
    client: HttpClient
    blobs: Blobs
    spool: Path
    clock: Clock
    new_id: NewId
    host: str
    contact: str

    async def send(self, parcel: Parcel) -> SendResult:
        """Post the message, the one that was built before if there is one."""
        profile = await self.book.profile(parcel.mailbox)
        if profile is None:
            return Refused(_OFF, permanent=False)
        latest = await self.sent.latest(parcel.transfer)
        verdict = latest.mdn.verdict if latest and latest.mdn else None
        if latest and latest.mdn and verdict is MdnVerdict.CONFIRMED:
            return Sent(latest.mdn.detail)  # a crash came between MDN and settling
        key = b""
        if latest is None or verdict is MdnVerdict.DENIED:
            generation = latest.generation + 1 if latest else 1
            try:
                latest, key = await self._build(profile, parcel, generation)
            except Refusal as error:
                return _unfit(error)
        return await self._post(profile, await self.sent.posting(latest, key))

    async def _build(
        self, profile: As2Profile, parcel: Parcel, generation: int
    ) -> tuple[SentMessage, bytes]:
        """Build the message and store its body; it is not recorded yet.

        Return the key of its content too, empty when it is in clear.
        """
        records = await self.book.own_keys(parcel.mailbox)
        number, now = self.new_id(), self.clock()
        keyring = await asyncio.to_thread(Keyring.of, profile, records, now)
        composer = Composer(
            profile=profile,
            keyring=keyring,
            parcel=parcel,
            file=self.blobs.path(parcel.blob),
            message_id=f"<{number}@{self.host}>",
            contact=self.contact,
            now=now,
        )
        spool = Spool(self.spool / number)
        try:
            made = await asyncio.to_thread(composer.compose, spool)
            body = await spool.store(self.blobs)
        finally:
            await asyncio.to_thread(spool.close)
        message = SentMessage(
            transfer=parcel.transfer,
            generation=generation,
            mailbox=parcel.mailbox,
            message_id=MessageId(composer.message_id),
            sender=profile.self_id,
            receiver=profile.recipient_id,
            mic=made.built.mic.text,
            signed=profile.signing != NONE,
            mdn_mode=profile.mdn,
            mdn_signed=profile.mdn_signed and profile.mdn is not MdnMode.NONE,
            headers=made.headers,
            body=body,
            certificates=made.certificates,
            built_at=now,
        )
        return message, made.built.content_key

    async def _post(self, profile: As2Profile, message: SentMessage) -> SendResult:
        file = self.blobs.path(message.body)
        answer = await self.client.post(Peer.of(profile), message.headers, file)
        if isinstance(answer, NoAnswer):
            return Refused(_unreachable(answer), permanent=answer.permanent)
        now = self.clock()
        keyring = await asyncio.to_thread(Keyring.of, profile, (), now)
        judge = Judge(
            message=message,
            certificates=keyring.trust().partner,
            digests=profile.digests,
            now=now,
        )
        result, mdn = await asyncio.to_thread(judge.answer, answer)
        if mdn is not None:
            await self.sent.answered(message, mdn)
        return result or MdnPending(message.message_id, profile.mdn_deadline)


_OFF = Problem(
    "as2-off",
    N_("the integration was switched off, or is not AS2 any more"),
    "deliver",
    remedy=N_("Switch the integration on."),
)


def _unfit(error: Refusal) -> Refused:
    problem = Problem(
        "as2-settings",
        sentences.NOT_MADE(why=error.message),
        "deliver",
        remedy=N_(
            "Correct the AS2 settings or certificates of the mailbox; then reprocess."
        ),
    )
    return Refused(problem, permanent=True)


def _unreachable(answer: NoAnswer) -> Problem:
    return Problem("as2-unreachable", answer.reason, "deliver", remedy=answer.remedy)
