"""What documents are held against: templates, dictionaries, rules."""

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from gateway.store.tables.base import Instant, metadata

templates = Table(
    "templates",
    metadata,
    Column("uuid", String(36), primary_key=True),
    Column("name", String(255), nullable=False),
    Column("created_at", Instant, nullable=False),
)

template_versions = Table(
    "template_versions",
    metadata,
    Column("uuid", String(36), primary_key=True),
    Column(
        "template", ForeignKey("templates.uuid", ondelete="CASCADE"), nullable=False
    ),
    Column("number", Integer, nullable=False),  # 1, 2, 3 ...: the highest is the latest
    Column("xml", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("template", "number"),
)

dictionaries = Table(
    "dictionaries",
    metadata,
    Column("uuid", String(36), primary_key=True),
    Column("name", String(255), nullable=False),
    Column("created_at", Instant, nullable=False),
)

dictionary_columns = Table(
    "dictionary_columns",
    metadata,
    Column("uuid", String(36), primary_key=True),
    Column(
        "dictionary",
        ForeignKey("dictionaries.uuid", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("position", Integer, nullable=False),
    Column("name", String(255), nullable=False),
)

dictionary_records = Table(
    "dictionary_records",
    metadata,
    Column("uuid", String(36), primary_key=True),
    Column(
        "dictionary",
        ForeignKey("dictionaries.uuid", ondelete="CASCADE"),
        nullable=False,
    ),
    Column("position", Integer, nullable=False),
    UniqueConstraint("dictionary", "position"),
)

dictionary_cells = Table(
    "dictionary_cells",
    metadata,
    Column(
        "record",
        ForeignKey("dictionary_records.uuid", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column(
        "column",
        ForeignKey("dictionary_columns.uuid", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("value", String, nullable=False),
)
Index(None, dictionary_cells.c.column, dictionary_cells.c.value)  # how look-ups go

rules = Table(
    "rules",
    metadata,
    Column("uuid", String(36), primary_key=True),
    Column(
        "mailbox",
        ForeignKey("mailboxes.uuid", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("level", String(8), nullable=False),
    Column("direction", String(3), nullable=False),
    Column("name", String(255), nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("position", Integer, nullable=False),  # within its mailbox, or the account
    Column("template", String(36), nullable=False),
    Column("template_version", String(36)),
    Column("match_kind", String(16)),
    Column("match_pattern", String),
    Column("multiple_envelopes", Boolean, nullable=False),
    Column("stylesheet", Text, nullable=False),
    Column("file_name_pattern", String, nullable=False),
    Column("zip", String(32)),
    Column("attributes", JSON, nullable=False),  # {name: text}
    Column("validations", JSON, nullable=False),  # [{name, content}]
    Column("example_name", String(255), nullable=False),
    Column("example_sha256", String(64)),
    Column("example_size", Integer),
    Column("succeeded", Integer, nullable=False),
    Column("failed", Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
)
