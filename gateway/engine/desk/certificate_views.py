"""Certificates as people see them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509

from certs.expiry import days_left, threshold
from certs.partner import facts, to_pem
from certs.rollover import NoUsableKey, signing
from gateway.core.desk.certificates import CertificateView, PairState, PairView
from gateway.core.errors import N_
from gateway.store.as2_keys import SealedKey

SMALL_KEY = 2048


def view(certificate: x509.Certificate, now: datetime) -> CertificateView:
    """Return what is shown of a certificate."""
    known = facts(certificate)
    return CertificateView(
        subject=known.subject,
        issuer=known.issuer,
        serial=known.serial,
        not_before=known.not_before,
        not_after=known.not_after,
        fingerprint=known.fingerprint,
        bits=known.bits,
        days_left=days_left(known.not_after, now),
        warning=_warning(known.not_before, known.not_after, known.bits, now),
        pem=to_pem(certificate),
    )


def of_pem(pem: str, now: datetime) -> CertificateView:
    """Return what is shown of a stored PEM."""
    return view(x509.load_pem_x509_certificate(pem.encode()), now)


@dataclass(frozen=True, slots=True)
class _Pair:
    """A stored pair whose private key stays sealed."""

    key: SealedKey
    certificate: x509.Certificate

    @property
    def signs_from(self) -> datetime | None:
        return self.key.signs_from

    @property
    def retired_at(self) -> datetime | None:
        return self.key.retired_at


def pairs(keys: Sequence[SealedKey], now: datetime) -> Sequence[PairView]:
    """Return what is shown of a mailbox's own pairs, in their order."""
    loaded = _loaded(keys)
    current = _signing(loaded, now)
    return [
        PairView(
            uuid=pair.key.uuid,
            state=_state(pair, current, now),
            signs_from=pair.signs_from,
            retired_at=pair.retired_at,
            certificate=view(pair.certificate, now),
        )
        for pair in loaded
    ]


def shown(own: Sequence[PairView]) -> PairView | None:
    """Return the pair whose certificate partners get: the signing one if there is."""
    signs = [pair for pair in own if pair.state is PairState.SIGNING]
    return next(iter(signs or own[-1:]), None)


def _loaded(keys: Sequence[SealedKey]) -> Sequence[_Pair]:
    return [_Pair(k, x509.load_der_x509_certificate(k.certificate)) for k in keys]


def _signing(loaded: Sequence[_Pair], now: datetime) -> _Pair | None:
    try:
        return signing(loaded, now)
    except NoUsableKey:
        return None


def _state(pair: _Pair, current: _Pair | None, now: datetime) -> PairState:
    if pair.signs_from is None or pair.signs_from > now:
        return PairState.NEXT
    return PairState.SIGNING if pair is current else PairState.OLD


def _warning(
    not_before: datetime, not_after: datetime, bits: int, now: datetime
) -> str:
    left = days_left(not_after, now)
    if now > not_after:
        return N_("It ended on {day}.").format(day=f"{not_after:%Y-%m-%d}")
    if now < not_before:
        return N_("It is not valid before {day}.").format(day=f"{not_before:%Y-%m-%d}")
    if threshold(not_after, now) is not None:
        return N_("It ends on {day}, in {left} days.").format(
            day=f"{not_after:%Y-%m-%d}", left=left
        )
    if 0 < bits < SMALL_KEY:
        return N_(
            "Its key has only {bits} bits; ask for one of {least} or more."
        ).format(bits=bits, least=SMALL_KEY)
    return ""
