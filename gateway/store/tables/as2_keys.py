"""The mailboxes' own AS2 pairs, and which ends of certificates were warned of."""

from sqlalchemy import Column, ForeignKey, Integer, LargeBinary, String, Table

from gateway.store.tables.base import Instant, metadata

as2_keys = Table(
    "as2_keys",
    metadata,
    Column("uuid", String(36), primary_key=True),
    Column(
        "mailbox",
        ForeignKey("mailboxes.uuid", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("private_key", LargeBinary, nullable=False),  # PKCS #8, sealed (as2-key)
    Column("certificate", LargeBinary, nullable=False),  # DER
    Column("created_at", Instant, nullable=False),
    Column("signs_from", Instant),  # null: when the owner says so
    Column("retired_at", Instant),  # decrypts until then; null: no end
)

certificate_warnings = Table(
    "certificate_warnings",
    metadata,
    Column(
        "mailbox", ForeignKey("mailboxes.uuid", ondelete="CASCADE"), primary_key=True
    ),
    Column("fingerprint", String(64), primary_key=True),  # SHA-256, lower-case hex
    Column("days", Integer, nullable=False),  # the last threshold: 30 14 7 1
)
