"""The integrations page: blocks 2 to 4 saved at once, the password made at a save."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from gateway.core.desk.actor import Actor
from gateway.core.desk.integrations import (
    Addresses,
    IntegrationChange,
    IntegrationView,
)
from gateway.core.errors import N_, Conflict, Forbidden, NotFound
from gateway.core.integration import AS2_DEFAULTS, Integration, Mailbox
from gateway.core.model import Channel, MailboxId
from gateway.core.ports import Clock, Vault
from gateway.engine import notices
from gateway.engine.as2_book import AS2_SECRETS
from gateway.engine.desk.as2_identity import KeyMaker
from gateway.engine.desk.as2_warnings import warnings
from gateway.engine.desk.certificate_views import of_pem, pairs, shown
from gateway.engine.desk.integration_merge import facts, merged, raise_if
from gateway.engine.desk.mailboxes import OnChange, known
from gateway.engine.desk.secret import NewSecret
from gateway.engine.desk.sftp_checks import emails
from gateway.store import as2_keys, audit, integrations, mailboxes, settings
from gateway.store.as2_keys import SealedKey
from gateway.store.database import Connection, Database

log = logging.getLogger(__name__)

SFTP_PASSWORD = "sftp-password"  # noqa: S105 - the vault's purpose, not a password


@dataclass(frozen=True, slots=True, kw_only=True)
class Integrations:
    """The IntegrationDesk.

    *addresses* is asked at every answer, because a port may be known only when its
    listener is up.
    """

    db: Database
    clock: Clock
    vault: Vault
    new_secret: NewSecret
    addresses: Callable[[], Addresses]
    on_change: OnChange
    maker: KeyMaker

    async def get(self, mailbox: MailboxId) -> IntegrationView:
        async with self.db.read() as conn:
            owner = await known(conn, mailbox)
            integration = await integrations.get(conn, mailbox)
            keys = await as2_keys.of(conn, mailbox, self.clock())
        return self._shown(owner, integration, keys)

    async def save(
        self, actor: Actor, mailbox: MailboxId, change: IntegrationChange
    ) -> IntegrationView:
        spare = await self._first_pair(mailbox, change)
        password = None
        async with self.db.write() as conn:
            owner = await known(conn, mailbox)
            old = await integrations.get(conn, mailbox)
            keys = await as2_keys.of(conn, mailbox, self.clock())
            new = merged(self.vault, owner, old, change)
            before = self._shown(owner, old, keys)
            await self._check_fixed(conn, before, change)
            await _check_self_id(conn, owner, new)
            await integrations.put(conn, new)
            if new.protocol is Channel.AS2 and not keys:
                keys = [await _stored(conn, spare)]
            if new.protocol is Channel.SFTP and not old.has_password:
                password = await self._new_password(conn, mailbox)
                new = replace(new, has_password=True)
            await audit.add(
                conn,
                self.clock(),
                actor.login,
                "integration-saved",
                mailbox,
                before=facts(old),
                after=facts(new),
            )
        if _narrower(old, new):
            await self.on_change(mailbox)
        saved = replace(self._shown(owner, new, keys), password=password)
        for told in saved.warnings:
            if told not in before.warnings:
                log.warning("mailbox %s: %s", mailbox, told)
        return saved

    async def reveal_password(self, actor: Actor, mailbox: MailboxId) -> str:
        async with self.db.write() as conn:
            await known(conn, mailbox)
            if (await settings.get(conn)).show_passwords_once:
                raise Forbidden(
                    N_(
                        "This appliance shows a password only when it is made; reset "
                        "it to get a new one."
                    ),
                    "password-shown-once",
                )
            sealed = await integrations.sealed_password(conn, mailbox)
            if sealed is None:
                raise NotFound(
                    N_(
                        "This mailbox has no password yet; save its integration with "
                        "the protocol SFTP to get one."
                    ),
                    "no-password",
                )
            await audit.add(
                conn, self.clock(), actor.login, "password-revealed", mailbox
            )
        return self.vault.open(sealed, SFTP_PASSWORD).decode()

    async def reset_password(self, actor: Actor, mailbox: MailboxId) -> str:
        async with self.db.write() as conn:
            await known(conn, mailbox)
            integration = await integrations.get(conn, mailbox)
            if integration.protocol is not Channel.SFTP:
                raise Conflict(
                    N_(
                        "Only the protocol SFTP has a password; this integration uses "
                        "AS2."
                    )
                )
            await integrations.put(conn, integration)
            password = await self._new_password(conn, mailbox)
            await audit.add(conn, self.clock(), actor.login, "password-reset", mailbox)
        await self.on_change(mailbox)  # whoever had the old one is out
        return password

    async def send_test(
        self, actor: Actor, mailbox: MailboxId, notify_email: str | None
    ) -> str:
        now = self.clock()
        async with self.db.write() as conn:
            await known(conn, mailbox)
            to = (await integrations.get(conn, mailbox)).notify_email
            if notify_email is not None:
                wrong: dict[str, str] = {}
                to = emails(notify_email, wrong)
                raise_if(wrong)
            if not to:
                raise_if({"notifyEmail": N_("is empty; write at least one address")})
            await notices.test(conn, mailbox, to, now)
            await audit.add(
                conn, now, actor.login, "test-mail-sent", mailbox, after={"to": to}
            )
        return to

    async def _new_password(self, conn: Connection, mailbox: MailboxId) -> str:
        password = self.new_secret()
        sealed = self.vault.seal(password.encode(), SFTP_PASSWORD)
        await integrations.set_password(conn, mailbox, sealed)
        return password

    async def _first_pair(
        self, mailbox: MailboxId, change: IntegrationChange
    ) -> SealedKey | None:
        """Make the pair that the change will need: no transaction waits for it."""
        async with self.db.read() as conn:
            owner = await known(conn, mailbox)
            old = await integrations.get(conn, mailbox)
            there = await as2_keys.of(conn, mailbox, self.clock())
        new = merged(self.vault, owner, old, change)
        if there or new.protocol is not Channel.AS2:
            return None
        made = await self.maker.make(mailbox, str(new.as2["selfId"]), new.as2)
        return replace(made, signs_from=made.created_at)

    def _shown(
        self, owner: Mailbox, integration: Integration, keys: Sequence[SealedKey]
    ) -> IntegrationView:
        addresses, now = self.addresses(), self.clock()
        as2: dict[str, Any] = {**AS2_DEFAULTS, **integration.as2}
        as2["selfId"] = as2["selfId"] or owner.name
        for secret in AS2_SECRETS:
            as2[f"{secret}Set"] = bool(as2.pop(secret))
        own = pairs(keys, now)
        current = shown(own)
        recipients = [of_pem(pem, now) for pem in as2["recipientCertificates"]]
        return IntegrationView(
            integration=integration,
            addresses=addresses,
            as2=as2,
            self_url=f"{addresses.as2_url}/as2/{owner.id}",
            self_certificate=current.certificate.pem if current else "",
            pairs=own,
            recipients=recipients,
            warnings=warnings(as2, own, recipients)
            if integration.protocol is Channel.AS2
            else (),
        )

    async def _check_fixed(
        self, conn: Connection, view: IntegrationView, change: IntegrationChange
    ) -> None:
        """Refuse another value for what the gateway generates."""
        sealed = await integrations.sealed_password(conn, view.integration.mailbox)
        truth = {
            "sftp.login": view.integration.mailbox,
            "sftp.host": view.addresses.host,
            "sftp.port": view.addresses.sftp_port,
            "sftp.hostKeyFingerprint": view.addresses.fingerprint,
            "sftp.knownHosts": view.addresses.known_hosts,
            "sftp.password": self.vault.open(sealed, SFTP_PASSWORD).decode()
            if sealed
            else "",
            "as2.selfUrl": view.self_url,
            "as2.selfCertificate": view.self_certificate,
            **{f"as2.{name}Set": view.as2[f"{name}Set"] for name in AS2_SECRETS},
        }
        raise_if(
            {
                name: "is generated and cannot be set; leave it out"
                for name, value in change.fixed.items()
                if value != truth[name]
            }
        )


async def _stored(conn: Connection, made: SealedKey | None) -> SealedKey:
    if made is None:
        raise Conflict(
            N_(
                "The integration was changed by somebody else meanwhile; look at it "
                "and save again."
            )
        )
    await as2_keys.add(conn, made)
    return made


def _narrower(old: Integration, new: Integration) -> bool:
    """Whether somebody who is connected may be so no longer, or connects elsewhere."""
    return (
        (old.enabled, old.protocol) != (new.enabled, new.protocol)
        or set(old.allowed_addresses) != set(new.allowed_addresses)
        or not set(old.public_keys) <= set(new.public_keys)
    )


async def _check_self_id(conn: Connection, owner: Mailbox, new: Integration) -> None:
    """Refuse a Self ID that another mailbox has (it tells who a message is for)."""
    wanted = new.as2.get("selfId")
    if not wanted:
        return
    for other in await integrations.saved(conn):
        if other.mailbox != owner.id and other.as2.get("selfId") == wanted:
            mailbox = await mailboxes.get(conn, other.mailbox)
            name = mailbox.name if mailbox else other.mailbox
            raise Conflict(
                N_(
                    'The Self ID "{wanted}" belongs to the mailbox "{name}" '
                    "already; choose another one."
                ).format(wanted=wanted, name=name),
                "self-id-taken",
                {"as2.selfId": N_("belongs to the mailbox {name}").format(name=name)},
            )
