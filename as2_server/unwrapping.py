"""The work on one message that needs the processor: it runs in a thread."""

import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from as2_server.answer import Answering
from as2_server.protocol.dispositions import PROCESSED, UNEXPECTED_ERROR
from as2_server.protocol.fields import Fields
from as2_server.protocol.messages import Policy, Received, Rejected, Trust
from as2_server.protocol.receive import receive
from as2_server.spool import IN_MEMORY, INLINE, Spool
from gateway.core.as2_log import Findings, MdnRecord
from gateway.core.errors import GatewayError
from gateway.core.model import BlobRef
from gateway.core.ports import Blobs

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Kept:
    """A payload of what is received: how it begins, its blob unless it is large.

    *unsynced* is the payload itself while its blob is not durable.
    """

    head: bytes
    blob: BlobRef | None
    unsynced: bytes | None


@dataclass(slots=True, kw_only=True)
class Unwrapping:
    """One message on its way through the layers; its payloads go to spools.

    *open_spool* begins a spool, *new_incident* makes a number for the log; *kept* is
    what became of each payload; *raw* is the body itself if it is small, with its
    SHA-256 in hex.
    """

    fields: Fields
    body: Spool
    trust: Trust
    policy: Policy
    answering: Answering
    blobs: Blobs
    open_spool: Callable[[], Spool]
    new_incident: Callable[[], str]
    payloads: list[Spool] = field(default_factory=list)
    kept: list[Kept] = field(default_factory=list)
    raw: bytes | None = None
    raw_digest: str = ""

    def run(self) -> tuple[Received | Rejected, Findings, MdnRecord | None]:
        """Return what became of the message, and the MDN that says so.

        Raises GatewayError when our disk fails: that is no fault of the message's.
        """
        result = self._unwrapped()
        if isinstance(result, Received):
            self.kept = [self._kept(spool) for spool in self.payloads]
            self.raw = self.body.small(INLINE)
            self.raw_digest = hashlib.sha256(self.raw or b"").hexdigest()
        return result, findings(result), answered(result, self.answering)

    async def close(self) -> None:
        """Remove what the payloads left on disk."""
        for spool in self.payloads:
            await spool.discard()

    def _kept(self, spool: Spool) -> Kept:
        head = spool.head()
        data = spool.small(IN_MEMORY)
        if data is None:
            return Kept(head, None, None)
        if len(data) > INLINE:
            return Kept(head, self.blobs.put_here(data), None)
        return Kept(head, self.blobs.lay_here(data), data)

    def _unwrapped(self) -> Received | Rejected:
        wish = self.answering.request.receipt
        try:
            return receive(
                self.fields,
                self.body,
                self.trust,
                self.policy,
                wish.mics if wish else (),
                self._open,
            )
        except GatewayError:
            raise
        except Exception:
            incident = self.new_incident()
            log.exception(
                "an AS2 message could not be unwrapped: incident %s", incident
            )
            return Rejected(
                UNEXPECTED_ERROR,
                f"The gateway failed; its log says why under incident {incident}.",
            )

    def _open(self, index: int) -> Spool:
        """Begin payload `index`, once more if the message is read a second time."""
        for spool in self.payloads[index:]:
            spool.close()
        del self.payloads[index:]
        self.payloads.append(self.open_spool())
        return self.payloads[-1]


def findings(result: Received | Rejected) -> Findings:
    if isinstance(result, Rejected):
        return Findings(disposition=result.disposition.text)
    return Findings(
        disposition=PROCESSED.text,
        mic=result.mic.text,
        cipher=result.cipher,
        signer=result.signer.der if result.signer else None,
        remark=result.remark,
    )


def answered(result: Received | Rejected, answering: Answering) -> MdnRecord | None:
    if isinstance(result, Rejected):
        return answering.mdn(result.disposition)
    return answering.mdn(PROCESSED, result.mic)
