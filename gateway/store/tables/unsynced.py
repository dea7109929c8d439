"""Small payloads whose blobs the disk may not have taken yet."""

from sqlalchemy import Column, LargeBinary, String, Table

from gateway.store.tables.base import Instant, metadata

unsynced = Table(
    "unsynced",
    metadata,
    Column("digest", String(64), primary_key=True),  # SHA-256, the blob's name
    Column("data", LargeBinary, nullable=False),
    Column("stored_at", Instant, nullable=False, index=True),
)
