"""The narrow interfaces between the gateway and everything around it."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

from gateway.core.as2 import As2Profile, OwnKeyRecord
from gateway.core.model import (
    BlobRef,
    FileName,
    Folder,
    MailboxId,
    Parcel,
    Receipt,
    SendResult,
    TransferId,
    Upload,
)

Clock = Callable[[], datetime]
NewId = Callable[[], str]


# --- Bytes ---------------------------------------------------------------------------


class BlobWriter(Protocol):
    """Takes the bytes of one payload; nothing is visible before commit."""

    async def write(self, data: bytes) -> None: ...
    async def commit(self) -> BlobRef: ...


class Blobs(Protocol):
    """Durable payloads by digest."""

    def writer(self) -> AbstractAsyncContextManager[BlobWriter]: ...

    async def put(self, data: bytes) -> BlobRef:
        """Store `data` whole; durable when this returns."""
        ...

    def put_here(self, data: bytes) -> BlobRef:
        """Do as put() does, in the thread that calls."""
        ...

    def lay_here(self, data: bytes) -> BlobRef:
        """Store a few bytes; not durable yet, so a row must hold them, too."""
        ...

    async def adopt(self, file: Path, *, keep: bool = False) -> BlobRef:
        """Take over a finished spool file: digest, fsync, rename; `file` is gone.

        With `keep` it stays, as a second name of the blob, for the caller to remove
        once the reference is committed.
        """
        ...

    def read(self, ref: BlobRef) -> AsyncIterator[bytes]: ...
    def path(self, ref: BlobRef) -> Path: ...


class Vault(Protocol):
    """Secrets under the appliance's master key (AES-256-GCM; HMAC-SHA256)."""

    def seal(self, secret: bytes, purpose: str) -> bytes: ...

    def open(self, sealed: bytes, purpose: str) -> bytes:
        """Return the secret; StorageError if it was sealed otherwise."""
        ...

    def sign(self, message: bytes, purpose: str) -> bytes: ...


# --- The way of a document -----------------------------------------------------------


class Intake(Protocol):
    """The one door through which documents enter."""

    async def receive(self, upload: Upload) -> Receipt:
        """Return only when a power cut can no longer lose the document."""
        ...


class Transport(Protocol):
    """Carries one file to one remote server; returns what the other side said."""

    async def send(self, parcel: Parcel) -> SendResult: ...


Resolver = Callable[
    [Sequence[tuple[str, Sequence[str]]]], Awaitable[Sequence[str | None]]
]
"""Answers look-ups of a stylesheet, each (function name, arguments): text or None."""


# --- The SFTP mailbox ----------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class SftpAccount:
    """Who a login is: integration on, protocol SFTP."""

    mailbox: MailboxId
    public_keys: Sequence[str] = ()
    allowed_addresses: Sequence[str] = ()


class Gate(Protocol):
    """Who may connect."""

    async def account(self, login: str) -> SftpAccount | None:
        """Return the account; None when unknown, switched off or not SFTP."""
        ...

    async def password_ok(self, mailbox: MailboxId, password: str) -> bool:
        """Compare in constant time."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A file or folder as a listing shows it; *blob* is None while partial."""

    name: FileName
    is_folder: bool
    size: int
    modified_at: datetime
    blob: BlobRef | None = None


@dataclass(frozen=True, slots=True)
class Spool:
    """An upload in progress: its entry's number, the file its bytes go to."""

    entry: int
    file: Path


class Folders(Protocol):
    """The virtual tree of a mailbox (DESIGN decision 1).

    Each method raises a Refusal: NotFound, Conflict (name taken, folder not empty),
    Forbidden (this folder is the gateway's) or QuotaExceeded.
    """

    async def stat(
        self, mailbox: MailboxId, folder: Folder, name: FileName
    ) -> Entry: ...

    async def entries(
        self, mailbox: MailboxId, folder: Folder, after: FileName | None = None
    ) -> Sequence[Entry]:
        """Return the next entries by name, those behind `after`; none at the end."""
        ...

    async def make_folder(
        self, mailbox: MailboxId, folder: Folder, name: FileName
    ) -> None: ...
    async def remove(
        self, mailbox: MailboxId, folder: Folder, name: FileName, *, is_folder: bool
    ) -> None: ...
    async def rename(
        self,
        mailbox: MailboxId,
        source: tuple[Folder, FileName],
        target: tuple[Folder, FileName],
        *,
        replace: bool,
        attributes: Mapping[str, str],
    ) -> Receipt | None:
        """Move an entry; a receipt if its new name or place made it be taken."""
        ...

    async def touch(
        self, mailbox: MailboxId, folder: Folder, name: FileName, at: datetime
    ) -> None: ...

    async def usage(self, mailbox: MailboxId) -> tuple[int, int]:
        """Return bytes used and bytes allowed (0: no limit)."""
        ...


class Uploads(Protocol):
    """Partial files: made by an open, finished only by a CLOSE the client sent."""

    async def begin(
        self,
        mailbox: MailboxId,
        folder: Folder,
        name: FileName,
        *,
        create: bool,
        truncate: bool,
        exclusive: bool,
    ) -> Spool:
        """Make or reopen a partial entry; what is there stays unless `truncate`.

        The caller sees to it that only one handle writes to an entry at a time.
        """
        ...

    async def finish(
        self,
        spool: Spool,
        attributes: Mapping[str, str],
        modified_at: datetime | None = None,
    ) -> Receipt | None:
        """Make the file durable; a receipt if it was taken, None if it rests.

        Nothing may write to the spool file any more, whatever comes of this.
        """
        ...


class Deposits(Protocol):
    """The gateway's own writes into a mailbox's folders: atomic, final name."""

    async def place(
        self,
        mailbox: MailboxId,
        folder: Folder,
        name: FileName,
        blob: BlobRef,
        delivery: TransferId,
    ) -> FileName:
        """Add the file once per `delivery`; a taken name gets the time appended."""
        ...


# --- Mail ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A notification to be sent: *kind* is its template, *data* what that shows.

    *id* stays the same over retries, so a receiver can tell a repetition.
    """

    id: str
    to: Sequence[str]
    kind: str
    data: Mapping[str, object]
    at: datetime


@dataclass(frozen=True, slots=True)
class MailSent:
    """The mail server has it; *note* names addressees it refused for good.

    *answer* is what it said when it took the mail.
    """

    note: str = ""
    answer: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class MailRefused:
    """The mail server or the network said no.

    *left* are the addressees that have not got it when some have; empty means all.
    """

    reason: str
    permanent: bool
    left: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class NoMailServer:
    """None is configured, so mails wait."""


MailResult = MailSent | MailRefused | NoMailServer


class Mailer(Protocol):
    """Sends notifications."""

    async def send(self, letter: Letter) -> MailResult: ...


# --- AS2 -----------------------------------------------------------------------------


class As2Book(Protocol):
    """Who may exchange by AS2, how, and with which keys."""

    async def profile(self, mailbox: MailboxId) -> As2Profile | None:
        """Return the settings; None when unknown, switched off or not AS2."""
        ...

    async def own_keys(self, mailbox: MailboxId) -> Sequence[OwnKeyRecord]:
        """Return the mailbox's pairs, the oldest first, retired ones left out."""
        ...

    async def kept_keys(self, mailbox: MailboxId) -> Sequence[OwnKeyRecord]:
        """Return the retired ones too: they open old messages, for evidence alone."""
        ...
