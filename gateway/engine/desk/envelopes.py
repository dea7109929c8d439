"""The desk of envelopes: list, open, send, decide."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from gateway.convert import envelope_xml
from gateway.core.desk import sentences
from gateway.core.desk.actor import Actor
from gateway.core.desk.content import Content
from gateway.core.desk.envelopes import (
    EnvelopeQuery,
    EnvelopeRow,
    EnvelopeView,
    Party,
)
from gateway.core.desk.printing import ANYBODY, WORDS, PrintForm, Reader
from gateway.core.envelope import Draft
from gateway.core.errors import NotFound, StorageError
from gateway.core.model import BlobRef, EnvelopeId, MailboxId, Problem
from gateway.core.ports import Blobs, Clock
from gateway.core.rules import ZipKind
from gateway.engine import notices
from gateway.engine.archives import ZIP, Archives, packed
from gateway.engine.desk.refusals import refusal
from gateway.engine.desk.xml_text import settled
from gateway.engine.posting import Posting
from gateway.store import audit, decisions, envelope_list, envelopes, mailboxes
from gateway.store.database import Connection, Database

XML = "application/xml"
TYPES = {PrintForm.HTML: "text/html; charset=utf-8", PrintForm.PDF: "application/pdf"}


@dataclass(frozen=True, slots=True)
class Envelopes:
    """Envelopes as people see and order them."""

    db: Database
    blobs: Blobs
    posting: Posting
    archives: Archives
    clock: Clock

    async def search(self, query: EnvelopeQuery) -> tuple[int, Sequence[EnvelopeRow]]:
        async with self.db.read() as conn:
            if await mailboxes.get(conn, query.mailbox) is None:
                raise NotFound(sentences.NO_MAILBOX(id=query.mailbox))
            return await envelope_list.search(conn, query)

    async def get(self, mailbox: MailboxId, envelope: EnvelopeId) -> EnvelopeView:
        async with self.db.read() as conn:
            row, xml = await _opened(conn, mailbox, envelope)
            carried = await envelope_list.attachments_of(conn, envelope)
            moved = await envelope_list.transfers_of(conn, envelope, mailbox)
            parties = await envelope_list.parties_of(conn, envelope)
        return EnvelopeView(
            row=row,
            draft=await self._draft(xml),
            parties=parties,
            attachments=[attachment for attachment, _ in carried],
            transfers=moved,
        )

    async def parties(self, envelope: EnvelopeId) -> Sequence[Party]:
        async with self.db.read() as conn:
            found = await envelope_list.parties_of(conn, envelope)
        if not found:
            raise NotFound(sentences.NO_SUCH_ENVELOPE(id=envelope))
        return found

    async def xml(self, mailbox: MailboxId, envelope: EnvelopeId) -> Content:
        async with self.db.read() as conn:
            _, xml = await _opened(conn, mailbox, envelope)
        return Content(
            name=f"{envelope}.xml",
            content_type=XML,
            size=xml.size,
            chunks=self.blobs.read(xml),
        )

    async def zip(
        self,
        mailbox: MailboxId,
        envelope: EnvelopeId,
        kind: ZipKind = ZipKind.DOCUMENTS,
    ) -> Content:
        async with self.db.read() as conn:
            await _opened(conn, mailbox, envelope)
        made = await self.archives.of(kind, mailbox, envelope)
        if isinstance(made, Problem):
            raise refusal(made)
        return Content(
            name=f"{envelope}.zip", content_type=ZIP, size=None, chunks=packed(made)
        )

    async def printable(
        self,
        mailbox: MailboxId,
        envelope: EnvelopeId,
        form: PrintForm,
        reader: Reader = ANYBODY,
    ) -> Content:
        async with self.db.read() as conn:
            await _opened(conn, mailbox, envelope)
        opened = await self.archives.opened(mailbox, envelope)
        around = replace(
            opened.around,
            words={**WORDS, **reader.words},
            language=reader.language,
            zone=reader.zone,
            links=reader.links,
        )
        made = await self.archives.printer.printed(envelope, opened.xml, around, form)
        if isinstance(made, Problem):
            raise refusal(made)
        return Content(
            name=f"{envelope}.{form.value.lower()}",
            content_type=TYPES[form],
            size=len(made),
            chunks=_whole(made),
        )

    async def send(self, actor: Actor, mailbox: MailboxId, data: str) -> EnvelopeId:
        async with self.db.read() as conn:
            if await mailboxes.get(conn, mailbox) is None:
                raise NotFound(sentences.NO_MAILBOX(id=mailbox))
        draft = await asyncio.to_thread(envelope_xml.parse, settled(data).encode())
        if isinstance(draft, Problem):
            raise refusal(draft)
        posted = await self.posting.prepare(mailbox, [draft])
        now = self.clock()
        async with self.db.write() as conn:
            (envelope,) = await self.posting.write(conn, posted)
            await _book(conn, now, actor, "envelope-send", envelope, mailbox=mailbox)
        return envelope

    async def accept(
        self, actor: Actor, mailbox: MailboxId, envelope: EnvelopeId
    ) -> None:
        now = self.clock()
        async with self.db.write() as conn:
            await decisions.must_wait(conn, envelope, mailbox)
            how = f"accepted by {actor.login}"
            await envelopes.complete(conn, envelope, mailbox, how, now)
            await _book(conn, now, actor, "envelope-accept", envelope, mailbox=mailbox)

    async def reject(
        self, actor: Actor, mailbox: MailboxId, envelope: EnvelopeId, reason: str
    ) -> None:
        now = self.clock()
        async with self.db.write() as conn:
            entry = await decisions.must_wait(conn, envelope, mailbox)
            how = f"rejected by {actor.login}"
            await envelopes.cancel(conn, envelope, mailbox, reason, how, now)
            await notices.rejected(conn, entry, reason, now)
            await _book(
                conn,
                now,
                actor,
                "envelope-reject",
                envelope,
                mailbox=mailbox,
                reason=reason,
            )

    async def redispatch(
        self, actor: Actor, mailbox: MailboxId, envelope: EnvelopeId
    ) -> None:
        now = self.clock()
        async with self.db.write() as conn:
            await decisions.redispatch(conn, envelope, mailbox, now)
            await _book(
                conn, now, actor, "envelope-reprocess", envelope, mailbox=mailbox
            )

    async def _draft(self, xml: BlobRef) -> Draft:
        data = await asyncio.to_thread(self.blobs.path(xml).read_bytes)
        draft = await asyncio.to_thread(envelope_xml.parse, data)
        if isinstance(draft, Problem):
            raise StorageError(f"stored envelope {xml.sha256}: {draft.message}")
        return draft


async def _opened(
    conn: Connection, mailbox: MailboxId, envelope: EnvelopeId
) -> tuple[EnvelopeRow, BlobRef]:
    found = await envelope_list.opened(conn, envelope, mailbox)
    if found is None:
        raise NotFound(sentences.NO_ENVELOPE_THERE(id=envelope, mailbox=mailbox))
    return found


async def _book(
    conn: Connection,
    at: datetime,
    actor: Actor,
    action: str,
    envelope: EnvelopeId,
    **after: str,
) -> None:
    await audit.add(conn, at, actor.login, action, envelope, after=after)


async def _whole(data: bytes) -> AsyncIterator[bytes]:
    yield data
