"""Which key and which certificate is used when: roll-over without a flag day.

Pure decisions; the time is an argument.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from cryptography import x509

from certs.identity import Identity
from gateway.core.errors import Refusal


class NoUsableKey(Refusal):
    """There is no key or certificate that may be used now; the text says what to do."""

    code = "no-usable-key"


class Pair(Protocol):
    """One of a mailbox's own pairs.

    *signs_from*: None until the owner says when; *retired_at*: the end of the overlap
    in which it still decrypts, None while there is no end.
    """

    @property
    def certificate(self) -> x509.Certificate: ...
    @property
    def signs_from(self) -> datetime | None: ...
    @property
    def retired_at(self) -> datetime | None: ...


P = TypeVar("P", bound=Pair)


@dataclass(frozen=True, slots=True)
class OwnKey:
    """A Pair with its private key."""

    identity: Identity
    signs_from: datetime | None
    retired_at: datetime | None = None

    @property
    def certificate(self) -> x509.Certificate:
        return self.identity.certificate


@dataclass(frozen=True, slots=True)
class PartnerKey:
    """One of a partner's certificates; *used_from*: not encrypted for before."""

    certificate: x509.Certificate
    used_from: datetime | None = None

    @property
    def start(self) -> datetime:
        begins = self.certificate.not_valid_before_utc
        return max(begins, self.used_from) if self.used_from else begins


def decrypting(keys: Sequence[P], now: datetime) -> Sequence[P]:
    """Return the keys that decrypt: new ones at once, old ones until they retire.

    An expired certificate still decrypts: the message is on its way already.
    """
    return [key for key in keys if not _retired(key, now)]


def signing(keys: Sequence[P], now: datetime) -> P:
    """Return the key that signs: the newest that may; NoUsableKey if none may."""
    started = [
        (key.signs_from, key)
        for key in keys
        if key.signs_from and key.signs_from <= now and not _retired(key, now)
    ]
    usable = [item for item in started if valid(item[1].certificate, now)]
    if usable:  # of two that sign from the same moment the later one
        return max(reversed(usable), key=lambda item: item[0])[1]
    if started:
        newest = max(started, key=lambda item: item[0])[1]
        raise NoUsableKey(
            "The self certificate may not sign: it is "
            f"{_invalid(newest.certificate, now)}. Make a new one by "
            "roll-over and send it to the partner."
        )
    raise NoUsableKey(
        "No self key is in use for signing. Make one, or say from when the new one "
        "signs."
    )


def encrypting(keys: Sequence[PartnerKey], now: datetime) -> x509.Certificate:
    """Return the certificate to encrypt for: the newest that is valid.

    Raises NoUsableKey if none is.
    """
    usable = [k for k in keys if k.start <= now and valid(k.certificate, now)]
    if usable:
        return max(usable, key=lambda key: key.start).certificate
    if not keys:
        raise NoUsableKey("The partner has no certificate. Enter the recipient's one.")
    newest = max(keys, key=lambda key: key.start)
    reason = _invalid(newest.certificate, now) or f"not in use before {newest.start:%F}"
    raise NoUsableKey(
        f"The partner's certificate is {reason}. Ask the partner for a new one and "
        "enter it beside the old one."
    )


def trusted(
    keys: Sequence[PartnerKey], now: datetime, grace: timedelta = timedelta(0)
) -> Sequence[x509.Certificate]:
    """Return the certificates that may sign now: all that are valid, old and new.

    *grace* is how long one is accepted after its end.
    """
    found = []
    for certificate in (key.certificate for key in keys):
        end = certificate.not_valid_after_utc + grace
        if certificate.not_valid_before_utc <= now <= end:
            found.append(certificate)
    return found


def valid(certificate: x509.Certificate, now: datetime) -> bool:
    return not _invalid(certificate, now)


def _invalid(certificate: x509.Certificate, now: datetime) -> str:
    """Say in words why the certificate is not valid; empty if it is."""
    if now > certificate.not_valid_after_utc:
        return f"expired since {certificate.not_valid_after_utc:%F}"
    if now < certificate.not_valid_before_utc:
        return f"not valid before {certificate.not_valid_before_utc:%F}"
    return ""


def _retired(key: Pair, now: datetime) -> bool:
    return key.retired_at is not None and key.retired_at <= now
