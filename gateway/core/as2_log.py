"""What is remembered of AS2 messages that came in, and of the MDNs they got."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import IO, Protocol

from gateway.core.as2 import As2Profile, OwnKeyRecord
from gateway.core.model import (
    BlobRef,
    FileName,
    MailboxId,
    Problem,
    Refused,
    Sent,
)

HeaderPairs = Sequence[tuple[str, str]]
HEAD_BYTES = 4096
"""How much of a document tells whether it is a native envelope."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """A message as it was posted: its HTTP headers, its raw body.

    *uuid* is our own number for it; *sender* and *receiver* are AS2 names; *raw* is the
    body itself where it is small and kept here, else it is a blob.
    """

    uuid: str
    mailbox: MailboxId
    message_id: str
    sender: str
    receiver: str
    headers: HeaderPairs
    body: BlobRef
    received_at: datetime
    raw: bytes | None = None

    def header(self, name: str) -> str:
        """Return the first value of the header, or the empty string."""
        wanted = name.lower()
        return next((v for n, v in self.headers if n.lower() == wanted), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What was found out about a message.

    *mic* is `base64, algorithm`, empty when nothing was verified; *signer* is the DER
    of the certificate that signed it, None if nobody did; *cipher* is empty for a
    message in clear; *remark* tells an unusual way in which it was made.
    """

    disposition: str
    mic: str = ""
    cipher: str = ""
    signer: bytes | None = None
    remark: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MdnRecord:
    """An MDN as it is sent, byte for byte.

    *url* is where an asynchronous one goes, empty for the answer to the POST itself;
    *signer* is the DER of our certificate that signed it, None for an unsigned one.
    """

    headers: HeaderPairs
    body: bytes
    url: str = ""
    signer: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingPayload:
    """One document of a message.

    *head* is how it begins, HEAD_BYTES of it. Its blob is durable, or it was only laid
    down: then *unsynced* is the document itself, to be kept with the message.
    """

    name: FileName
    content_type: str
    blob: BlobRef
    head: bytes = b""
    unsynced: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """A message that was taken: our number, its MIC, the MDN it got if it got one.

    *first* says whether it was taken just now, not before.
    """

    uuid: str
    mic: str
    mdn: MdnRecord | None
    first: bool


class As2Log(Protocol):
    """The durable memory of received messages (RFC 4130 section 9: duplicates)."""

    async def find(
        self, mailbox: MailboxId, sender: str, message_id: str
    ) -> Accepted | None:
        """Return the message if it was accepted before; a rejected one is none."""
        ...

    async def accept(
        self,
        incoming: Incoming,
        payloads: Sequence[IncomingPayload],
        findings: Findings,
        mdn: MdnRecord | None,
    ) -> Accepted:
        """Take the message, each payload as a transfer; durable when this returns.

        A message that was accepted meanwhile stays as it is and is returned.
        """
        ...

    async def reject(
        self,
        incoming: Incoming,
        problem: Problem,
        findings: Findings,
        mdn: MdnRecord | None,
    ) -> None:
        """Keep the message for inspection as a failed transfer."""
        ...

    async def send_again(self, uuid: str) -> None:
        """Send the asynchronous MDN of an accepted message once more."""
        ...


class MdnPost(Protocol):
    """Carries an asynchronous MDN to the partner."""

    async def post(self, profile: As2Profile, mdn: MdnRecord) -> Sent | Refused:
        """Post it to its address, which may only be on the partner's host."""
        ...


@dataclass(frozen=True, slots=True)
class Placement:
    """Where the document is in what the MIC was taken of.

    *encoding* is its Content-Transfer-Encoding, empty for the bytes themselves. When
    the content is compressed, *pieces* are the (start, size) of the compressed bytes in
    it, and *start* and *size* count in what they inflate to.
    """

    start: int
    size: int
    encoding: str = ""
    pieces: Sequence[tuple[int, int]] = ()


@dataclass(frozen=True, slots=True)
class Exhibit:
    """How openssl can prove who signed a message, and that the document was in it.

    *signature* is CMS in BER, empty when nobody signed; *detached* says that what was
    signed is not in it.
    """

    signature: bytes
    detached: bool
    document: Placement | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What opens a message again: our pairs, or the key of its content."""

    keys: Sequence[OwnKeyRecord] = ()
    content_key: bytes = field(default=b"", repr=False)


class Exhibitor(Protocol):
    """Takes a message apart again, for evidence; blocks."""

    def __call__(
        self,
        headers: HeaderPairs,
        body: IO[bytes],
        opening: Opening,
        signer: bytes | None,
        document: BlobRef | None,
        out: IO[bytes],
    ) -> Exhibit | None:
        """Write to `out` what the MIC was taken of; None if no key opens it any more.

        Of a signed message that is what was signed, byte for byte; *signer* is the
        certificate (DER) that was found to have signed it. *document* is looked for in
        it; an MDN carries none.
        """
        ...
