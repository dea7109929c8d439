"""AS2 messages that we sent, with the MDNs that came for them."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Integer,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
)

from gateway.store.tables.base import Instant, metadata

as2_sent = Table(
    "as2_sent",
    metadata,
    Column("message_id", String(998), primary_key=True),  # with its angle brackets
    Column("transfer", ForeignKey("transfers.uuid"), nullable=False),
    Column("generation", Integer, nullable=False),  # 2, 3 ...: after a denial
    Column("mailbox", ForeignKey("mailboxes.uuid"), nullable=False),
    Column("sender", String(128), nullable=False),
    Column("receiver", String(128), nullable=False),
    Column("mic", String, nullable=False),  # `base64, algorithm`
    Column("signed", Boolean, nullable=False),
    Column("mdn_mode", String(8), nullable=False),  # what was asked for
    Column("mdn_signed", Boolean, nullable=False),
    Column("headers", JSON, nullable=False),  # [[name, value]], as they are posted
    Column("sha256", String(64), nullable=False, index=True),  # the body, as posted
    Column("size", BigInteger, nullable=False),
    Column("certificates", JSON, nullable=False),  # base64 of DER: ours, the partner's
    Column("content_key", LargeBinary),  # sealed; null: not encrypted
    Column("built_at", Instant, nullable=False),
    Column("posts", Integer, nullable=False),
    Column("unproven", Integer, nullable=False),  # MDNs that proved nothing, a few
    Column("mdn_verdict", String(16)),  # null: none came yet
    Column("mdn_headers", JSON),
    Column("mdn_body", LargeBinary),
    Column("mdn_at", Instant),
    Column("mdn_detail", String),
    Column("mdn_signer", LargeBinary),  # DER, empty: unsigned or does not verify
    UniqueConstraint("transfer", "generation"),
)
