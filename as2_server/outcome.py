"""What an answer or an MDN means for the message that we sent."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256

from as2_server.client import Answer
from as2_server.kind import is_mdn
from as2_server.protocol.digests import Mic
from as2_server.protocol.dispositions import ProtocolError
from as2_server.protocol.fields import Fields, printable
from as2_server.protocol.headers import As2Id
from as2_server.protocol.keys import Certificate
from as2_server.protocol.send import HeaderPairs
from as2_server.protocol.verdict import (
    Confirmed,
    Denied,
    Expected,
    Unproven,
    Verdict,
    judge,
)
from gateway.core.as2 import MdnMode
from gateway.core.as2_sent import MdnVerdict, ReceivedMdn, SentMessage
from gateway.core.desk import sentences
from gateway.core.errors import N_
from gateway.core.model import Problem, Refused, Sent

TRY_LATER = {408, 425, 429}
"""What a client's fault it is not: time-outs and too many requests (RFC 9110, 6585)."""
_OK, _REDIRECT, _CLIENT, _SERVER = 200, 300, 400, 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """Decides for one message; *certificates* are the partner's pinned ones."""

    message: SentMessage
    certificates: Sequence[Certificate]
    digests: frozenset[str]
    now: datetime

    def answer(
        self, answer: Answer
    ) -> tuple[Sent | Refused | None, ReceivedMdn | None]:
        """Return the result of a POST and the MDN that was in the answer.

        The result is None when the message was taken and its asynchronous MDN is due.
        """
        mdn = self._in(answer)
        if mdn and mdn.verdict is MdnVerdict.DENIED:
            return denied(mdn), mdn
        if not _OK <= answer.status < _REDIRECT:
            return _refused(answer), mdn
        if mdn and mdn.verdict is MdnVerdict.CONFIRMED:
            return Sent(mdn.detail), mdn
        match self.message.mdn_mode:
            case MdnMode.NONE:
                return Sent(f"taken with HTTP {answer.status}; no MDN wanted"), mdn
            case MdnMode.ASYNC:
                return None, mdn
            case MdnMode.SYNC:
                return _unproven(mdn.detail if mdn else _no_mdn(answer)), mdn
            case _:
                assert_never(self.message.mdn_mode)

    def mdn(
        self, fields: HeaderPairs, body: bytes, *, later: bool = False
    ) -> ReceivedMdn:
        """Decide what an MDN proves; *later*: it came by its own POST.

        Anybody who knows the Message-ID could post an unsigned one, so later that
        counts only where the owner asked for just that.
        """
        message = self.message
        unsigned_will_do = not message.mdn_signed and (
            message.mdn_mode is MdnMode.ASYNC or not later
        )
        expected = Expected(
            message_id=message.message_id,
            sender=As2Id(message.sender),
            receiver=As2Id(message.receiver),
            mic=Mic.parse(message.mic),
            signed=not unsigned_will_do,
            certificates=self.certificates,
            digests=self.digests,
            mic_required=message.signed,
            again=message.posts > 1,
        )
        verdict = judge(fields, body, expected)
        if later and expected.signed and isinstance(verdict, Denied):
            verdict = _proven_only(verdict)
        return self._recorded(verdict, fields, body)

    def _in(self, answer: Answer) -> ReceivedMdn | None:
        try:
            there = is_mdn(Fields.of(answer.fields), io.BytesIO(answer.body))
        except ProtocolError:
            there = False
        return self.mdn(answer.fields, answer.body) if there else None

    def _recorded(
        self, verdict: Verdict, fields: HeaderPairs, body: bytes
    ) -> ReceivedMdn:
        kind, detail, signer = self._said(verdict)
        detail = "\n".join(map(printable, detail.splitlines()))
        return ReceivedMdn(
            verdict=kind,
            headers=fields,
            body=body,
            received_at=self.now,
            detail=detail,
            signer=signer,
        )

    def _said(self, verdict: Verdict) -> tuple[MdnVerdict, str, bytes]:
        """Return what it proves, in words too, and the certificate that signed it."""
        match verdict:
            case Confirmed(disposition, certificate):
                signer = certificate.der if certificate else b""
                detail = f"{_by(signer)} {disposition.text}, MIC {self.message.mic}"
                return MdnVerdict.CONFIRMED, detail, signer
            case Denied(disposition, text, proven):
                signed = "signed" if proven else "unsigned"
                detail = f"{disposition.text} ({signed})" + (text and f": {text}")
                return MdnVerdict.DENIED, detail, b""
            case Unproven(detail):
                return MdnVerdict.UNPROVEN, detail, b""
            case _:
                assert_never(verdict)


def _proven_only(verdict: Denied) -> Verdict:
    """Let an unsigned no count as little as an unsigned yes would."""
    if verdict.proven:
        return verdict
    return Unproven(f"it is unsigned and says {verdict.disposition.text}")


def denied(mdn: ReceivedMdn) -> Refused:
    """Return the refusal of a message that the partner says it did not take."""
    return Refused(
        Problem(
            "as2-mdn-negative",
            sentences.DENIED(why=mdn.detail),
            "deliver",
            remedy=N_(
                "Settle with the partner what its MDN complains of (certificates, "
                "names, algorithms); then reprocess, which builds a new message."
            ),
        ),
        permanent=True,
    )


def _unproven(why: str) -> Refused:
    problem = Problem(
        "as2-mdn-unproven",
        sentences.UNPROVEN(why=why),
        "deliver",
        remedy=N_(
            "Compare the recipient certificates and AS2 names with the partner's, "
            "and the way in which it is asked for its MDN."
        ),
    )
    return Refused(problem, permanent=False)


def _no_mdn(answer: Answer) -> str:
    kind = answer.field("Content-Type")[:80] or "no content type"
    return f"the answer ({kind}, {len(answer.body)} bytes) is no MDN"


def _refused(answer: Answer) -> Refused:
    status = answer.status
    later = status >= _SERVER or status in TRY_LATER or status < _OK
    remedy = N_("Ask the partner what its server complains of.")
    said = sentences.HTTP_STATUS(status=status)
    if _REDIRECT <= status < _CLIENT:
        target = answer.field("Location")[:200]
        said = sentences.LEADS_ELSEWHERE(status=status, target=repr(target))
        remedy = N_(
            "Enter the address itself as Recipient URL; redirects are not followed."
        )
    elif status in {401, 403, 407}:
        remedy = N_("Check the HTTP user, the password and the client certificate.")
    elif status in {404, 405, 410}:
        remedy = N_("Compare the Recipient URL with the partner's.")
    problem = Problem(
        "as2-http-status",
        said,
        "deliver",
        remedy=remedy,
    )
    return Refused(problem, permanent=not later)


def _by(signer: bytes) -> str:
    """Name the certificate that signed; its bytes come from the settings."""
    if not signer:
        return "unsigned MDN as asked for:"
    certificate = x509.load_der_x509_certificate(signer)
    subject = certificate.subject.rfc4514_string()
    fingerprint = certificate.fingerprint(SHA256()).hex(":").upper()
    return f"MDN verified, signed by {subject} (SHA-256 {fingerprint}):"
