"""The nouns of a transfer: frozen values, no I/O, no framework."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from typing import NewType
from unicodedata import category

MailboxId = NewType("MailboxId", str)
TransferId = NewType("TransferId", str)
EnvelopeId = NewType("EnvelopeId", str)
TemplateId = NewType("TemplateId", str)
TemplateVersionId = NewType("TemplateVersionId", str)
RuleId = NewType("RuleId", str)
DictionaryId = NewType("DictionaryId", str)
AttachmentId = NewType("AttachmentId", str)
MessageId = NewType("MessageId", str)

NAME_MAX_BYTES = 255
# control characters, line and paragraph separators, halves of a surrogate pair
CONTROLS = {"Cc", "Zl", "Zp", "Cs"}


class Channel(Enum):
    """How a document enters or leaves."""

    SFTP = "SFTP"
    AS2 = "AS2"


class Direction(Enum):
    """Which way a transfer went, seen from the gateway."""

    RECEIVED = "RECEIVED"
    DELIVERED = "DELIVERED"


class TransferState(Enum):
    """Where a transfer stands.

    RECEIVED PROCESSING PROCESSED FAILED for what came in,
    QUEUED AWAITING_MDN DELIVERED FAILED for what goes out.
    """

    RECEIVED = "RECEIVED"
    PROCESSING = "PROCESSING"
    PROCESSED = "PROCESSED"
    QUEUED = "QUEUED"
    AWAITING_MDN = "AWAITING_MDN"
    DELIVERED = "DELIVERED"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class BlobRef:
    """A stored payload: SHA-256 in lower-case hex, size in bytes."""

    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class FileName:
    """A bare file name: no folders, no control characters, at most 255 bytes."""

    text: str

    def __post_init__(self) -> None:
        if not self.text or self.text in {".", ".."}:
            raise ValueError(f"not a file name: {self.text!r}")
        if "/" in self.text or CONTROLS & set(map(category, self.text)):
            raise ValueError(f"illegal character in file name: {self.text!r}")
        if len(self.text.encode()) > NAME_MAX_BYTES:
            raise ValueError("file name longer than 255 bytes")

    @property
    def temporary(self) -> bool:
        """Whether an upload tool still works on it (SPEC section 5)."""
        lower = self.text.lower()
        return lower.startswith(".") or lower.endswith((".part", ".filepart", ".tmp"))


class Top(Enum):
    """The five folders of an SFTP mailbox."""

    OUTBOX = "outbox"
    COUTBOX = "coutbox"
    INBOX = "inbox"
    CINBOX = "cinbox"
    ERROR = "error"

    @property
    def partner_writes(self) -> bool:
        """Whether a partner's files are accepted (and taken) here."""
        return self in {Top.OUTBOX, Top.COUTBOX}


@dataclass(frozen=True, slots=True)
class Folder:
    """One of the five folders, or a sub-folder of one."""

    top: Top
    parts: tuple[FileName, ...] = ()

    @property
    def text(self) -> str:
        """The path without slashes at its ends: `coutbox/2026/orders`."""
        return "/".join((self.top.value, *(part.text for part in self.parts)))

    @classmethod
    def parse(cls, text: str) -> "Folder":
        """Return the folder that `text` names; ValueError if there can be none."""
        top, *parts = text.split("/")
        return cls(Top(top), tuple(FileName(part) for part in parts))


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a document could not go on, and what to do about it.

    *step* is one of receive, match, read, convert, validate, post, render, deliver;
    *line* counts from 1 in the stylesheet or in the file, as the message says.
    *details* are single messages, each with its place, where there are many.
    """

    code: str
    message: str
    step: str
    rule: RuleId | None = None
    line: int | None = None
    remedy: str = ""
    details: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """What a server hands over: whose, by what way, under what name, which bytes.

    *folder* is where it was put (`outbox` means native envelope XML); *attributes* are
    the transport's own (login, AS2 subject, content type ...), strings to strings.
    """

    mailbox: MailboxId
    channel: Channel
    name: FileName
    folder: Folder
    blob: BlobRef
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """Proof that an upload is on disk and in the database."""

    id: TransferId
    received_at: datetime


# --- Delivery states -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Queued:
    """Waits for its next attempt."""

    attempts: int
    not_before: datetime


@dataclass(frozen=True, slots=True)
class AwaitingMdn:
    """Sent; the partner's asynchronous MDN is due."""

    message: MessageId
    attempts: int
    deadline: datetime


@dataclass(frozen=True, slots=True)
class Delivered:
    """Done; *proof* says in words what proves it (folder entry, verified MDN)."""

    at: datetime
    attempts: int
    proof: str


@dataclass(frozen=True, slots=True)
class Failed:
    """Given up; an operator may reprocess."""

    at: datetime
    attempts: int
    problem: Problem


DeliveryState = Queued | AwaitingMdn | Delivered | Failed


# --- What a transport reports ----------------------------------------------------


@dataclass(frozen=True, slots=True)
class Sent:
    """The partner has it; *proof* says how we know."""

    proof: str


@dataclass(frozen=True, slots=True)
class MdnPending:
    """The partner took the bytes; the MDN may come within *wait*."""

    message: MessageId
    wait: timedelta = timedelta(hours=4)


@dataclass(frozen=True, slots=True)
class Refused:
    """The partner or the network said no."""

    problem: Problem
    permanent: bool


SendResult = Sent | MdnPending | Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """One file on its way to the remote server of one mailbox.

    *envelope* is None for what answers a file: an acknowledgement.
    """

    transfer: TransferId
    envelope: EnvelopeId | None
    mailbox: MailboxId
    name: FileName
    folder: Folder
    blob: BlobRef
    content_type: str = "application/octet-stream"
