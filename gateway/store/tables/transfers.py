"""Transfers and their trace, the folders of SFTP mailboxes, jobs, mails."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    UniqueConstraint,
)

from gateway.store.tables.base import Instant, metadata

transfers = Table(
    "transfers",
    metadata,
    Column("uuid", String(36), primary_key=True),
    Column("mailbox", ForeignKey("mailboxes.uuid"), nullable=False),
    Column("direction", String(16), nullable=False),
    Column("protocol", String(8), nullable=False),
    Column("folder", String, nullable=False),  # outbox, coutbox/sub, inbox, cinbox
    Column("file_name", String(255), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("content_type", String(255), nullable=False),
    Column("attributes", JSON, nullable=False),  # the transport's, {name: text}
    Column("state", String(16), nullable=False),
    Column("error", JSON),  # a Problem: {code, message, step, rule, line, remedy}
    Column("attempts", Integer, nullable=False),
    Column("not_before", Instant),
    Column("rule", String(36)),
    Column("envelope", ForeignKey("envelopes.uuid")),  # DELIVERED: which one
    Column("delivery_key", String, unique=True),  # envelope|mailbox|rule|generation
    Column("message_id", String(998), index=True),  # AS2
    Column("created_at", Instant, nullable=False),
    Column("finished_at", Instant),
)
# lists are in the order of time; what they filter and count by is in the index too
_COUNTED = (transfers.c.created_at, transfers.c.direction, transfers.c.state)
Index(None, *_COUNTED)
Index(None, transfers.c.mailbox, *_COUNTED)
Index(None, transfers.c.state, transfers.c.created_at)
Index(None, transfers.c.envelope)

transfer_envelopes = Table(
    "transfer_envelopes",
    metadata,
    Column("transfer", ForeignKey("transfers.uuid"), primary_key=True),
    Column("envelope", ForeignKey("envelopes.uuid"), primary_key=True, index=True),
)

trace = Table(
    "trace",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("transfer", ForeignKey("transfers.uuid"), nullable=False, index=True),
    Column("at", Instant, nullable=False),
    Column("step", String(32), nullable=False),
    Column("detail", String, nullable=False),
)

conversions = Table(
    "conversions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Instant, nullable=False, index=True),
    Column("mailbox", ForeignKey("mailboxes.uuid"), nullable=False, index=True),
    Column("rule", String(36), index=True),  # null: no rule matched
    Column("direction", String(3), nullable=False),
    Column("transfer", ForeignKey("transfers.uuid"), index=True),
    Column("envelope", ForeignKey("envelopes.uuid"), index=True),
    Column("file_name", String(255), nullable=False),
    Column("status", String(16), nullable=False),  # SUCCEED FAILED ...
    Column("message", String, nullable=False),
)

entries = Table(
    "entries",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("mailbox", ForeignKey("mailboxes.uuid"), nullable=False),
    Column("folder", String, nullable=False),  # coutbox, coutbox/sub
    Column("name", String(255), nullable=False),
    Column("is_folder", Boolean, nullable=False),
    Column("spool", String(64)),  # partial: its spool file; else null
    Column("sha256", String(64)),
    Column("size", BigInteger, nullable=False),
    Column("modified_at", Instant, nullable=False),
    # what was received from this file and not finished yet (outbox, coutbox, error),
    # or what put it here (inbox, cinbox)
    Column("transfer", ForeignKey("transfers.uuid"), index=True),
    UniqueConstraint("mailbox", "folder", "name"),
    CheckConstraint(
        "is_folder OR (spool IS NULL) <> (sha256 IS NULL)", name="partial_or_whole"
    ),
)

jobs = Table(
    "jobs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", String(32), nullable=False),  # route dispatch deliver mail
    Column("subject", String(128), nullable=False),
    Column("lane", String(64), nullable=False),  # who is waited for, else empty
    Column("run_at", Instant, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("lease_until", Instant),
    Column("worker", String(64)),
    Column("dead", Boolean, nullable=False),  # given up; doctor and /metrics tell
    Column("last_error", String, nullable=False),
    CheckConstraint("(worker IS NULL) = (lease_until IS NULL)", name="lease_is_whole"),
    UniqueConstraint("kind", "subject"),
)
Index(None, jobs.c.dead, jobs.c.run_at)

mails = Table(
    "mails",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("mailbox", ForeignKey("mailboxes.uuid", ondelete="CASCADE")),
    Column("to", String, nullable=False),  # comma-separated
    Column("kind", String(32), nullable=False),  # the mail template
    Column("data", JSON, nullable=False),  # what the template shows
    Column("digest_key", String),  # rule and error: at most one mail an hour
    Column("state", String(16), nullable=False),  # WAITING SENT FAILED
    Column("attempts", Integer, nullable=False),
    Column("error", String, nullable=False),  # what the mail server said last
    Column("created_at", Instant, nullable=False),
    Column("due_at", Instant, nullable=False),  # a digest gathers until then
    Column("sent_at", Instant),
)
Index(None, mails.c.digest_key, mails.c.due_at)
Index(None, mails.c.state, mails.c.created_at)
