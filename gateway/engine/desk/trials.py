"""Rules tried on documents: the whole way up to the posting, and then no further."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from gateway.convert import envelope_xml
from gateway.convert.watch import Watch
from gateway.core.desk.explained import Addressee, Explanation, LookedUp, MadeEnvelope
from gateway.core.envelope import Draft, Envelope
from gateway.core.errors import N_
from gateway.core.model import EnvelopeId, MailboxId, Problem
from gateway.core.ports import Clock, NewId, Resolver
from gateway.core.rules import Rule, ZipKind
from gateway.engine.archives import Archives, named, packed
from gateway.engine.conversion import Conversions, Incoming, SourceFile, name_of
from gateway.engine.drafts import Drafts
from gateway.engine.lookups import Answers
from gateway.store import mailboxes
from gateway.store.database import Database

LOOKUPS = 1000  # that are told
EMPTY_FILES = N_("The attachments are empty here; an envelope's own are packed whole.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What a rule made of a document, or the problem it had with it.

    *drafts* are complete: an OUT rule would post them.
    """

    problem: Problem | None = None
    source_xml: bytes = b""
    file_name: str = ""
    result: bytes = b""
    warnings: Sequence[str] = ()
    drafts: Sequence[Draft] = ()
    explanation: Explanation = field(default_factory=Explanation)


@dataclass(frozen=True, slots=True)
class Recorded:
    """Answers look-ups, and remembers what was asked."""

    inner: Answers
    known: dict[str, str | None] = field(default_factory=dict)

    def of(self, mailbox: MailboxId, seed: str = "") -> Resolver:
        resolve = self.inner.of(mailbox, seed)

        async def recording(
            wanted: Sequence[tuple[str, Sequence[str]]],
        ) -> Sequence[str | None]:
            answers = await resolve(wanted)
            for (name, values), answer in zip(wanted, answers, strict=True):
                self.known[f"{name}({', '.join(values)})"] = answer
            return answers

        return recording

    @property
    def told(self) -> Sequence[LookedUp]:
        pairs = list(self.known.items())[:LOOKUPS]
        return [LookedUp(call, answer) for call, answer in pairs]


@dataclass(frozen=True, slots=True)
class Trials:
    """Runs rules; nothing is written but what the caller has stored before."""

    db: Database
    conversions: Conversions
    archives: Archives
    drafts: Drafts
    clock: Clock
    new_id: NewId

    async def out(
        self,
        rule: Rule,
        source: SourceFile,
        posted: Collection[EnvelopeId] = (),
    ) -> Trial:
        """Turn the file into complete envelopes.

        `posted` are envelopes that exist because the file was processed before.
        """
        watch, asked = Watch(), Recorded(self.conversions.lookups)
        conversions = replace(self.conversions, lookups=asked, exact=True)
        made = await conversions.out(rule, source, want_source=True)
        watch.lap("convert")
        if isinstance(made, Problem):
            return Trial(
                problem=made,
                source_xml=await self.seen(source, rule.attributes),
                explanation=Explanation(steps=watch.steps, lookups=asked.told),
            )
        done = made.converted
        watch.split("convert", done.steps)
        whole = await self.drafts.complete(
            source.mailbox, made.drafts, done.attachments, posted
        )
        watch.lap("template")
        problem = whole if isinstance(whole, Problem) else None
        drafts = [] if isinstance(whole, Problem) else whole
        envelopes = await self._told(source.mailbox, drafts)
        return Trial(
            problem=replace(problem, rule=rule.id) if problem else None,
            source_xml=done.source_xml,
            file_name=source.name.text,
            result=done.output,
            warnings=done.warnings,
            drafts=drafts,
            explanation=Explanation(
                steps=watch.steps, lookups=asked.told, envelopes=envelopes
            ),
        )

    async def into(self, rule: Rule, incoming: Incoming, random_number: str) -> Trial:
        """Turn the envelope into a file; an archive as if it were completed."""
        if rule.zip is not None:
            return await self._packed(rule, rule.zip, incoming, random_number)
        watch, asked = Watch(), Recorded(self.conversions.lookups)
        conversions = replace(self.conversions, lookups=asked, exact=True)
        made = await conversions.into(rule, incoming, random_number)
        watch.lap("convert")
        if isinstance(made, Problem):
            told = Explanation(steps=watch.steps, lookups=asked.told)
            return Trial(problem=made, explanation=told)
        watch.split("convert", made.converted.steps)
        return Trial(
            file_name=made.name.text,
            result=made.converted.output,
            warnings=made.converted.warnings,
            explanation=Explanation(steps=watch.steps, lookups=asked.told),
        )

    async def _packed(
        self, rule: Rule, kind: ZipKind, incoming: Incoming, random_number: str
    ) -> Trial:
        watch = Watch()
        name = name_of(rule, incoming, random_number)
        if isinstance(name, Problem):
            return Trial(problem=name)
        made = await self.archives.trial(
            kind, incoming.mailbox, incoming.envelope, incoming.xml
        )
        watch.lap("print")
        if isinstance(made, Problem):
            problem = replace(made, rule=rule.id)
            return Trial(problem=problem, explanation=Explanation(steps=watch.steps))
        data = b"".join([part async for part in packed(made)])
        watch.lap("pack")
        return Trial(
            file_name=named(name).text,
            result=data,
            warnings=[EMPTY_FILES] if incoming.envelope.draft.attachments else [],
            explanation=Explanation(steps=watch.steps),
        )

    async def seen(
        self, source: SourceFile, attributes: Mapping[str, str] | None = None
    ) -> bytes:
        """Return the XML of the file; empty if it cannot be read.

        *attributes* are the rule's, which may say how the file is read.
        """
        seen = await self.conversions.source(source.blob, source.name, attributes)
        return b"" if isinstance(seen, Problem) else seen.output

    async def _told(
        self, sender: MailboxId, drafts: Sequence[Draft]
    ) -> Sequence[MadeEnvelope]:
        if not drafts:
            return []
        async with self.db.read() as conn:
            names = {each.id: each.name for each in await mailboxes.listing(conn)}
        return [await self._envelope(sender, draft, names) for draft in drafts]

    async def _envelope(
        self, sender: MailboxId, draft: Draft, names: Mapping[MailboxId, str]
    ) -> MadeEnvelope:
        envelope = Envelope(
            id=draft.uuid or EnvelopeId(self.new_id()),
            sender=sender,
            draft=draft,
            created_at=self.clock(),
        )
        return MadeEnvelope(
            subject=draft.subject,
            addressees=[
                Addressee(role.id, role.mailbox, names.get(role.mailbox, ""))
                for role in draft.roles
            ],
            xml=await asyncio.to_thread(envelope_xml.write, envelope),
        )
