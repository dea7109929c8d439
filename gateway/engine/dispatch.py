"""The IN line: an envelope in an inbox becomes a file for the remote server."""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import assert_never

from gateway.convert import envelope_xml
from gateway.core.desk import sentences
from gateway.core.envelope import Draft, Envelope, EnvelopeStatus
from gateway.core.errors import N_, StorageError
from gateway.core.integration import DefaultRule, Integration
from gateway.core.model import (
    BlobRef,
    Channel,
    EnvelopeId,
    FileName,
    Folder,
    MailboxId,
    Parcel,
    Problem,
    RuleId,
    Top,
    TransferId,
)
from gateway.core.ports import Blobs, Clock, NewId
from gateway.core.rules import Rule, RuleDirection
from gateway.engine import archives, notices
from gateway.engine.archives import Archives
from gateway.engine.conversion import Conversions, Incoming, name_of
from gateway.engine.outgoing import OutFile, seed_of
from gateway.engine.parking import active, park
from gateway.store import (
    deliveries,
    envelopes,
    jobs,
    rules,
    sent_interchanges,
    transfers,
)
from gateway.store.database import Connection, Database
from gateway.store.envelopes import InboxEntry
from gateway.store.jobs import Job
from gateway.store.transfers import LogLine

XML = "application/xml"
AGAIN = "again"
NO_TRANSFER = {"", AGAIN, envelopes.COMPLETED}
"""What the third part of a subject may say, when it names no transfer."""


