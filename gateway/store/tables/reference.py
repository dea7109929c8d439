"""What documents are held against: templates, dictionaries, rules."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
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
    Column("changed_at", Instant, nullable=False),
    Column("revision", Integer, nullable=False),  # grows with every change
)

dictionary_columns = Table(
    "dictionary_columns",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("uuid", String(36), nullable=False, unique=True),
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
    Column("id", Integer, primary_key=True),  # also the order of the records
    Column("uuid", String(36), nullable=False, unique=True),
    Column(
        "dictionary",
        ForeignKey("dictionaries.uuid", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("texts", JSON, nullable=False),  # [text for each column, by position]
)

# how look-ups go; no reference to the record: a column's rows are deleted as a whole
dictionary_cells = Table(
    "dictionary_cells",
    metadata,
    Column(
        "column",
        ForeignKey("dictionary_columns.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("value", String(500), primary_key=True),  # cut: it is an index
    Column("record", Integer, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

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
    Column("example_size", BigInteger),
    Column("succeeded", Integer, nullable=False),
    Column("failed", Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
)
