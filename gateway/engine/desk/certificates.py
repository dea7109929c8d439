"""Every certificate of the appliance with its days left."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.x509 import load_pem_x509_certificate

from certs.partner import parse_certificates
from certs.ssh_keys import fingerprint
from certs.tls import certificate
from gateway.core.desk.certificates import (
    CertificateForm,
    CertificateView,
    Listed,
    Purpose,
)
from gateway.core.desk.content import Content
from gateway.core.desk.health import Sample
from gateway.core.errors import N_, ConfigError, NotFound
from gateway.core.integration import AS2_DEFAULTS, Integration, Mailbox
from gateway.core.model import MailboxId
from gateway.core.ports import Clock
from gateway.engine.desk.certificate_files import as_file
from gateway.engine.desk.certificate_views import of_pem, pairs, view
from gateway.store import as2_keys, integrations, mailboxes
from gateway.store.as2_keys import SealedKey
from gateway.store.database import Database

_AS2_LISTS = {
    Purpose.AS2_PARTNER: "recipientCertificates",
    Purpose.AS2_CA: "caCertificates",
}
NEVER = 10**9  # behind every number of days


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificates:
    """The CertificateDesk.

    *files* are the PEM files of the listeners, *host_keys* read `ssh-ed25519 AAAA`.
    """

    db: Database
    clock: Clock
    files: Mapping[Purpose, Path] = field(default_factory=dict)
    host_keys: Sequence[str] = ()

    async def all(self) -> Sequence[Listed]:
        now = self.clock()
        async with self.db.read() as conn:
            owners = await mailboxes.listing(conn)
            saved = {each.mailbox: each for each in await integrations.saved(conn)}
            keys = await as2_keys.every(conn, now)
        # reading thousands of certificates would keep the loop
        return await asyncio.to_thread(self._all, owners, saved, keys, now)

    def _all(
        self,
        owners: Sequence[Mailbox],
        saved: Mapping[MailboxId, Integration],
        keys: Sequence[SealedKey],
        now: datetime,
    ) -> Sequence[Listed]:
        found = list(self._own(now))
        for owner in owners:
            found += of_mailbox(owner, saved.get(owner.id), keys, now)
        return sorted(found, key=_days)

    async def samples(self) -> Sequence[Sample]:
        return [
            Sample(
                name="gateway_certificate_days_left",
                help="Whole days until the certificate ends; negative afterwards.",
                value=each.certificate.days_left,
                labels={
                    "purpose": each.purpose.value,
                    "mailbox": each.mailbox or "",
                    "fingerprint": each.fingerprint,
                },
            )
            for each in await self.all()
            if each.certificate is not None
        ]

    def parse(self, content: bytes) -> Sequence[CertificateView]:
        now = self.clock()
        return [view(each, now) for each in parse_certificates(content)]

    async def download(self, fingerprint: str, form: CertificateForm) -> Content:
        wanted = fingerprint.replace(":", "").upper()
        for each in await self.all():
            known = each.certificate
            if known and known.fingerprint.replace(":", "") == wanted:
                name = f"{each.mailbox_name or 'gateway'}-{wanted[:8].lower()}"
                return as_file(
                    load_pem_x509_certificate(known.pem.encode()), name, form
                )
        raise NotFound(
            N_("No certificate in use has the fingerprint {fingerprint}.").format(
                fingerprint=fingerprint
            ),
            "no-certificate",
        )

    def _own(self, now: datetime) -> Iterator[Listed]:
        for purpose, path in self.files.items():
            try:
                found = view(certificate(path), now)
            except ConfigError:  # the doctor and the listener say why
                continue
            yield _listed(purpose, None, found)
        for key in self.host_keys:
            yield Listed(
                purpose=Purpose.SSH_HOST_KEY,
                mailbox=None,
                mailbox_name="",
                fingerprint=fingerprint(key),
                certificate=None,
            )


def of_mailbox(
    owner: Mailbox,
    integration: Integration | None,
    keys: Sequence[SealedKey],
    now: datetime,
) -> Iterator[Listed]:
    """Return the certificates of one mailbox; *keys* may hold those of others."""
    for pair in pairs([key for key in keys if key.mailbox == owner.id], now):
        yield Listed(
            purpose=Purpose.AS2_SELF,
            mailbox=owner.id,
            mailbox_name=owner.name,
            fingerprint=pair.certificate.fingerprint,
            certificate=pair.certificate,
            state=pair.state,
        )
    if integration is None:
        return
    as2: Mapping[str, Any] = {**AS2_DEFAULTS, **integration.as2}
    for purpose, key in _AS2_LISTS.items():
        for pem in as2[key]:
            yield _listed(purpose, owner, of_pem(pem, now))
    if as2["clientCertificate"]:
        client = of_pem(as2["clientCertificate"], now)
        yield _listed(Purpose.AS2_CLIENT, owner, client)


def _listed(purpose: Purpose, owner: Mailbox | None, found: CertificateView) -> Listed:
    return Listed(
        purpose=purpose,
        mailbox=owner.id if owner else None,
        mailbox_name=owner.name if owner else "",
        fingerprint=found.fingerprint,
        certificate=found,
    )


def _days(listed: Listed) -> int:
    return listed.certificate.days_left if listed.certificate else NEVER
