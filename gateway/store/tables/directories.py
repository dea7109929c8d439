"""Directories of messages that an operator uploaded."""

from sqlalchemy import JSON, BigInteger, Column, String, Table

from gateway.store.tables.base import Instant, metadata

message_directories = Table(
    "message_directories",
    metadata,
    Column("name", String(16), primary_key=True),  # D97A, 004010, X12
    Column("syntax", String(8), nullable=False),  # EDIFACT X12
    Column("messages", JSON, nullable=False),  # [type, ...]
    Column("file_name", String(255), nullable=False),  # as it was uploaded
    Column("sha256", String(64), nullable=False),  # the table as JSON
    Column("size", BigInteger, nullable=False),
    Column("uploaded_by", String(255), nullable=False),
    Column("uploaded_at", Instant, nullable=False),
)
