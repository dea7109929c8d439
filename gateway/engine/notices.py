"""Notifications: what is written to whom, and the job that sends it.

The functions work inside their caller's transaction and do nothing for a mailbox that
names nobody to notify.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from gateway.core.model import EnvelopeId, MailboxId, Problem, TransferId
from gateway.core.ports import (
    Clock,
    Mailer,
    MailRefused,
    MailResult,
    MailSent,
    NoMailServer,
)
from gateway.core.retry import RetryPolicy
from gateway.engine.parking import PARKED
from gateway.store import jobs, mails
from gateway.store.database import Connection, Database
from gateway.store.envelopes import InboxEntry
from gateway.store.expiring import Expiring
from gateway.store.jobs import Job
from gateway.store.mails import Addressee, Mail


async def failure(
    conn: Connection,
    mailbox: MailboxId,
    problem: Problem,
    name: str,
    reference: TransferId | EnvelopeId,
    at: datetime,
) -> None:
    """Tell the mailbox's owner that the file or envelope `name` was not processed."""
    await _problem(conn, "failure", mailbox, problem, (name, reference), at)


async def delivery_failed(
    conn: Connection,
    mailbox: MailboxId,
    problem: Problem,
    name: str,
    reference: TransferId,
    at: datetime,
) -> None:
    """Tell the mailbox's owner that the remote server did not take the file."""
    await _problem(conn, "delivery-failed", mailbox, problem, (name, reference), at)


async def arrived(conn: Connection, entry: InboxEntry, at: datetime) -> None:
    """Tell the recipient that an envelope is there (default rule NOTIFY)."""
    addressee = await mails.addressee(conn, entry.mailbox)
    if addressee is not None:
        data = {
            "sender": await mails.mailbox_name(conn, entry.sender),
            "subject": entry.subject,
            "envelope": entry.envelope,
        }
        await _add(conn, "envelope-arrived", entry.mailbox, addressee, data, at)


async def rejected(
    conn: Connection, entry: InboxEntry, reason: str, at: datetime
) -> None:
    """Tell the sender that a recipient rejected the envelope."""
    addressee = await mails.addressee(conn, entry.sender)
    if addressee is not None:
        data = {
            "recipient": await mails.mailbox_name(conn, entry.mailbox),
            "subject": entry.subject,
            "envelope": entry.envelope,
            "reason": reason,
        }
        await _add(conn, "envelope-rejected", entry.sender, addressee, data, at)


async def expiring(conn: Connection, entry: Expiring, at: datetime) -> None:
    """Tell the recipient that an envelope waits and will expire soon."""
    addressee = await mails.addressee(conn, entry.mailbox)
    if addressee is not None:
        data = {
            "sender": await mails.mailbox_name(conn, entry.sender),
            "subject": entry.subject,
            "envelope": entry.envelope,
            "expires": entry.expires_at.isoformat(),
        }
        await _add(conn, "envelope-expiring", entry.mailbox, addressee, data, at)


async def certificate_ending(
    conn: Connection, mailbox: MailboxId, data: Mapping[str, object], at: datetime
) -> bool:
    """Tell the mailbox's owner that a certificate ends; False if nobody is told."""
    addressee = await mails.addressee(conn, mailbox)
    if addressee is None:
        return False
    await _add(conn, "certificate-expiring", mailbox, addressee, data, at)
    return True


async def test(conn: Connection, mailbox: MailboxId, to: str, at: datetime) -> None:
    """Send a mail that says only that mails arrive, to addresses not yet saved."""
    addressee = Addressee(await mails.mailbox_name(conn, mailbox), to)
    await _add(conn, "test", mailbox, addressee, {}, at)


async def _problem(
    conn: Connection,
    kind: str,
    mailbox: MailboxId,
    problem: Problem,
    what: tuple[str, str],
    at: datetime,
) -> None:
    addressee = await mails.addressee(conn, mailbox)
    if addressee is None:
        return
    data = {
        "file": what[0],
        "reference": what[1],
        "code": problem.code,
        "message": problem.message,
        "step": problem.step,
        "line": problem.line,
        "remedy": problem.remedy,
        "rule": await mails.rule_name(conn, problem.rule),
    }
    key = f"{mailbox}|{kind}|{problem.rule or ''}|{problem.code}"
    await _add(conn, kind, mailbox, addressee, data, at, digest_key=key)


async def _add(
    conn: Connection,
    kind: str,
    mailbox: MailboxId,
    addressee: Addressee,
    data: Mapping[str, object],
    at: datetime,
    *,
    digest_key: str | None = None,
) -> None:
    await mails.add(
        conn,
        mailbox=mailbox,
        to=addressee.to,
        kind=kind,
        data={"mailbox": addressee.name, "at": at.isoformat(), **data},
        digest_key=digest_key,
        at=at,
    )


async def _never(_conn: Connection) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Notices:
    """Works off the `mail` jobs; *server_there* says whether there is a mail server."""

    db: Database
    mailer: Mailer
    clock: Clock
    policy: RetryPolicy
    server_there: Callable[[Connection], Awaitable[bool]] = _never

    async def run(self, job: Job) -> None:
        """Send the mail; its state and its job's end are one transaction."""
        async with self.db.read() as conn:
            mail = await mails.waiting(conn, int(job.subject))
        if mail is None:
            async with self.db.write() as conn:
                await jobs.finish(conn, job)
            return
        result = await self.mailer.send(mail.letter)
        async with self.db.write() as conn:
            await self._settle(conn, job, mail, result)

    async def give_up(self, job: Job, problem: Problem) -> None:
        """Settle the mail of a job that failed in unforeseen ways too often."""
        async with self.db.write() as conn:
            mail = await mails.waiting(conn, int(job.subject))
            if mail is not None:
                await mails.failed(conn, mail, problem.message)
            await jobs.finish(conn, job)

    async def _settle(
        self, conn: Connection, job: Job, mail: Mail, result: MailResult
    ) -> None:
        now = self.clock()
        match result:
            case MailSent(note):
                await mails.sent(conn, mail.number, note, now)
                await jobs.finish(conn, job)
            case NoMailServer():
                # who set one meanwhile woke only jobs that nobody held
                there = await self.server_there(conn)
                await jobs.again(conn, job, now if there else PARKED)
            case MailRefused(reason, permanent, left):
                again = self.policy.next_attempt(mail.attempts + 1, now)
                if permanent or again is None:
                    await mails.failed(conn, mail, reason)
                    await jobs.finish(conn, job)
                else:
                    await mails.postponed(conn, mail, reason, list(left))
                    await jobs.again(conn, job, again)
            case _:
                assert_never(result)
