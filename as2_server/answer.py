"""The MDN for a message: whether one is wanted, signed by whom, with which digest."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from as2_server.protocol.cms.sign import SignWith
from as2_server.protocol.digests import DEFAULT, Mic, strongest
from as2_server.protocol.dispositions import Disposition
from as2_server.protocol.headers import Request
from as2_server.protocol.keys import KeyPair
from as2_server.protocol.mdn import Report, build_mdn
from gateway.core.as2_log import MdnRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Answering:
    """How this message is to be answered.

    *url* is the checked address of an asynchronous MDN, empty for a synchronous one;
    *key* None when the MDN may not or need not be signed; *number* makes a unique
    Message-ID.
    """

    request: Request
    url: str
    key: KeyPair | None
    digests: frozenset[str]
    now: datetime
    number: Callable[[], str]

    def mdn(self, disposition: Disposition, mic: Mic | None = None) -> MdnRecord | None:
        """Return the MDN; None if the sender wants none."""
        request, wish = self.request, self.request.receipt
        if wish is None:
            return None
        report = Report(
            disposition=disposition,
            original=request.message_id,
            message_id=self.number(),
            sender=request.receiver,
            receiver=request.sender,
            date=self.now,
            mic=mic,
        )
        signed_by = self._signing(mic)
        made = build_mdn(report, signed_by)
        certificate = signed_by.key.certificate.der if signed_by else None
        return MdnRecord(
            headers=made.fields, body=made.body, url=self.url, signer=certificate
        )

    def _signing(self, mic: Mic | None) -> SignWith | None:
        """Sign with the MIC's digest: it is the strongest that both sides take."""
        wish = self.request.receipt
        if self.key is None or wish is None or not wish.signed:
            return None
        best = strongest(wish.mics, self.digests)
        digest = best.digest if best else (mic.digest if mic else DEFAULT)
        return SignWith(self.key, digest, self.now)
