"""Certificates as the API shows them."""

from datetime import datetime

from admin_web.api.models import Answer
from gateway.core.desk.certificates import PairState


class CertificateAnswer(Answer):
    """A certificate's facts; `fingerprint` is SHA-256, `warning` empty if all is well.

    `daysLeft` is negative once it has ended; `bits` is 0 for keys other than RSA.
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


class PairAnswer(Answer):
    """One of the mailbox's own pairs; without `signsFrom` it waits to be activated."""

    uuid: str
    state: PairState
    signs_from: datetime | None
    retired_at: datetime | None
    certificate: CertificateAnswer
