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
from gateway.core.ports import Clock, NewId
from gateway.engine import notices
from gateway.engine.gathering import Gathering
from gateway.store import as2_messages, jobs, transfers, unsynced
from gateway.store.database import Connection, Database
from gateway.store.transfers import Arrival

CONTENT_TYPE_MAX = 255
MDN_JOB = "as2-mdn"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Taking:
    """A message that is to be accepted, with what it becomes."""

    incoming: Incoming
    findings: Findings
    mdn: MdnRecord | None
    arrived: Sequence[Arrival]
    unsynced: Mapping[str, bytes]

    @property
    def message(self) -> tuple[Incoming, Findings, MdnRecord | None]:
        return self.incoming, self.findings, self.mdn

    @property
    def links(self) -> Sequence[tuple[str, TransferId]]:
        return [(self.incoming.uuid, one.receipt.id) for one in self.arrived]

    def accepted(self, *, first: bool) -> Accepted:
        mic = self.findings.mic
        return Accepted(uuid=self.incoming.uuid, mic=mic, mdn=self.mdn, first=first)


class StoreAs2Log:
    """The port As2Log; messages that come together are written together."""

    def __init__(self, db: Database, clock: Clock, new_id: NewId) -> None:
        self._db = db
        self._clock = clock
        self._new_id = new_id
        self._gathering: Gathering[_Taking, Accepted] = Gathering(self._take)

    async def find(
        self, mailbox: MailboxId, sender: str, message_id: str
    ) -> Accepted | None:
        async with self._db.read() as conn:
            return await as2_messages.accepted(conn, mailbox, sender, message_id)

    async def accept(
        self,
        incoming: Incoming,
        payloads: Sequence[IncomingPayload],
        findings: Findings,
        mdn: MdnRecord | None,
    ) -> Accepted:
        line = ("receive", _told(incoming, findings, mdn))
        arrived = [
            Arrival(self._receipt(incoming), _upload(incoming, one, _top(one)), [line])
            for one in payloads
        ]
        taking = _Taking(
            incoming=incoming,
            findings=findings,
            mdn=mdn,
            arrived=arrived,
            unsynced={
                one.blob.sha256: one.unsynced
                for one in payloads
                if one.unsynced is not None
            },
        )
        return await self._gathering.do(taking)

    async def _take(self, batch: Sequence[_Taking]) -> Sequence[Accepted]:
        if len(batch) == 1:
            return [await self._take_one(batch[0])]
        async with self._db.write() as conn:
            known = dict(
                await as2_messages.accepted_among(conn, [one.incoming for one in batch])
            )
            fresh, answers = [], []
            for one in batch:
                key = as2_messages.key(one.incoming)
                if key not in known:
                    fresh.append(one)
                    answers.append(one.accepted(first=True))
                else:
                    answers.append(known[key])
                known.setdefault(key, one.accepted(first=False))
            if fresh:  # another node's twin is an error here; then one by one
                messages = [one.message for one in fresh]
                await as2_messages.add_accepted(conn, messages)
                await _write(conn, fresh)
        return answers

    async def _take_one(self, one: _Taking) -> Accepted:
        async with self._db.write() as conn:
            if not await as2_messages.add(conn, *one.message, accept=True):
                return await _before(conn, one.incoming)
            await _write(conn, [one])
        return one.accepted(first=True)

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
        async with self._db.write() as conn:
            await as2_messages.add(conn, incoming, findings, mdn, accept=False)
            await transfers.refuse(conn, receipt, upload, problem)
            line = ("receive", _told(incoming, findings, mdn))
            await transfers.notes(conn, receipt.id, at, [line])
            await as2_messages.link(conn, [(incoming.uuid, receipt.id)])
            await notices.failure(
                conn, incoming.mailbox, problem, name.text, receipt.id, at
            )
            await _schedule(conn, incoming, mdn)

    async def send_again(self, uuid: str) -> None:
        async with self._db.write() as conn:
            if await as2_messages.mdn_wanted_again(conn, uuid):
                waiting = await as2_messages.waiting_mdn(conn, uuid)
                lane = waiting.mailbox if waiting else ""
                await jobs.add(conn, MDN_JOB, uuid, self._clock(), lane)

    def _receipt(self, incoming: Incoming) -> Receipt:
        return Receipt(id=TransferId(self._new_id()), received_at=incoming.received_at)


async def _write(conn: Connection, taken: Sequence[_Taking]) -> None:
    """Write what accepted messages become, and have their MDNs sent."""
    await transfers.receive_all(conn, [one for each in taken for one in each.arrived])
    await as2_messages.link(conn, [link for each in taken for link in each.links])
    laid = {digest: data for each in taken for digest, data in each.unsynced.items()}
    await unsynced.add(conn, laid, taken[0].incoming.received_at)
    for each in taken:
        await _schedule(conn, each.incoming, each.mdn)


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


def _top(payload: IncomingPayload) -> Top:
    return Top.OUTBOX if is_native(payload.head) else Top.COUTBOX


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
