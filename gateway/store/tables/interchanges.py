"""Control numbers of EDIFACT and X12, and what was sent under them."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
)

from gateway.store.tables.base import Instant, metadata

control_numbers = Table(
    "control_numbers",
    metadata,
    Column("kind", String(16), primary_key=True),  # EDIFACT EDIFACT-GROUP X12 X12-GROUP
    Column("sender", String(255), primary_key=True),  # id:qualifier
    Column("receiver", String(255), primary_key=True),
    Column("last", BigInteger, nullable=False),
)

# a job that runs twice gets its number again
given_numbers = Table(
    "given_numbers",
    metadata,
    Column("kind", String(16), primary_key=True),
    Column("sender", String(255), primary_key=True),
    Column("receiver", String(255), primary_key=True),
    Column("seed", String(255), primary_key=True),  # what it was given for
    Column("number", BigInteger, nullable=False),
    Column("given_at", Instant, nullable=False, index=True),
)

# what a partner's CONTRL or 997 names
sent_interchanges = Table(
    "sent_interchanges",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("transfer", ForeignKey("transfers.uuid"), nullable=False, index=True),
    Column("mailbox", ForeignKey("mailboxes.uuid"), nullable=False),
    Column("kind", String(16), nullable=False),  # EDIFACT X12
    Column("sender", String(255), nullable=False),  # without qualifier
    Column("receiver", String(255), nullable=False),
    Column("number", String(255), nullable=False),  # UNB05, GS06
    Column("answered_at", Instant),  # null: not acknowledged yet
    Column("accepted", Boolean),
)
Index(
    None,
    sent_interchanges.c.mailbox,
    sent_interchanges.c.kind,
    sent_interchanges.c.number,
)
