"""The OUT line: a received file becomes envelopes in the recipients' mailboxes."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

from gateway.convert import envelope_xml
from gateway.core.desk import sentences
from gateway.core.envelope import Draft
from gateway.core.errors import N_
from gateway.core.interchange import Survey
from gateway.core.matching import CONTENT_LIMIT, first_match
from gateway.core.model import (
    AttachmentId,
    Channel,
    EnvelopeId,
    Problem,
    RuleId,
    Top,
    TransferId,
    TransferState,
    Upload,
)
from gateway.core.ports import Blobs, Clock
from gateway.core.rules import MatchKind, Rule, RuleDirection
from gateway.engine import acknowledging, answering, notices
from gateway.engine.conversion import Conversions, SourceFile
from gateway.engine.drafts import Drafts
from gateway.store import attachments, entries, envelopes, jobs, rules, transfers
from gateway.store.attachments import Attachment
from gateway.store.database import Connection, Database
from gateway.store.envelopes import Posted
from gateway.store.jobs import Job
from gateway.store.transfers import LogLine, Transfer

NATIVE_LIMIT = 64 << 20  # bytes of native XML that are parsed


@dataclass(frozen=True, slots=True)
class Found:
    """What a file says: drafts, by which rule, with which attachments.

    *answer* is what it says as an acknowledgement, if it is one.
    """

    drafts: Sequence[Draft]
    rule: Rule | None = None
    attachments: Sequence[AttachmentId] = ()
    warnings: Sequence[str] = ()
    answer: Survey | None = None


@dataclass(frozen=True, slots=True)
class Router:
    """Handles `route` jobs; the subject is a received transfer."""

    db: Database
    blobs: Blobs
    conversions: Conversions
    drafts: Drafts
    clock: Clock

    async def run(self, job: Job) -> None:
        transfer = await self._load(job)
        if transfer is None:
            return
        found = await self._read(transfer)
        if isinstance(found, Problem):
            await self._fail(job, transfer, found)
            return
        sender = transfer.upload.mailbox
        whole = await self.drafts.complete(sender, found.drafts, found.attachments)
        if isinstance(whole, Problem):
            rule = found.rule.id if found.rule else None
            await self._fail(job, transfer, replace(whole, rule=rule))
            return
        posted = await self.drafts.ready(sender, whole, self.clock(), transfer.id)
        await self._post(job, transfer, found, posted)

    async def give_up(self, job: Job, problem: Problem) -> None:
        """Put a file aside that we cannot handle, so that it is seen."""
        if transfer := await self._load(job):
            await self._fail(job, transfer, problem)

    async def _load(self, job: Job) -> Transfer | None:
        """Return the transfer; None, and the job is gone, if there is nothing to do."""
        async with self.db.read() as conn:
            transfer = await transfers.received(conn, TransferId(job.subject))
        if transfer and transfer.state is TransferState.RECEIVED:
            return transfer
        async with self.db.write() as conn:
            await jobs.finish(conn, job)
        return None

    async def _read(self, transfer: Transfer) -> Found | Problem:
        upload = transfer.upload
        if upload.folder.top is Top.OUTBOX:
            return await self._native(upload)
        async with self.db.read() as conn:
            listed = await rules.for_mailbox(conn, upload.mailbox, RuleDirection.OUT)
        rule = await self._match(upload, listed)
        answer = await answering.received(upload, self.blobs, self.conversions)
        if rule is None and answer is not None:
            return answer if isinstance(answer, Problem) else Found((), answer=answer)
        if rule is None:
            return no_rule(upload.name.text, upload.folder.text, len(listed))
        source = SourceFile(
            seed=transfer.id,
            mailbox=upload.mailbox,
            name=upload.name,
            blob=upload.blob,
            content_type=upload.attributes.get("contentType", ""),
            attributes=upload.attributes,
        )
        made = await self.conversions.out(rule, source)
        if isinstance(made, Problem):
            return made
        done = made.converted
        said = answer if isinstance(answer, Survey) else None
        return Found(made.drafts, rule, done.attachments, done.warnings, said)

    async def _native(self, upload: Upload) -> Found | Problem:
        if upload.blob.size > NATIVE_LIMIT:
            return Problem(
                "envelope-too-large",
                sentences.TOO_LARGE(
                    file=upload.name.text,
                    bytes=upload.blob.size,
                    allowed=NATIVE_LIMIT,
                ),
                "read",
                remedy=N_("Send large content as an attachment."),
            )
        file = self.blobs.path(upload.blob)
        draft = await asyncio.to_thread(lambda: envelope_xml.parse(file.read_bytes()))
        return draft if isinstance(draft, Problem) else Found([draft])

    async def _match(self, upload: Upload, listed: Sequence[Rule]) -> Rule | None:
        head = b""
        if any(r.match and r.match.kind is MatchKind.CONTENT for r in listed):
            head = await asyncio.to_thread(self._head, upload)
        attributes = {"folder": upload.folder.text, **upload.attributes}
        name = upload.name.text
        return await asyncio.to_thread(first_match, listed, name, head, attributes)

    def _head(self, upload: Upload) -> bytes:
        with self.blobs.path(upload.blob).open("rb") as file:
            return file.read(CONTENT_LIMIT)

    async def _post(
        self, job: Job, transfer: Transfer, found: Found, posted: Sequence[Posted]
    ) -> None:
        upload, now = transfer.upload, self.clock()
        rule = found.rule.id if found.rule else None
        made = [one.envelope.id for one in posted]
        async with self.db.write() as conn:
            for uuid in found.attachments:
                await attachments.add(
                    conn,
                    Attachment(
                        id=uuid,
                        name=upload.name.text,
                        content_type=upload.attributes.get(
                            "contentType", "application/octet-stream"
                        ),
                        blob=upload.blob,
                        created_at=now,
                        mailbox=upload.mailbox,
                    ),
                )
            for one in posted:
                await envelopes.post(conn, one)
            await transfers.processed(conn, transfer.id, rule, made, now)
            await entries.consume(conn, transfer.id)
            by = sentences.NATIVE
            if found.rule:
                by = sentences.BY_RULE(rule=repr(found.rule.name))
            lines = [("match", by)] if found.rule else []
            lines += [("convert", warning) for warning in found.warnings]
            if found.answer is not None:
                said = await answering.settle(conn, transfer, found.answer, now)
                lines += [(acknowledging.KIND, line) for line in said]
            end = sentences.POSTED(by=by, envelopes=", ".join(made))
            if found.answer is not None and found.rule is None:
                end = sentences.CONSUMED
            lines += [("post", end)]
            await transfers.notes(conn, transfer.id, now, lines)
            await acknowledging.plan(conn, found.rule, transfer.id, now)
            status = "SUCCEED" if rule else "PROCESSED"
            await self._log(conn, transfer, rule, status, made=made)
            await jobs.finish(conn, job)

    async def _fail(self, job: Job, transfer: Transfer, problem: Problem) -> None:
        upload, now = transfer.upload, self.clock()
        report = {
            "file": upload.name.text,
            "transfer": transfer.id,
            "at": now.isoformat(),
            **asdict(problem),
        }
        text = json.dumps(report, indent=2, ensure_ascii=False)
        blob = await self.blobs.put(text.encode())
        async with self.db.write() as conn:
            await transfers.failed(conn, transfer.id, problem, now)
            if upload.channel is Channel.SFTP:
                await entries.move_to_error(conn, transfer.id, upload, blob, now)
            await self._log(conn, transfer, problem.rule, "FAILED", problem.message)
            await notices.failure(
                conn, upload.mailbox, problem, upload.name.text, transfer.id, now
            )
            failed_by = await rules.get(conn, problem.rule) if problem.rule else None
            await acknowledging.plan(conn, failed_by, transfer.id, now)
            await jobs.finish(conn, job)

    async def _log(
        self,
        conn: Connection,
        transfer: Transfer,
        rule: RuleId | None,
        status: str,
        message: str = "",
        made: Sequence[EnvelopeId] = (),
    ) -> None:
        line = LogLine(
            at=self.clock(),
            mailbox=transfer.upload.mailbox,
            rule=rule,
            direction=RuleDirection.OUT.value,
            file_name=transfer.upload.name.text,
            status=status,
            message=message or ", ".join(made),
            transfer=transfer.id,
            envelope=made[0] if made else None,
        )
        await transfers.log(conn, line)
        if rule is not None:
            await rules.count(conn, rule, ok=status == "SUCCEED")


def no_rule(file: str, folder: str, tried: int) -> Problem:
    """Return the problem of a file that no rule of *tried* ones takes."""
    said = sentences.NO_RULE_OF_ONE if tried == 1 else sentences.NO_RULE
    return Problem(
        "no-rule",
        said(file=file, folder=folder, tried=tried),
        "match",
        remedy=N_(
            "Add an OUT rule whose pattern matches this file, or enable one; then "
            "reprocess the transfer, or move the file from error/ to coutbox/."
        ),
    )
