"""The port As2Book: stored settings and sealed keys, made ready for the AS2 servers."""

from base64 import b64decode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar

from certs.partner import to_der
from gateway.core.as2 import As2Profile, MdnMode, OwnKeyRecord
from gateway.core.integration import AS2_DEFAULTS, Integration
from gateway.core.model import Channel, MailboxId
from gateway.core.ports import Clock, Vault
from gateway.core.retry import RetryPolicy
from gateway.store import as2_keys, integrations
from gateway.store.as2_keys import KEY_PURPOSE, SealedKey
from gateway.store.database import Database

T = TypeVar("T")
REMEMBERED = 256
"""Mailboxes whose settings are kept ready."""

AS2_SECRETS = {
    "httpPassword": "as2-http-password",
    "proxyPassword": "as2-proxy-password",
    "clientKey": "as2-client-key",
}
"""Settings that are stored sealed, in base64: the name, the vault's purpose."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxAs2Book:
    """Reads the database at each question, so that a change counts at once.

    What is made of it (certificates read, secrets opened) is made anew only when it has
    changed. *base_url* returns what a Self URL begins with: `https://host:port`.
    """

    db: Database
    vault: Vault
    clock: Clock
    base_url: Callable[[], str]
    _profiles: dict[MailboxId, "_Made"] = field(default_factory=dict, repr=False)
    _keys: dict[MailboxId, tuple[Sequence[SealedKey], Sequence[OwnKeyRecord]]] = field(
        default_factory=dict, repr=False
    )

    async def profile(self, mailbox: MailboxId) -> As2Profile | None:
        async with self.db.read() as conn:
            found = await integrations.active_with_name(conn, mailbox)
        if found is None or found[0].protocol is not Channel.AS2:
            return None
        made_of = (*found, self.base_url())
        known = self._profiles.get(mailbox)
        if known is None or known.made_of != made_of:
            known = _Made(made_of, self._profile(*found))
            _remember(self._profiles, mailbox, known)
        return known.profile

    async def own_keys(self, mailbox: MailboxId) -> Sequence[OwnKeyRecord]:
        async with self.db.read() as conn:
            found = await as2_keys.of(conn, mailbox, self.clock())
        sealed, records = self._keys.get(mailbox, ((), ()))
        if sealed != found:
            records = [opened(self.vault, key) for key in found]
            _remember(self._keys, mailbox, (found, records))
        return records

    async def kept_keys(self, mailbox: MailboxId) -> Sequence[OwnKeyRecord]:
        async with self.db.read() as conn:
            found = await as2_keys.kept(conn, mailbox)
        return [opened(self.vault, key) for key in found]

    def _profile(self, integration: Integration, name: str) -> As2Profile:
        as2: Mapping[str, Any] = {**AS2_DEFAULTS, **integration.as2}
        return As2Profile(
            mailbox=integration.mailbox,
            self_id=as2["selfId"] or name,
            self_url=f"{self.base_url()}/as2/{integration.mailbox}",
            recipient_id=as2["recipientId"],
            recipient_url=as2["recipientUrl"],
            recipient_email=as2["recipientEmail"],
            partner_certificates=[to_der(pem) for pem in as2["recipientCertificates"]],
            encryption=as2["encryptionAlgorithm"],
            signing=as2["signingAlgorithm"],
            compression=as2["compression"],
            oaep=as2["keyEncryption"].partition("oaep-")[2],
            pss=as2["signatureScheme"] == "pss",
            mdn=MdnMode(as2["mdn"]),
            mdn_signed=as2["mdnSigned"],
            mdn_deadline=timedelta(minutes=as2["mdnMinutes"]),
            require_signed=as2["requireSigned"],
            require_encrypted=as2["requireEncrypted"],
            legacy=frozenset(as2["legacyAlgorithms"]),
            subject=as2["subject"],
            content_type=as2["contentType"],
            http_user=as2["httpUser"],
            http_password=self._secret(as2, "httpPassword"),
            headers=as2["headers"],
            chunked=as2["chunked"],
            timeout=timedelta(seconds=as2["timeoutSeconds"]),
            retry=retries(integration),
            proxy=as2["proxy"],
            proxy_user=as2["proxyUser"],
            proxy_password=self._secret(as2, "proxyPassword"),
            ca_certificates="".join(as2["caCertificates"]),
            client_certificate=as2["clientCertificate"],
            client_key=self._secret(as2, "clientKey"),
        )

    def _secret(self, as2: Mapping[str, Any], name: str) -> str:
        if not as2[name]:
            return ""
        return self.vault.open(b64decode(as2[name]), AS2_SECRETS[name]).decode()


@dataclass(frozen=True, slots=True)
class _Made:
    """A profile and what it was made of: settings, mailbox's name, base URL."""

    made_of: tuple[Integration, str, str]
    profile: As2Profile


def _remember(known: dict[MailboxId, T], mailbox: MailboxId, value: T) -> None:
    if len(known) >= REMEMBERED:
        known.clear()
    known[mailbox] = value


def retries(integration: Integration) -> RetryPolicy:
    """Return how a remote server is tried again: on AS2 as its settings say."""
    if integration.protocol is not Channel.AS2:
        return RetryPolicy()
    as2: Mapping[str, Any] = {**AS2_DEFAULTS, **integration.as2}
    return RetryPolicy(
        first=timedelta(seconds=as2["retrySeconds"]),
        max_attempts=as2["maxAttempts"],
    )


def opened(vault: Vault, key: SealedKey) -> OwnKeyRecord:
    """Return the pair with its private key; StorageError if it cannot be opened."""
    return OwnKeyRecord(
        uuid=key.uuid,
        mailbox=key.mailbox,
        private_der=vault.open(key.private_key, KEY_PURPOSE),
        certificate_der=key.certificate,
        created_at=key.created_at,
        signs_from=key.signs_from,
        retired_at=key.retired_at,
    )
