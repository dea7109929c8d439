"""Taking AS2 messages in: message, documents and MDN in one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gateway.convert.envelope_xml import is_native
from gateway.core.as2_log import (
    Accepted,
    Findings,
    Incoming,
    IncomingPayload,
    MdnRecord,
)
from gateway.core.errors import StorageError
from gateway.core.model import (
    Channel,
    FileName,
    Folder,
    MailboxId,
    Problem,
    Receipt,
    Top,
    TransferId,
    Upload,
)
from gateway.core.ports import Blobs, Clock, NewId
from gateway.engine import notices
from gateway.store import as2_messages, jobs, transfers
from gateway.store.database import Connection, Database

CONTENT_TYPE_MAX = 255
MDN_JOB = "as2-mdn"


@dataclass(frozen=True, slots=True)
class StoreAs2Log:
    """The port As2Log."""

    db: Database
    blobs: Blobs
    clock: Clock
    new_id: NewId

    async def find(
        self, mailbox: MailboxId, sender: str, message_id: str
    ) -> Accepted | None:
        async with self.db.read() as conn:
            return await as2_messages.accepted(conn, mailbox, sender, message_id)

    async def accept(
        self,
        incoming: Incoming,
        payloads: Sequence[IncomingPayload],
        findings: Findings,
        mdn: MdnRecord | None,
    ) -> Accepted:
        uploads = [
            _upload(incoming, one, Top.OUTBOX if is_native(one.head) else Top.COUTBOX)
            for one in payloads
        ]
        line = ("receive", _told(incoming, findings, mdn))
        async with self.db.write() as conn:
            if not await as2_messages.add(conn, incoming, findings, mdn, accept=True):
                return await _before(conn, incoming)
            made = [await self._receive(conn, incoming, one, line) for one in uploads]
            await as2_messages.link(conn, incoming.uuid, made)
            await _schedule(conn, incoming, mdn)
        return Accepted(uuid=incoming.uuid, mic=findings.mic, mdn=mdn, first=True)

    async def reject(
        self,
        incoming: Incoming,
        problem: Problem,
        findings: Findings,
        mdn: MdnRecord | None,
    ) -> None:
        receipt = self._receipt(incoming)
        name = FileName(f"as2-{incoming.uuid}.eml")
        upload = _upload(
            incoming,
            IncomingPayload(
                name=name,
                content_type=incoming.header("Content-Type"),
                blob=incoming.body,
            ),
            Top.COUTBOX,
        )
        at = incoming.received_at
        async with self.db.write() as conn:
            await as2_messages.add(conn, incoming, findings, mdn, accept=False)
            await transfers.refuse(conn, receipt, upload, problem)
            line = ("receive", _told(incoming, findings, mdn))
            await transfers.notes(conn, receipt.id, at, [line])
            await as2_messages.link(conn, incoming.uuid, [receipt.id])
            await notices.failure(
                conn, incoming.mailbox, problem, name.text, receipt.id, at
            )
            await _schedule(conn, incoming, mdn)

    async def send_again(self, uuid: str) -> None:
        async with self.db.write() as conn:
            if await as2_messages.mdn_wanted_again(conn, uuid):
                waiting = await as2_messages.waiting_mdn(conn, uuid)
                lane = waiting.mailbox if waiting else ""
                await jobs.add(conn, MDN_JOB, uuid, self.clock(), lane)

    async def _receive(
        self,
        conn: Connection,
        incoming: Incoming,
        upload: Upload,
        line: tuple[str, str],
    ) -> TransferId:
        receipt = self._receipt(incoming)
        await transfers.receive(conn, receipt, upload, [line])
        return receipt.id

    def _receipt(self, incoming: Incoming) -> Receipt:
        return Receipt(id=TransferId(self.new_id()), received_at=incoming.received_at)


async def _before(conn: Connection, incoming: Incoming) -> Accepted:
    """Return the message whose twin came in at the same time and was first."""
    found = await as2_messages.accepted(
        conn, incoming.mailbox, incoming.sender, incoming.message_id
    )
    if found is None:
        raise StorageError(f"the AS2 message {incoming.message_id} has vanished")
    return found


async def _schedule(
    conn: Connection, incoming: Incoming, mdn: MdnRecord | None
) -> None:
    if mdn and mdn.url:
        due, lane = incoming.received_at, incoming.mailbox
        await jobs.add(conn, MDN_JOB, incoming.uuid, due, lane)


def _upload(incoming: Incoming, payload: IncomingPayload, top: Top) -> Upload:
    return Upload(
        mailbox=incoming.mailbox,
        channel=Channel.AS2,
        name=payload.name,
        folder=Folder(top),
        blob=payload.blob,
        attributes=_attributes(incoming, payload),
    )


def _attributes(incoming: Incoming, payload: IncomingPayload) -> Mapping[str, str]:
    """Return what rules and stylesheets are told of the message."""
    return {
        "as2From": incoming.sender,
        "as2To": incoming.receiver,
        "messageId": incoming.message_id,
        "subject": incoming.header("Subject"),
        "contentType": payload.content_type[:CONTENT_TYPE_MAX],
        "fileName": payload.name.text,
    }


def _told(incoming: Incoming, findings: Findings, mdn: MdnRecord | None) -> str:
    """Describe the message and its MDN for the trace."""
    how = [
        "signed" if findings.signer else "not signed",
        f"encrypted by {findings.cipher}" if findings.cipher else "not encrypted",
    ]
    if findings.remark:
        how.append(findings.remark)
    if mdn is None:
        answer = "no MDN was asked for"
    else:
        way = f"to {mdn.url}" if mdn.url else "in the answer"
        signed = "signed" if mdn.signer else "unsigned"
        answer = f"{signed} MDN {way}: {findings.disposition}"
    return (
        f"AS2 message {incoming.message_id} from {incoming.sender} "
        f"({', '.join(how)}); {answer}"
    )
