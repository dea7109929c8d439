"""The desk of evidence: an AS2 transfer as a zip that openssl can check."""

import asyncio
import io
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from gateway.core.as2 import OwnKeyRecord
from gateway.core.as2_log import Exhibitor, HeaderPairs, Opening
from gateway.core.as2_sent import SentMessage
from gateway.core.desk import sentences
from gateway.core.desk.content import Content
from gateway.core.desk.transfers import TransferView
from gateway.core.errors import N_, NotFound, StorageError
from gateway.core.model import BlobRef, TransferId
from gateway.core.ports import As2Book, Blobs, Vault
from gateway.engine.desk.evidence_zip import Case, Signed, write
from gateway.store import as2_messages, as2_sent, transfer_list
from gateway.store.as2_messages import StoredMessage
from gateway.store.database import Database

CHUNK = 1 << 18


@dataclass(frozen=True, slots=True)
class Evidence:
    """Makes the zip in `folder`, in a file without a name."""

    db: Database
    blobs: Blobs
    book: As2Book
    exhibitor: Exhibitor
    folder: Path
    vault: Vault

    async def zip(self, transfer: TransferId) -> Content:
        async with self.db.read() as conn:
            found = await transfer_list.get(conn, transfer)
            received = await as2_messages.of_transfer(conn, transfer)
            sent = await as2_sent.of_transfer(conn, transfer)
            sealed = await as2_sent.sealed_keys(conn, transfer)
        if found is None:
            raise NotFound(sentences.NO_TRANSFER(id=transfer))
        if received is None and not sent:
            raise NotFound(
                N_(
                    "The transfer {transfer} has no AS2 message, so there is no "
                    "evidence beyond its content and trace."
                ).format(transfer=transfer),
                "no-evidence",
            )
        keys = await self.book.kept_keys(found.mailbox) if received else ()
        built = [(one, self._opening(sealed.get(one.message_id))) for one in sent]
        file = await asyncio.to_thread(self._make, found, received, built, keys)
        size = file.seek(0, io.SEEK_END)
        file.seek(0)
        return Content(
            name=f"evidence-{transfer}.zip",
            content_type="application/zip",
            size=size,
            chunks=_chunks(file),
        )

    def _opening(self, sealed: bytes | None) -> Opening:
        key = self.vault.open(sealed, as2_sent.KEY_PURPOSE) if sealed else b""
        return Opening(content_key=key)

    # --- In a thread -----------------------------------------------------------------

    def _make(
        self,
        found: TransferView,
        received: StoredMessage | None,
        sent: Sequence[tuple[SentMessage, Opening]],
        keys: Sequence[OwnKeyRecord],
    ) -> IO[bytes]:
        document = (found.file_name, self.blobs.path(found.blob))
        try:
            with ExitStack() as result, ExitStack() as kept:
                target = result.enter_context(tempfile.TemporaryFile(dir=self.folder))
                work = _Gathering(
                    self.blobs, self.exhibitor, self.folder, found.blob, kept
                )
                cases = [work.sent(*each) for each in sent]
                if received:
                    cases.append(work.received(received, Opening(keys=keys)))
                write(target, document, cases, found.created_at)
                result.pop_all()  # open from now on: the caller reads it
                return target
        except OSError as error:
            raise StorageError(
                f"the evidence of {found.id} cannot be put together: {error.strerror}"
            ) from error


@dataclass(frozen=True, slots=True)
class _Gathering:
    """Takes the messages apart; what that leaves behind goes when `kept` ends."""

    blobs: Blobs
    exhibitor: Exhibitor
    folder: Path
    document: BlobRef
    kept: ExitStack

    def received(self, message: StoredMessage, opening: Opening) -> Case:
        incoming, findings, mdn = message.incoming, message.findings, message.mdn
        body: Path | bytes = self.blobs.path(incoming.body)
        if incoming.raw is not None:
            body = incoming.raw
        answer = None
        if mdn:
            answer = self._signed(mdn.headers, mdn.body, mdn.signer)
        return Case(
            message=self._signed(incoming.headers, body, findings.signer, opening),
            mdn=answer,
            message_id=incoming.message_id,
            mic=findings.mic,
            certificates=[key.certificate_der for key in opening.keys],
            facts={
                "receivedAt": incoming.received_at.isoformat(),
                "mdnSentAt": message.mdn_sent_at and message.mdn_sent_at.isoformat(),
                "mdnUrl": mdn.url if mdn else "",
                "as2From": incoming.sender,
                "as2To": incoming.receiver,
                "disposition": findings.disposition,
                "encryption": findings.cipher,
                "remark": findings.remark,
            },
        )

    def sent(self, message: SentMessage, opening: Opening) -> Case:
        mdn, answer = message.mdn, None
        if mdn:
            answer = self._signed(mdn.headers, mdn.body, mdn.signer or None)
        signer = message.certificates[0] if message.signed else None
        body = self.blobs.path(message.body)
        return Case(
            message=self._signed(message.headers, body, signer, opening),
            mdn=answer,
            message_id=message.message_id,
            mic=message.mic,
            certificates=message.certificates,
            facts=_sent_facts(message),
        )

    def _signed(
        self,
        headers: HeaderPairs,
        body: Path | bytes,
        signer: bytes | None,
        opening: Opening | None = None,
    ) -> Signed:
        """Take a message apart, or (without an opening) an MDN."""
        file = tempfile.NamedTemporaryFile(dir=self.folder)  # noqa: SIM115 - `kept` closes it
        content = self.kept.enter_context(file)
        with body.open("rb") if isinstance(body, Path) else io.BytesIO(body) as raw:
            exhibit = self.exhibitor(
                headers,
                raw,
                opening or Opening(),
                signer,
                self.document if opening else None,
                content,
            )
        content.flush()
        return Signed(
            headers=headers,
            body=body,
            signer=signer,
            content=Path(content.name) if exhibit else None,
            exhibit=exhibit,
        )


def _sent_facts(message: SentMessage) -> Mapping[str, object]:
    mdn = message.mdn
    return {
        "builtAt": message.built_at.isoformat(),
        "posts": message.posts,
        "as2From": message.sender,
        "as2To": message.receiver,
        "mdn": message.mdn_mode.value,
        "mdnReceivedAt": mdn.received_at.isoformat() if mdn else None,
        "verdict": mdn.verdict.value if mdn else None,
        "detail": mdn.detail if mdn else "",
    }


async def _chunks(file: IO[bytes]) -> AsyncIterator[bytes]:
    with file:
        while data := await asyncio.to_thread(file.read, CHUNK):
            yield data
