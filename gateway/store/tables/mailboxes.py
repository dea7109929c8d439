"""Mailboxes, their aliases and their integrations."""

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ForeignKey,
    LargeBinary,
    String,
    Table,
)

from gateway.store.tables.base import Instant, metadata

mailboxes = Table(
    "mailboxes",
    metadata,
    Column("uuid", String(36), primary_key=True),
    Column("name", String(255), nullable=False),
    Column("created_at", Instant, nullable=False),
)

aliases = Table(
    "aliases",
    metadata,
    Column("alias", String(255), primary_key=True),
    Column("mailbox", ForeignKey("mailboxes.uuid", ondelete="CASCADE"), nullable=False),
)

integrations = Table(
    "integrations",
    metadata,
    Column(
        "mailbox", ForeignKey("mailboxes.uuid", ondelete="CASCADE"), primary_key=True
    ),
    Column("enabled", Boolean, nullable=False),
    Column("protocol", String(8), nullable=False),
    Column("notify_email", String, nullable=False),
    Column("default_rule", String(8), nullable=False),
    Column("reject_reason", String, nullable=False),
    Column("sftp_password", LargeBinary),  # sealed by the vault, purpose sftp-password
    Column("public_keys", JSON, nullable=False),
    Column("allowed_addresses", JSON, nullable=False),
    Column("as2", JSON, nullable=False),
)
