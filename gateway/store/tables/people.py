"""People, their tokens, the audit log, the appliance's settings."""

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
)

from gateway.store.tables.base import Instant, metadata

users = Table(
    "users",
    metadata,
    Column("login", String(255), primary_key=True),
    Column("password_hash", String, nullable=False),  # argon2id
    Column("role", String(16), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("password_changed_at", Instant),  # null: the generated one holds
    Column("must_change", Boolean, nullable=False),  # somebody else knows the password
    Column("last_login_at", Instant),
    Column("totp_secret", LargeBinary),  # sealed
    Column("totp_since", Instant),  # null: the secret is not confirmed by a code yet
    Column("totp_step", BigInteger),  # the last one whose code was used
)

recovery_codes = Table(
    "recovery_codes",
    metadata,
    Column("login", ForeignKey("users.login", ondelete="CASCADE"), primary_key=True),
    Column("sha256", String(64), primary_key=True),  # of 74 random bits
)

tokens = Table(
    "tokens",
    metadata,
    Column("uuid", String(36), primary_key=True),
    Column("sha256", String(64), nullable=False, unique=True),  # of 160 random bits
    Column("name", String(255), nullable=False),
    Column("login", ForeignKey("users.login", ondelete="CASCADE")),  # null: a program's
    Column("role", String(16), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant),
    Column("last_used_at", Instant),
    Column("address", String(64)),  # of who logged in
    Column("agent", String(255)),  # the browser or program that they did it with
)

audit = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Instant, nullable=False, index=True),
    Column("who", String(255), nullable=False),
    Column("action", String(64), nullable=False),  # kebab-case: password-reset
    Column("subject", String(255), nullable=False),  # uuid or login acted upon
    Column("detail", JSON, nullable=False),  # {"before": {}, "after": {}}, no secrets
)

settings = Table(
    "settings",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("value", JSON, nullable=False),
)
