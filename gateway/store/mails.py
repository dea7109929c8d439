"""The outbox of notifications: each with its job, gathered when there are many."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from sqlalchemy import Row, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.core.model import MailboxId, RuleId
from gateway.core.ports import Letter
from gateway.store import jobs
from gateway.store.database import Database
from gateway.store.tables import integrations, mailboxes, mails, rules

DIGEST = "digest"
GATHER = timedelta(hours=1)
LISTED = 20
# a digest about to be sent takes no more: its worker may be reading it already
CLOSED = timedelta(minutes=1)
ERROR = 2000


class MailState(Enum):
    """WAITING to be sent (again), SENT, or FAILED for good."""

    WAITING = "WAITING"
    SENT = "SENT"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class Addressee:
    """Who is told about a mailbox; *to* is a comma-separated list."""

    name: str
    to: str


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail that waits: what to send and how often that failed."""

    number: int
    letter: Letter
    attempts: int


async def add(
    conn: AsyncConnection,
    *,
    mailbox: MailboxId | None,
    to: str,
    kind: str,
    data: Mapping[str, object],
    digest_key: str | None,
    at: datetime,
) -> None:
    """Insert the mail and its job; *data* is what JSON knows.

    Of one `digest_key` at most one mail is sent in an hour: the first at once, what
    follows within the hour as one digest at its end.
    """
    fixed = {"mailbox": mailbox, "to": to, "digest_key": digest_key, "created_at": at}
    last = digest_key and await _last(conn, digest_key)
    if not last or at >= last.due_at + GATHER:
        await _insert(conn, kind, data, at, fixed)
    elif last.kind == DIGEST and at < last.due_at - CLOSED:
        await _gather(conn, last, data)
    else:
        gathered = {
            "mailbox": data.get("mailbox", ""),
            "about": kind,
            "count": 1,
            "items": [dict(data)],
        }
        await _insert(conn, DIGEST, gathered, last.due_at + GATHER, fixed)


async def _last(
    conn: AsyncConnection, digest_key: str
) -> Row[tuple[object, ...]] | None:
    newest = (
        select(mails)
        .where(mails.c.digest_key == digest_key)
        .order_by(mails.c.due_at.desc(), mails.c.id.desc())
        .limit(1)
        .with_for_update()
    )
    return (await conn.execute(newest)).one_or_none()


async def _gather(
    conn: AsyncConnection, digest: Row[tuple[object, ...]], data: Mapping[str, object]
) -> None:
    gathered = dict(digest.data)
    gathered["count"] += 1
    if len(gathered["items"]) < LISTED:
        gathered["items"] = [*gathered["items"], dict(data)]
    changed = update(mails).where(mails.c.id == digest.id).values(data=gathered)
    await conn.execute(changed)


async def _insert(
    conn: AsyncConnection,
    kind: str,
    data: Mapping[str, object],
    due_at: datetime,
    fixed: Mapping[str, object],
) -> None:
    made = await conn.execute(
        insert(mails)
        .values(
            kind=kind,
            data=dict(data),
            state=MailState.WAITING.value,
            attempts=0,
            error="",
            due_at=due_at,
            **fixed,
        )
        .returning(mails.c.id)
    )
    # all of them wait for the one mail server
    await jobs.add(conn, "mail", str(made.scalar_one()), due_at, lane="mail")


# --- What the mails say ----------------------------------------------------------


async def addressee(conn: AsyncConnection, mailbox: MailboxId) -> Addressee | None:
    """Return who is told about the mailbox; None if nobody wants to be."""
    row = (
        await conn.execute(
            select(mailboxes.c.name, integrations.c.notify_email)
            .join(integrations, integrations.c.mailbox == mailboxes.c.uuid)
            .where(mailboxes.c.uuid == mailbox)
        )
    ).one_or_none()
    if row is None or not row.notify_email.strip():
        return None
    return Addressee(row.name, row.notify_email)


async def mailbox_name(conn: AsyncConnection, mailbox: MailboxId) -> str:
    """Return the mailbox's name; its uuid if it is gone."""
    found = select(mailboxes.c.name).where(mailboxes.c.uuid == mailbox)
    return (await conn.execute(found)).scalar_one_or_none() or mailbox


async def rule_name(conn: AsyncConnection, rule: RuleId | None) -> str:
    """Return the rule's name; its uuid if it is gone, nothing if there is none."""
    if rule is None:
        return ""
    found = select(rules.c.name).where(rules.c.uuid == rule)
    return (await conn.execute(found)).scalar_one_or_none() or rule


# --- Sending ---------------------------------------------------------------------


async def waiting(conn: AsyncConnection, number: int) -> Mail | None:
    """Return the mail; None if it is gone, sent or given up."""
    found = select(mails).where(
        mails.c.id == number, mails.c.state == MailState.WAITING.value
    )
    row = (await conn.execute(found)).one_or_none()
    if row is None:
        return None
    letter = Letter(
        id=f"{row.id}.{row.created_at:%Y%m%d%H%M%S%f}",
        to=[part.strip() for part in row.to.split(",") if part.strip()],
        kind=row.kind,
        data=row.data,
        at=row.due_at,
    )
    return Mail(row.id, letter, row.attempts)


async def sent(conn: AsyncConnection, number: int, note: str, at: datetime) -> None:
    """Record that the mail server took the mail; *note* says whom it refused."""
    await _settle(conn, number, MailState.SENT, note, sent_at=at)


async def failed(conn: AsyncConnection, mail: Mail, error: str) -> None:
    """Record that the mail is given up."""
    attempts = mail.attempts + 1
    await _settle(conn, mail.number, MailState.FAILED, error, attempts=attempts)


async def postponed(
    conn: AsyncConnection, mail: Mail, error: str, left: list[str]
) -> None:
    """Record that the mail was refused for now; only `left` still need it."""
    values = {"attempts": mail.attempts + 1, "to": ", ".join(left or mail.letter.to)}
    await _settle(conn, mail.number, MailState.WAITING, error, **values)


async def _settle(
    conn: AsyncConnection, number: int, state: MailState, error: str, **values: object
) -> None:
    changed = update(mails).where(mails.c.id == number)
    await conn.execute(changed.values(state=state.value, error=error[:ERROR], **values))


@dataclass(frozen=True, slots=True)
class Mails:
    """What pages and health checks ask of the outbox; each one transaction."""

    db: Database

    async def counts(self) -> Mapping[MailState, int]:
        """Return how many mails are in each state."""
        grouped = select(mails.c.state, func.count().label("n")).group_by(mails.c.state)
        async with self.db.read() as conn:
            found = {row.state: row.n for row in await conn.execute(grouped)}
        return {state: found.get(state.value, 0) for state in MailState}
