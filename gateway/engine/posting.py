"""Posting: envelopes into mailboxes, from a person's hand or a partner's file."""

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.core.envelope import Draft
from gateway.core.errors import Invalid
from gateway.core.model import EnvelopeId, MailboxId, Problem
from gateway.core.ports import Clock
from gateway.engine.drafts import Drafts, Misfit
from gateway.store import envelopes
from gateway.store.database import Connection, Database
from gateway.store.envelopes import Posted


@dataclass(frozen=True, slots=True)
class Posting:
    """What the website sends; the pipeline shares its last step."""

    db: Database
    drafts: Drafts
    clock: Clock

    async def prepare(
        self, sender: MailboxId, drafts: Sequence[Draft]
    ) -> Sequence[Posted]:
        """Check the drafts and store their XML; Invalid says what does not fit."""
        whole = await self.drafts.complete(sender, drafts, ())
        if isinstance(whole, Problem):
            places = dict(whole.places) if isinstance(whole, Misfit) else {}
            raise Invalid(f"{whole.message}. {whole.remedy}", whole.code, places)
        return await self.drafts.ready(sender, whole, self.clock())

    async def write(
        self, conn: Connection, posted: Sequence[Posted]
    ) -> Sequence[EnvelopeId]:
        """Post in the caller's transaction."""
        for one in posted:
            await envelopes.post(conn, one)
        return [one.envelope.id for one in posted]
