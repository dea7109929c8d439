"""One message to its end: unwrapped, durable, and only then answered."""

import asyncio
import hashlib
import logging
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from as2_server.answer import Answering
from as2_server.keyring import Keyring
from as2_server.problems import problem
from as2_server.protocol.digests import Mic
from as2_server.protocol.dispositions import (
    AUTHENTICATION_FAILED,
    DUPLICATE,
    UNEXPECTED_ERROR,
)
from as2_server.protocol.headers import Request
from as2_server.protocol.messages import Policy, Received, Rejected
from as2_server.rejections import Rejections
from as2_server.spool import Spool
from as2_server.unwrapping import Unwrapping, answered, findings
from gateway.core.as2 import As2Profile
from gateway.core.as2_log import (
    Accepted,
    As2Log,
    Findings,
    HeaderPairs,
    Incoming,
    IncomingPayload,
    MdnRecord,
)
from gateway.core.model import BlobRef, FileName
from gateway.core.ports import Blobs, NewId

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the HTTP response is made of."""

    status: int
    headers: HeaderPairs = ()
    body: bytes = b""

    @classmethod
    def text(cls, status: int, sentence: str) -> "Answer":
        kind = ("Content-Type", "text/plain; charset=utf-8")
        return cls(status, [kind], f"{sentence}\n".encode())


@dataclass(slots=True, kw_only=True)
class Means:
    """What taking a message needs; *spool* is a folder.

    *max_payload* is in bytes, all documents of a message together; it may change.
    """

    log: As2Log
    blobs: Blobs
    new_id: NewId
    spool: Path
    threads: Executor
    rejections: Rejections
    max_payload: int

    def open_spool(self) -> Spool:
        return Spool(self.spool / self.new_id())


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message: the only state is what it is; each method is a step.

    *no_key* says why we cannot sign the MDN as asked; *foreign* that the MDN is to go
    to a host that is not the partner's.
    """

    means: Means
    profile: As2Profile
    request: Request
    headers: HeaderPairs
    body: Spool
    keyring: Keyring
    now: datetime
    answering: Answering
    no_key: str
    foreign: bool

    async def take(self) -> Answer:
        if refused := self._before():
            return await self._reject(refused)
        if self.no_key:  # what was signed while we could is as good as ever
            if known := await self._known():
                return await self._again(known)
            return await self._reject(Rejected(UNEXPECTED_ERROR, self.no_key))
        work = Unwrapping(
            fields=self.request.fields,
            body=self.body,
            trust=self.keyring.trust(),
            policy=Policy(
                require_signed=self.profile.require_signed,
                require_encrypted=self.profile.require_encrypted,
                digests=self.profile.digests,
                ciphers=self.profile.ciphers,
                max_payload=self.means.max_payload,
            ),
            answering=self.answering,
            blobs=self.means.blobs,
            open_spool=self.means.open_spool,
            new_incident=self.means.new_id,
        )
        loop = asyncio.get_running_loop()
        try:
            result, found, mdn = await loop.run_in_executor(
                self.means.threads, work.run
            )
            if isinstance(result, Received):  # whether it is new turns out at the end
                return await self._accept(result, work, found, mdn)
            if known := await self._known():
                return await self._again(known)
            return await self._reject(result, found, mdn)
        finally:
            await work.close()

    async def _known(self) -> Accepted | None:
        request = self.request
        return await self.means.log.find(
            self.profile.mailbox, request.sender.text, request.message_id
        )

    def _before(self) -> Rejected | None:
        """Return why the message is not even looked into."""
        profile, request = self.profile, self.request
        named = (request.sender.text, request.receiver.text)
        if named != (profile.recipient_id, profile.self_id):
            return Rejected(
                AUTHENTICATION_FAILED,
                f"The message is from {named[0]!r} to {named[1]!r}; this mailbox takes "
                f"those from {profile.recipient_id!r} to {profile.self_id!r}.",
            )
        if self.foreign and request.receipt:
            return Rejected(
                AUTHENTICATION_FAILED,
                f"The MDN is to go to {request.receipt.url[:200]}, which is not on the "
                f"host of the Recipient URL {profile.recipient_url}.",
            )
        if request.receipt and request.receipt.impossible:
            return Rejected(
                request.receipt.impossible,
                "The sender requires an MDN of a kind or digest that we do not make.",
            )
        return None

    async def _accept(
        self,
        received: Received,
        work: Unwrapping,
        found: Findings,
        mdn: MdnRecord | None,
    ) -> Answer:
        body, stored = await self._stored(work)
        payloads = [
            IncomingPayload(
                name=one.name or self._name(number),
                content_type=one.content_type,
                blob=blob,
                head=kept.head,
                unsynced=kept.unsynced,
            )
            for number, (one, blob, kept) in enumerate(
                zip(received.payloads, stored, work.kept, strict=True)
            )
        ]
        incoming = self._incoming(body, work.raw)
        taken = await self.means.log.accept(incoming, payloads, found, mdn)
        if not taken.first:
            return await self._again(taken)
        self._tell(found.disposition)
        return answer(taken.mdn)

    async def _stored(self, work: Unwrapping) -> tuple[BlobRef, Sequence[BlobRef]]:
        """Make blobs of the body and of those payloads that are none yet."""
        blobs = self.means.blobs
        ready = [one.blob for one in work.kept if one.blob]
        if work.raw is not None and len(ready) == len(work.kept):
            return BlobRef(work.raw_digest, len(work.raw)), ready
        async with asyncio.TaskGroup() as group:
            body = group.create_task(self._body(work))
            late = {
                spool: group.create_task(spool.store(blobs))
                for spool, one in zip(work.payloads, work.kept, strict=True)
                if one.blob is None
            }
        stored = [
            one.blob or late[spool].result()
            for spool, one in zip(work.payloads, work.kept, strict=True)
        ]
        return body.result(), stored

    async def _body(self, work: Unwrapping) -> BlobRef:
        if work.raw is None:
            return await self.body.store(self.means.blobs)
        return BlobRef(work.raw_digest, len(work.raw))

    async def _again(self, known: Accepted) -> Answer:
        """Answer a message that was accepted before: the MDN it got, byte for byte."""
        self._tell("received again; answered as before")
        if known.mdn is None:  # the first time none was asked for
            mic = Mic.parse(known.mic)
            return answer(replace(self.answering, url="").mdn(DUPLICATE, mic))
        if known.mdn.url and self.answering.url:
            await self.means.log.send_again(known.uuid)
            return answer(known.mdn)
        return answer(replace(known.mdn, url=""))

    async def _reject(
        self,
        rejected: Rejected,
        found: Findings | None = None,
        mdn: MdnRecord | None = None,
    ) -> Answer:
        """Keep the message for its owner to see; the sender is told one word."""
        if found is None:
            found = findings(rejected)
            if not self.foreign:
                mdn = await asyncio.to_thread(answered, rejected, self.answering)
        self._tell(f"{found.disposition} ({rejected.detail})")
        if self.means.rejections.keep(self.profile.mailbox, self.body.size):
            incoming = self._incoming(await self.body.store(self.means.blobs))
            await self.means.log.reject(incoming, problem(rejected), found, mdn)
        elif mdn:
            mdn = replace(mdn, url="")
        if self.foreign:
            return Answer.text(403, "The MDN may go to the partner's own host only.")
        return answer(mdn)

    def _incoming(self, body: BlobRef, raw: bytes | None = None) -> Incoming:
        return Incoming(
            uuid=self.means.new_id(),
            mailbox=self.profile.mailbox,
            message_id=self.request.message_id,
            sender=self.request.sender.text,
            receiver=self.request.receiver.text,
            headers=self.headers,
            body=body,
            received_at=self.now,
            raw=raw,
        )

    def _name(self, number: int) -> FileName:
        """Name a document that brought no name after its message."""
        digest = hashlib.sha256(self.request.message_id.encode()).hexdigest()[:16]
        return FileName(f"as2-{digest}{f'-{number + 1}' if number else ''}.dat")

    def _tell(self, what: str) -> None:
        log.info(
            "AS2 message %s from %s for mailbox %s: %s",
            self.request.message_id,
            self.request.sender.text,
            self.profile.mailbox,
            what,
        )


def answer(mdn: MdnRecord | None) -> Answer:
    """Return the response: an asynchronous MDN is not in it."""
    if mdn is None or mdn.url:
        return Answer(200)
    return Answer(200, mdn.headers, mdn.body)
