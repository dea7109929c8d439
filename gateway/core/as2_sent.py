"""A message that we sent by AS2, and the MDN that came for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Protocol

from gateway.core.as2 import MdnMode
from gateway.core.model import (
    BlobRef,
    MailboxId,
    MessageId,
    Refused,
    Sent,
    TransferId,
)

HeaderPairs = Sequence[tuple[str, str]]


UNPROVEN_KEPT = 5
"""MDNs of one message that prove nothing: more than so many leave no trace."""


class MdnVerdict(Enum):
    """What an MDN proves.

    CONFIRMED: the partner has the message; DENIED: it says that it did not take it;
    UNPROVEN: nothing, because it does not verify.
    """

    CONFIRMED = "CONFIRMED"
    DENIED = "DENIED"
    UNPROVEN = "UNPROVEN"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedMdn:
    """An MDN as it came, kept for disputes.

    *detail* says in words what it proves or why not; *signer* is the certificate that
    signed it (DER), empty when it is unsigned or does not verify.
    """

    verdict: MdnVerdict
    headers: HeaderPairs
    body: bytes
    received_at: datetime
    detail: str
    signer: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class SentMessage:
    """A message as it was built: each try posts the same bytes under the same id.

    *generation* counts the messages of one transfer: a new one is built only after the
    partner denied the last. *sender* and *receiver* are AS2 names; *mic* is what the
    MDN must show (`base64, algorithm`), *signed* whether the message is; *headers* are
    all but those of the connection (address, password); *certificates* (DER) are those
    that it was signed and encrypted with; *posts* counts the tries so far, *unproven*
    the MDNs that proved nothing, up to UNPROVEN_KEPT.
    """

    transfer: TransferId
    generation: int
    mailbox: MailboxId
    message_id: MessageId
    sender: str
    receiver: str
    mic: str
    signed: bool
    mdn_mode: MdnMode
    mdn_signed: bool
    headers: HeaderPairs
    body: BlobRef
    certificates: Sequence[bytes]
    built_at: datetime
    posts: int = 0
    unproven: int = 0
    mdn: ReceivedMdn | None = None


class SentMessages(Protocol):
    """The durable memory of what we sent."""

    async def latest(self, transfer: TransferId) -> SentMessage | None:
        """Return the newest message of a transfer; None if none was built yet."""
        ...

    async def posting(
        self, message: SentMessage, content_key: bytes = b""
    ) -> SentMessage:
        """Count one try, before it is made; the first makes the message durable.

        Return what is to be posted: another worker may have built it first. The
        *content_key* of a new message is kept sealed, for evidence.
        """
        ...

    async def answered(self, message: SentMessage, mdn: ReceivedMdn) -> None:
        """Keep the MDN that was the answer to the POST; a confirmation stays."""
        ...


class MdnDoor(Protocol):
    """The second door: where asynchronous MDNs settle deliveries."""

    async def find(
        self, mailbox: MailboxId, message_id: MessageId
    ) -> SentMessage | None:
        """Return the message of this mailbox; None if we never sent it."""
        ...

    async def settle(
        self, message: SentMessage, mdn: ReceivedMdn, result: Sent | Refused | None
    ) -> None:
        """Keep the MDN and settle the delivery, in one transaction.

        *result* None: it proves nothing and only the trace tells of it, as long as
        there were few of the kind. A second copy changes nothing.
        """
        ...
