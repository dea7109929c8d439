"""Certificates that end: their owners are told 30, 14, 7 and 1 days before, once each.

What has a successor in place is not told of.
"""

import asyncio
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from certs.expiry import warning
from gateway.core.desk.certificates import (
    CertificateView,
    Listed,
    PairState,
    PairView,
    Purpose,
)
from gateway.core.integration import Integration, Mailbox
from gateway.core.model import Channel, MailboxId
from gateway.core.ports import Clock
from gateway.engine import notices
from gateway.engine.desk.certificate_views import pairs
from gateway.engine.desk.certificates import of_mailbox
from gateway.store import as2_keys, certificate_warnings, integrations, mailboxes
from gateway.store.as2_keys import SealedKey
from gateway.store.database import Database

log = logging.getLogger(__name__)

_WORDS: Mapping[Purpose, tuple[str, str]] = {
    Purpose.AS2_SELF: (
        "the self certificate",
        "Begin a roll-over and send the new certificate to the partner.",
    ),
    Purpose.AS2_PARTNER: (
        "the partner's certificate",
        "Ask the partner for a new one and enter it beside the old one.",
    ),
    Purpose.AS2_CLIENT: (
        "the TLS client certificate",
        "Have a new one issued and enter it with its private key.",
    ),
    Purpose.AS2_CA: (
        "a CA certificate of the partner's server",
        "Ask the partner which one follows and enter it beside the old one.",
    ),
}


@dataclass(frozen=True, slots=True)
class CertificateWarnings:
    """Run by the housekeeping; safe to run at any time and as often as one likes."""

    db: Database
    clock: Clock

    async def run(self) -> None:
        """Tell of what ends, and delete retired pairs that nothing needs."""
        now = self.clock()
        async with self.db.read() as conn:
            owners = await mailboxes.listing(conn)
            saved = {each.mailbox: each for each in await integrations.saved(conn)}
            keys = await as2_keys.every(conn, now)
            given = await certificate_warnings.given(conn)
        for owner in owners:
            # reading certificates takes its time: not on the loop
            ending = await asyncio.to_thread(
                _ending, owner, saved.get(owner.id), keys, now
            )
            for each in ending:
                await self._tell(owner, each, given, now)
        async with self.db.write() as conn:
            retired = await as2_keys.remove_retired(conn, now)
        if retired:
            log.info("%d old AS2 pairs were deleted: nothing needs them", retired)

    async def _tell(
        self,
        owner: Mailbox,
        ending: "_Ending",
        given: Mapping[tuple[MailboxId, str], int],
        now: datetime,
    ) -> None:
        certificate = ending.certificate
        fingerprint = certificate.fingerprint.replace(":", "").lower()
        days = warning(certificate.not_after, now, given.get((owner.id, fingerprint)))
        if days is None:
            return
        what, remedy = _WORDS[ending.purpose]
        data = {
            "what": what,
            "subject": certificate.subject,
            "fingerprint": certificate.fingerprint,
            "ends": certificate.not_after.isoformat(),
            "days": certificate.days_left,
            "remedy": remedy,
        }
        log.warning("%s of mailbox %s: %s", what, owner.id, certificate.warning)
        async with self.db.write() as conn:
            if await notices.certificate_ending(conn, owner.id, data, now):
                await certificate_warnings.remember(conn, owner.id, fingerprint, days)


@dataclass(frozen=True, slots=True)
class _Ending:
    """A certificate nothing follows yet."""

    purpose: Purpose
    certificate: CertificateView


def _ending(
    owner: Mailbox,
    integration: Integration | None,
    keys: Sequence[SealedKey],
    now: datetime,
) -> Sequence[_Ending]:
    if integration is None or not integration.enabled:
        return []
    if integration.protocol is not Channel.AS2:
        return []
    own = [key for key in keys if key.mailbox == owner.id]
    listed = list(of_mailbox(owner, integration, (), now))
    return [
        *(
            _Ending(Purpose.AS2_SELF, pair.certificate)
            for pair in _unfollowed(pairs(own, now))
        ),
        *(
            _Ending(each.purpose, each.certificate)
            for each in listed
            if each.certificate is not None and not _followed(each, listed)
        ),
    ]


def _unfollowed(own: Sequence[PairView]) -> Iterator[PairView]:
    """Return the pair in use unless its successor has its day, and the successor."""
    waiting = [pair for pair in own if pair.state is PairState.NEXT]
    used = [pair for pair in own if pair.state is not PairState.NEXT]
    yield from waiting
    if not any(pair.signs_from for pair in waiting):
        yield from used[-1:]


def _followed(one: Listed, others: Sequence[Listed]) -> bool:
    """Whether a partner's certificate has one beside it that goes on after its end."""
    ours = one.certificate
    if one.purpose is not Purpose.AS2_PARTNER or ours is None:
        return False
    return any(
        other.purpose is one.purpose
        and other.certificate is not None
        and other.certificate.not_before <= ours.not_after < other.certificate.not_after
        for other in others
    )
