"""Certificates: what people see of them, the pairs of a mailbox, their roll-over."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Protocol

from gateway.core.desk.actor import Actor
from gateway.core.desk.content import Content
from gateway.core.desk.health import Sample
from gateway.core.model import MailboxId


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateView:
    """A certificate's facts; *fingerprint* is SHA-256 as `AB:CD:..`, *bits* of RSA.

    *days_left* are whole days, negative once it has ended; *warning* is a sentence,
    empty while all is well.
    """

    subject: str
    issuer: str
    serial: str
    not_before: datetime
    not_after: datetime
    fingerprint: str
    bits: int
    days_left: int
    warning: str
    pem: str


class PairState(Enum):
    """SIGNING now, NEXT to sign, OLD: decrypts until it retires."""

    SIGNING = "SIGNING"
    NEXT = "NEXT"
    OLD = "OLD"


@dataclass(frozen=True, slots=True, kw_only=True)
class PairView:
    """One of a mailbox's own pairs.

    *signs_from* None: not until the owner says so; *retired_at* None: no end.
    """

    uuid: str
    state: PairState
    signs_from: datetime | None
    retired_at: datetime | None
    certificate: CertificateView


class Purpose(Enum):
    """What a certificate or key is for."""

    AS2_SELF = "AS2_SELF"
    AS2_PARTNER = "AS2_PARTNER"
    AS2_CLIENT = "AS2_CLIENT"
    AS2_CA = "AS2_CA"
    AS2_TLS = "AS2_TLS"
    ADMIN_TLS = "ADMIN_TLS"
    SSH_HOST_KEY = "SSH_HOST_KEY"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A line of the list of all certificates; *mailbox* None: the appliance's own.

    A host key has a *fingerprint* (`SHA256:..`) and no *certificate*.
    """

    purpose: Purpose
    mailbox: MailboxId | None
    mailbox_name: str
    fingerprint: str
    certificate: CertificateView | None
    state: PairState | None = None


class CertificateForm(Enum):
    """How a certificate is downloaded."""

    PEM = "pem"
    DER = "der"
    P7B = "p7b"


class CertificateDesk(Protocol):
    """What people may ask of every certificate of the appliance."""

    async def all(self) -> Sequence[Listed]: ...

    async def samples(self) -> Sequence[Sample]:
        """Return the days left of each certificate, for Prometheus."""
        ...

    def parse(self, content: bytes) -> Sequence[CertificateView]:
        """Return what a file holds (PEM, DER, P7B); Invalid says what is wrong."""
        ...

    async def download(self, fingerprint: str, form: CertificateForm) -> Content:
        """Return a certificate of the list; NotFound if none has the fingerprint."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RollOver:
    """How the next pair is made, and when it signs.

    *now*: at once; else from *sign_from*, or, without one, when it is activated. For
    *overlap_days* after that the old one still decrypts. *bits* and *days* (of
    validity) are those of the integration's settings if None.
    """

    sign_from: datetime | None = None
    now: bool = False
    overlap_days: int = 30
    bits: int | None = None
    days: int | None = None


class As2IdentityDesk(Protocol):
    """The pairs of one mailbox; NotFound before AS2 was saved the first time."""

    async def download(
        self, mailbox: MailboxId, form: CertificateForm, pair: str | None
    ) -> Content:
        """Return a certificate: that of `pair`, or the one that signs."""
        ...

    async def roll_over(
        self, actor: Actor, mailbox: MailboxId, wanted: RollOver
    ) -> Sequence[PairView]:
        """Make the next pair: it decrypts at once, and signs when `wanted` says.

        Conflict while there is a next pair already; Invalid names the field.
        """
        ...

    async def activate(
        self, actor: Actor, mailbox: MailboxId, overlap_days: int
    ) -> Sequence[PairView]:
        """Have the next pair sign from now on; Conflict if there is none."""
        ...

    async def cancel(self, actor: Actor, mailbox: MailboxId) -> Sequence[PairView]:
        """Delete the next pair; Conflict if there is none."""
        ...

    async def retire(
        self, actor: Actor, mailbox: MailboxId, pair: str
    ) -> Sequence[PairView]:
        """Delete an old pair now; NotFound, or Conflict if it is not an old one."""
        ...