@dataclass(frozen=True, slots=True)
class Dispatcher:
    """Handles `dispatch` jobs; the subject is `envelope|mailbox`.

    A third part means that somebody ordered it again: the transfer to be used for it,
    or `again`; or that the envelope it was held for is `completed`. A rule that sends
    an archive holds an envelope until all have done their part; the mailbox's own part
    is then a person's to accept, so that nobody waits for the archive.
    """

    db: Database
    blobs: Blobs
    conversions: Conversions
    archives: Archives
    clock: Clock
    new_id: NewId

    async def run(self, job: Job) -> None:
        envelope, mailbox, _ = _subject(job)
        async with self.db.read() as conn:
            entry = await envelopes.inbox_entry(conn, envelope, mailbox)
            remote = await active(conn, mailbox)
            found = RuleDirection.IN
            listed = await rules.for_mailbox(conn, mailbox, found) if remote else []
        open_ = {EnvelopeStatus.WAITING, EnvelopeStatus.COMPLETED}
        if entry is None or entry.status not in open_:
            async with self.db.write() as conn:
                await self._nothing(conn, job, sentences.DECIDED)
        elif remote is None:  # switched off: it stays and goes on when it is on again
            async with self.db.write() as conn:
                await park(conn, job, mailbox, self.clock())
        else:
            await self._dispatch(job, entry, remote, listed)

    async def give_up(self, job: Job, problem: Problem) -> None:
        """Record what we cannot handle; the envelope stays on the website."""
        envelope, mailbox, _ = _subject(job)
        async with self.db.read() as conn:
            entry = await envelopes.inbox_entry(conn, envelope, mailbox)
        if entry is not None:
            await self._fail(job, entry, Channel.SFTP, problem)

    async def _dispatch(
        self, job: Job, entry: InboxEntry, remote: Integration, listed: Sequence[Rule]
    ) -> None:
        envelope = await self._envelope(entry)
        rule = match_in(envelope.draft, listed)
        _, _, again = _subject(job)
        accepted = entry.status is EnvelopeStatus.COMPLETED and not again
        if accepted and (rule is None or rule.zip is None):
            async with self.db.write() as conn:
                await self._nothing(conn, job, sentences.DECIDED)
            return
        if rule is None:
            await self._by_default(job, entry, remote)
            return
        incoming = Incoming(
            mailbox=entry.mailbox,
            envelope=envelope,
            xml=entry.xml,
            received_at=entry.received_at,
            seed=await seed_of(self.db, entry, again=bool(again)),
        )
        if rule.zip is not None and await self._held(job, entry, rule):
            return
        made = await self._made(rule, incoming)
        if isinstance(made, Problem):
            await self._fail(job, entry, remote.protocol, made)
            return
        await self._enqueue(job, entry, remote, made)

    async def _made(self, rule: Rule, incoming: Incoming) -> OutFile | Problem:
        """Return the file for the remote server: the archive, or what is converted."""
        digits = f"{random.randrange(10**10):010d}"  # noqa: S311 - a name, no secret
        if rule.zip is None:
            made = await self.conversions.into(rule, incoming, digits)
            if isinstance(made, Problem):
                return made
            blob = await self.blobs.put(made.converted.output)
            survey = made.converted.survey
            references = survey.references if survey else ()
            return OutFile(rule.id, Top.CINBOX, made.name, blob, references)
        name = name_of(rule, incoming, digits)
        if isinstance(name, Problem):
            return name
        packed = await self.archives.of(
            rule.zip, incoming.mailbox, incoming.envelope.id
        )
        if isinstance(packed, Problem):
            return replace(packed, rule=rule.id)
        blob = await self.archives.store(packed)
        return OutFile(rule.id, Top.CINBOX, archives.named(name), blob)

    async def _held(self, job: Job, entry: InboxEntry, rule: Rule) -> bool:
        """Let the envelope wait until it is completed; False if it is."""
        async with self.db.write() as conn:
            status, fresh = await envelopes.hold(
                conn, entry.envelope, entry.mailbox, rule.id
            )
            if status is EnvelopeStatus.COMPLETED:
                return False
            if fresh:  # somebody has to accept it
                await notices.arrived(conn, entry, self.clock())
                await self._note(conn, entry, rule.id, "PROCESSED", sentences.HELD)
            waits = status is EnvelopeStatus.WAITING
            why = sentences.HELD if waits else sentences.DECIDED
            await self._nothing(conn, job, why)
            return True

    async def _envelope(self, entry: InboxEntry) -> Envelope:
        file = self.blobs.path(entry.xml)
        draft = await asyncio.to_thread(lambda: envelope_xml.parse(file.read_bytes()))
        if isinstance(draft, Problem):
            raise StorageError(f"envelope {entry.envelope}: {draft.message}")
        return Envelope(
            id=entry.envelope,
            sender=entry.sender,
            draft=draft,
            created_at=entry.received_at,
        )

    async def _by_default(
        self, job: Job, entry: InboxEntry, remote: Integration
    ) -> None:
        now = self.clock()
        match remote.default_rule:
            case DefaultRule.COPY:
                name = FileName(f"{entry.envelope}.xml")
                file = OutFile(None, Top.INBOX, name, entry.xml)
                await self._enqueue(job, entry, remote, file)
            case DefaultRule.NOTIFY:
                async with self.db.write() as conn:
                    await notices.arrived(conn, entry, now)
                    await self._log(
                        conn, entry, "PROCESSED", N_("default rule: notify")
                    )
                    await self._nothing(conn, job, sentences.NOW_NOTIFIES)
            case DefaultRule.REJECT:
                async with self.db.write() as conn:
                    if await envelopes.cancel(
                        conn,
                        entry.envelope,
                        entry.mailbox,
                        remote.reject_reason,
                        "rejected by the default rule",
                        now,
                    ):
                        why = remote.reject_reason
                        await notices.rejected(conn, entry, why, now)
                        said = N_("default rule: reject")
                        await self._log(conn, entry, "PROCESSED", said)
                    await self._nothing(conn, job, sentences.NOW_REJECTS)
            case _:
                assert_never(remote.default_rule)

    async def _enqueue(
        self,
        job: Job,
        entry: InboxEntry,
        remote: Integration,
        file: OutFile,
    ) -> None:
        rule, now = file.rule, self.clock()
        parcel = self._parcel(job, entry, file.top, file.name, file.blob)
        async with self.db.write() as conn:
            if await deliveries.enqueue(conn, parcel, remote.protocol, rule, now):
                how = sentences.BY_RULE(rule=rule) if rule else N_("default rule: copy")
                await transfers.note(conn, parcel.transfer, now, "render", how)
                await sent_interchanges.add(conn, parcel, file.references)
                status = "SUCCEED" if rule else "PROCESSED"
                await self._log(conn, entry, status, how, rule, parcel)
                await jobs.finish(conn, job)
            else:
                await self._nothing(conn, job, sentences.CARRIED)

    async def _nothing(self, conn: Connection, job: Job, why: str) -> None:
        """Finish the job; a transfer that was ordered again by it ends with *why*."""
        _, _, again = _subject(job)
        if again not in NO_TRANSFER:
            problem = Problem(
                "nothing-to-deliver",
                sentences.NOTHING_SENT(why=why),
                "render",
                remedy=N_("Look at the envelope on the website for what became of it."),
            )
            await deliveries.end(conn, TransferId(again), problem, self.clock())
        await jobs.finish(conn, job)

    async def _fail(
        self, job: Job, entry: InboxEntry, channel: Channel, problem: Problem
    ) -> None:
        """Record a transfer that failed before it had a file: the envelope is kept."""
        now = self.clock()
        name = FileName(f"{entry.envelope}.xml")
        parcel = self._parcel(job, entry, Top.CINBOX, name, entry.xml)
        async with self.db.write() as conn:
            if await deliveries.enqueue(
                conn, parcel, channel, problem.rule, now, problem
            ):
                await transfers.note(
                    conn, parcel.transfer, now, problem.step, problem.message
                )
                await self._log(
                    conn, entry, "FAILED", problem.message, problem.rule, parcel
                )
                await notices.failure(
                    conn, entry.mailbox, problem, name.text, parcel.transfer, now
                )
            await jobs.finish(conn, job)

    def _parcel(
        self, job: Job, entry: InboxEntry, top: Top, name: FileName, blob: BlobRef
    ) -> Parcel:
        _, _, again = _subject(job)
        return Parcel(
            transfer=TransferId(self.new_id() if again in NO_TRANSFER else again),
            envelope=entry.envelope,
            mailbox=entry.mailbox,
            name=name,
            folder=Folder(top),
            blob=blob,
            content_type=_type(top, name),
        )

    async def _log(
        self,
        conn: Connection,
        entry: InboxEntry,
        status: str,
        message: str,
        rule: RuleId | None = None,
        parcel: Parcel | None = None,
    ) -> None:
        await self._note(conn, entry, rule, status, message, parcel)
        if rule is not None:
            await rules.count(conn, rule, ok=status == "SUCCEED")

    async def _note(
        self,
        conn: Connection,
        entry: InboxEntry,
        rule: RuleId | None,
        status: str,
        message: str,
        parcel: Parcel | None = None,
    ) -> None:
        """Write a line of the log that is no success and no failure of the rule."""
        line = LogLine(
            at=self.clock(),
            mailbox=entry.mailbox,
            rule=rule,
            direction=RuleDirection.IN.value,
            file_name=parcel.name.text if parcel else "",
            status=status,
            message=message,
            transfer=parcel.transfer if parcel else None,
            envelope=entry.envelope,
        )
        await transfers.log(conn, line)


def _subject(job: Job) -> tuple[EnvelopeId, MailboxId, str]:
    envelope, mailbox, *again = job.subject.split("|")
    return EnvelopeId(envelope), MailboxId(mailbox), "".join(again)


def _type(top: Top, name: FileName) -> str:
    if top is Top.INBOX:
        return XML
    is_zip = name.text.lower().endswith(archives.END)
    return archives.ZIP if is_zip else "application/octet-stream"


def match_in(draft: Draft, listed: Sequence[Rule]) -> Rule | None:
    """Return the first rule for the template; one without a version takes all."""
    return next(
        (
            rule
            for rule in listed
            if rule.template == draft.template
            and rule.template_version in {None, draft.template_version}
        ),
        None,
    )
