"""What the AS2 servers are told of a mailbox: its settings, its own pairs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from functools import lru_cache

from gateway.core.model import MailboxId
from gateway.core.retry import RetryPolicy

NONE = "none"
LEGACY = ("3des-cbc", "sha1", "md5")
"""Algorithms that are taken from a partner only as long as its settings say so."""

CIPHERS = (
    "aes256-cbc",
    "aes192-cbc",
    "aes128-cbc",
    "aes256-gcm",
    "aes192-gcm",
    "aes128-gcm",
    "3des-cbc",
)
DIGESTS = ("sha512", "sha384", "sha256", "sha1", "md5")


class MdnMode(Enum):
    """How the partner is asked for its MDN."""

    SYNC = "SYNC"
    ASYNC = "ASYNC"
    NONE = "NONE"


@dataclass(frozen=True, slots=True, kw_only=True)
class As2Profile:
    """The AS2 settings of a mailbox that is switched on, ready to use.

    *partner_certificates* are DER; *encryption*, *signing* and *compression* have the
    names of the API, each of them may be `none`; *oaep* is the digest of RSA-OAEP,
    empty for PKCS #1 v1.5; *legacy* are those of LEGACY that the partner may use;
    *ca_certificates* (PEM) stand in for the system's when there are any;
    *client_certificate* is PEM with its chain, *client_key* PEM; *proxy* a URL;
    *mdn_deadline* is how long an asynchronous MDN may take.
    """

    mailbox: MailboxId
    self_id: str
    self_url: str
    recipient_id: str
    recipient_url: str
    recipient_email: str = ""
    partner_certificates: Sequence[bytes] = ()
    encryption: str = "aes256-cbc"
    signing: str = "sha256"
    compression: str = NONE
    oaep: str = ""
    pss: bool = False
    mdn: MdnMode = MdnMode.SYNC
    mdn_signed: bool = True
    mdn_deadline: timedelta = timedelta(hours=4)
    require_signed: bool = True
    require_encrypted: bool = True
    legacy: frozenset[str] = frozenset({"3des-cbc", "sha1"})
    subject: str = ""
    content_type: str = ""
    http_user: str = ""
    http_password: str = field(default="", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)
    chunked: bool = False
    timeout: timedelta = timedelta(minutes=5)
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    proxy: str = ""
    proxy_user: str = ""
    proxy_password: str = field(default="", repr=False)
    ca_certificates: str = ""
    client_certificate: str = ""
    client_key: str = field(default="", repr=False)

    @property
    def ciphers(self) -> frozenset[str]:
        """What a message may be encrypted with; what we use the partner may use."""
        return _allowed(CIPHERS, self.encryption, self.legacy)

    @property
    def digests(self) -> frozenset[str]:
        """What a message or an MDN may be signed with."""
        return _allowed(DIGESTS, self.signing, self.legacy)


@lru_cache(maxsize=256)
def _allowed(
    known: tuple[str, ...], ours: str, legacy: frozenset[str]
) -> frozenset[str]:
    modern = {name for name in known if name not in LEGACY}
    return frozenset(modern | (set(known) & (legacy | {ours})))


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnKeyRecord:
    """One of a mailbox's own pairs; *private_der* is PKCS #8.

    *signs_from* None: not until the owner says so; *retired_at*: the end of the
    overlap in which it still decrypts, None while there is no end.
    """

    uuid: str
    mailbox: MailboxId
    private_der: bytes = field(repr=False)
    certificate_der: bytes
    created_at: datetime
    signs_from: datetime | None = None
    retired_at: datetime | None = None
