"""Envelopes, whose mailboxes they lie in, their fields and attachments."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
)

from gateway.store.tables.base import Instant, metadata

envelopes = Table(
    "envelopes",
    metadata,
    Column("uuid", String(36), primary_key=True),
    Column("template", String(36), nullable=False, index=True),
    Column("template_version", String(36), nullable=False),
    Column("subject", String, nullable=False),
    Column("message", String, nullable=False),
    Column("sender", ForeignKey("mailboxes.uuid"), nullable=False),
    Column("status", String(16), nullable=False),  # WAITING COMPLETED CANCELLED EXPIRED
    Column("sha256", String(64), nullable=False),  # native XML, complete
    Column("size", BigInteger, nullable=False),
    Column("chain", String(255)),
    Column("scenario", String(255), nullable=False),
    Column("reject_reason", String, nullable=False),
    Column("source_transfer", String(36)),
    Column("source_index", Integer, nullable=False),  # of a rule
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, index=True),
    Column("notify_at", Instant, index=True),  # null: never, or done
    Column("completed_at", Instant),
)
# a route job that runs twice makes its envelopes once
Index(None, envelopes.c.source_transfer, envelopes.c.source_index, unique=True)

mailbox_entries = Table(
    "mailbox_entries",
    metadata,
    Column("envelope", ForeignKey("envelopes.uuid"), primary_key=True),
    Column("mailbox", ForeignKey("mailboxes.uuid"), primary_key=True),
    Column("scope", String(8), primary_key=True),  # inbox outbox
    Column("status", String(16), nullable=False),  # EnvelopeStatus, this mailbox's view
    Column("roles", JSON, nullable=False),  # [role id]
    Column("status_at", Instant, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("how", String, nullable=False),  # delivered by SFTP, accepted by anna ...
    Column("held_by", String(36)),  # the rule that sends an archive upon completion
)
Index(
    None,
    mailbox_entries.c.mailbox,
    mailbox_entries.c.scope,
    mailbox_entries.c.created_at,
)

envelope_fields = Table(
    "envelope_fields",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("envelope", ForeignKey("envelopes.uuid"), nullable=False, index=True),
    Column("document", String(255), nullable=False),
    Column("name", String(255), nullable=False),
    Column("value", String(1000), nullable=False),  # cut: it is an index, not the truth
)
Index(None, envelope_fields.c.name, envelope_fields.c.value)

attachments = Table(
    "attachments",
    metadata,
    Column("uuid", String(36), primary_key=True),
    Column("name", String(255), nullable=False),
    Column("content_type", String(255), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("mailbox", String(36)),  # whose it is; null until its first envelope
    Column("created_at", Instant, nullable=False),
)

envelope_attachments = Table(
    "envelope_attachments",
    metadata,
    Column("envelope", ForeignKey("envelopes.uuid"), primary_key=True),
    Column("attachment", ForeignKey("attachments.uuid"), primary_key=True, index=True),
)
