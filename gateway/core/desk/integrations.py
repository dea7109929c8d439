"""The integrations page: how a mailbox's remote server connects."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from gateway.core.desk.actor import Actor, PersonRole
from gateway.core.desk.certificates import CertificateView, PairView
from gateway.core.integration import DefaultRule, Integration
from gateway.core.model import Channel, MailboxId


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """What partners must know of this appliance.

    *host* is the public name, *as2_url* the public URL without a slash at its end,
    *fingerprint* `SHA256:...` and *known_hosts* a whole line for that file.
    """

    host: str
    sftp_port: int
    fingerprint: str
    known_hosts: str
    as2_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IntegrationView:
    """The settings and what the gateway generated; *as2* is whole, without secrets.

    *pairs* are the mailbox's own, *recipients* the partner's certificates in their
    order; *warnings* are sentences. *password* is there in the one answer that made it.
    """

    integration: Integration
    addresses: Addresses
    as2: Mapping[str, object]
    self_url: str
    self_certificate: str
    pairs: Sequence[PairView] = ()
    recipients: Sequence[CertificateView] = ()
    warnings: Sequence[str] = ()
    password: str | None = None

    def seen_by(self, role: PersonRole) -> "IntegrationView":
        """Hide what extra headers hold, a token perhaps, from who cannot set them."""
        headers = self.as2.get("headers")
        if role.covers(PersonRole.INTEGRATOR) or not isinstance(headers, Mapping):
            return self
        return replace(self, as2={**self.as2, "headers": dict.fromkeys(headers, "***")})


@dataclass(frozen=True, slots=True, kw_only=True)
class IntegrationChange:
    """What to write; None, or a key left out of *as2*, keeps the value.

    *fixed* maps names of what the gateway generates (`sftp.login`) to what the caller
    believes it is; a wrong belief is Invalid.
    """

    enabled: bool | None = None
    protocol: Channel | None = None
    notify_email: str | None = None
    default_rule: DefaultRule | None = None
    reject_reason: str | None = None
    public_keys: Sequence[str] | None = None
    allowed_addresses: Sequence[str] | None = None
    as2: Mapping[str, object] = field(default_factory=dict)
    fixed: Mapping[str, object] = field(default_factory=dict)


class IntegrationDesk(Protocol):
    """What people may ask and order of integrations; what is unknown is NotFound."""

    async def get(self, mailbox: MailboxId) -> IntegrationView: ...

    async def save(
        self, actor: Actor, mailbox: MailboxId, change: IntegrationChange
    ) -> IntegrationView:
        """Write everything or nothing; the first save for SFTP makes the password."""
        ...

    async def reveal_password(self, actor: Actor, mailbox: MailboxId) -> str:
        """Forbidden when passwords are shown once; NotFound before the first save."""
        ...

    async def reset_password(self, actor: Actor, mailbox: MailboxId) -> str: ...

    async def send_test(
        self, actor: Actor, mailbox: MailboxId, notify_email: str | None
    ) -> str:
        """Have a test mail sent; to the saved addresses if none are given.

        Returns the addresses; Invalid if there are none or one is none.
        """
        ...
