"""AS2 messages that came in, with the MDNs they got."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
)

from gateway.store.tables.base import Instant, metadata

as2_messages = Table(
    "as2_messages",
    metadata,
    Column("uuid", String(36), primary_key=True),
    Column("mailbox", ForeignKey("mailboxes.uuid"), nullable=False),
    Column("message_id", String(998), nullable=False),
    Column("sender", String(128), nullable=False),
    Column("receiver", String(128), nullable=False),
    # digest of mailbox, sender and Message-ID; null for a rejected one, which is no
    # obstacle to the next try
    Column("accepted_key", String(64), unique=True),
    Column("received_at", Instant, nullable=False),
    Column("headers", JSON, nullable=False),  # [[name, value]], as they came
    Column("sha256", String(64), nullable=False),  # the raw body
    Column("size", BigInteger, nullable=False),
    Column("raw", LargeBinary),  # the body itself if it is small; null: it is a blob
    Column("disposition", String, nullable=False),
    Column("mic", String, nullable=False),  # `base64, algorithm`, or empty
    Column("cipher", String(32), nullable=False),
    Column("remark", String, nullable=False),
    Column("signer", LargeBinary),  # DER of the partner's certificate
    Column("mdn_headers", JSON),  # null: no MDN was asked for
    Column("mdn_body", LargeBinary),
    Column("mdn_signer", LargeBinary),  # DER of our certificate
    Column("mdn_url", String, nullable=False),  # empty: in the answer to the POST
    Column("mdn_attempts", Integer, nullable=False),
    Column("mdn_sent_at", Instant),  # null while an asynchronous one waits
    Column("mdn_error", String, nullable=False),
)
Index(None, as2_messages.c.mailbox, as2_messages.c.received_at)
Index(None, as2_messages.c.sha256)

as2_message_transfers = Table(
    "as2_message_transfers",
    metadata,
    Column("transfer", ForeignKey("transfers.uuid"), primary_key=True),
    Column("message", ForeignKey("as2_messages.uuid"), nullable=False, index=True),
)
