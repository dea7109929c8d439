"""The keys and certificates of one mailbox and its partner, at one moment."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

from cryptography import x509

from as2_server.protocol.keys import Certificate, KeyPair
from as2_server.protocol.messages import Trust
from certs.identity import Identity, load_identity
from certs.rollover import OwnKey, PartnerKey, decrypting, encrypting, signing, trusted
from gateway.core.as2 import As2Profile, OwnKeyRecord
from gateway.core.model import MailboxId

REMEMBERED = 256
"""Loading an RSA key costs as much as using it, so loaded ones are kept."""


@dataclass(frozen=True, slots=True)
class Keyring:
    """Answers which key does what; *now* decides about roll-over and expiry."""

    own: Sequence[OwnKey]
    partner: Sequence[PartnerKey]
    now: datetime

    @classmethod
    def of(
        cls, profile: As2Profile, records: Sequence[OwnKeyRecord], now: datetime
    ) -> "Keyring":
        """Load what is stored; StorageError if a pair of our own is damaged."""
        return cls(
            own=[
                OwnKey(
                    _identity(record.private_der, record.certificate_der),
                    record.signs_from,
                    record.retired_at,
                )
                for record in records
            ],
            partner=[
                PartnerKey(_certificate(der)) for der in profile.partner_certificates
            ],
            now=now,
        )

    def trust(self) -> Trust:
        """Return what decrypts, and whose signatures count."""
        return Trust(
            keys=[_pair(key.identity) for key in decrypting(self.own, self.now)],
            partner=[_loaded(found) for found in trusted(self.partner, self.now)],
        )

    def signer(self) -> KeyPair:
        """Return the pair that signs; NoUsableKey if none may."""
        return _pair(signing(self.own, self.now).identity)

    def recipient(self) -> Certificate:
        """Return the certificate to encrypt for; NoUsableKey if none is valid."""
        return _loaded(encrypting(self.partner, self.now))


@dataclass(frozen=True, slots=True)
class _Known:
    """A keyring and what it was made of."""

    records: Sequence[OwnKeyRecord]
    certificates: Sequence[bytes]
    keyring: Keyring


@dataclass(frozen=True, slots=True)
class Keyrings:
    """Keyrings by mailbox, loaded anew (in a thread) when what they hold changes."""

    _known: dict[MailboxId, _Known] = field(default_factory=dict, repr=False)

    async def of(
        self, profile: As2Profile, records: Sequence[OwnKeyRecord], now: datetime
    ) -> Keyring:
        """Return the keyring; StorageError if a pair of our own is damaged."""
        certificates = profile.partner_certificates
        known = self._known.get(profile.mailbox)
        if known and (known.records, known.certificates) == (records, certificates):
            return Keyring(known.keyring.own, known.keyring.partner, now)
        keyring = await asyncio.to_thread(Keyring.of, profile, records, now)
        if len(self._known) >= REMEMBERED:
            self._known.clear()
        self._known[profile.mailbox] = _Known(records, certificates, keyring)
        return keyring


def key_pair(record: OwnKeyRecord) -> KeyPair:
    """Load a stored pair; StorageError if it is damaged."""
    return _pair(_identity(record.private_der, record.certificate_der))


@lru_cache(maxsize=REMEMBERED)
def _identity(private_der: bytes, certificate_der: bytes) -> Identity:
    return load_identity(private_der, certificate_der)


@lru_cache(maxsize=REMEMBERED)
def _certificate(der: bytes) -> x509.Certificate:
    return x509.load_der_x509_certificate(der)


@lru_cache(maxsize=REMEMBERED)
def _loaded(certificate: x509.Certificate) -> Certificate:
    return Certificate.of(certificate)


def _pair(identity: Identity) -> KeyPair:
    return KeyPair(_loaded(identity.certificate), identity.private_key)
