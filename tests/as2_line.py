"""One mailbox's AS2 over real HTTP on loopback, in this process: listener and store."""

import io
import itertools
from collections.abc import AsyncIterator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from as2_builders import Person
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from multidict import CIMultiDict
from sqlalchemy import select

from as2_server.client import HttpClient
from as2_server.handler import Door
from as2_server.late_mdn import LateMdns
from as2_server.mdn_post import HttpMdnPost
from as2_server.message import Means
from as2_server.rejections import Rejections
from as2_server.sender import As2Transport
from as2_server.server import As2Options, listen
from gateway.adapters.blobs import FolderBlobs
from gateway.core.as2 import As2Profile, OwnKeyRecord
from gateway.core.as2_sent import ReceivedMdn, SentMessage
from gateway.core.integration import Integration, Mailbox
from gateway.core.model import (
    BlobRef,
    Channel,
    EnvelopeId,
    FileName,
    Folder,
    MailboxId,
    MessageId,
    Parcel,
    Refused,
    SendResult,
    Sent,
    Top,
    TransferId,
)
from gateway.core.ports import Clock
from gateway.core.retry import RetryPolicy
from gateway.engine.as2_log import StoreAs2Log
from gateway.engine.as2_mdn import AsyncMdns
from gateway.store import integrations, mailboxes, tables
from gateway.store.database import Database
from gateway.store.jobs import Jobs

BOX = MailboxId("0a000000-0000-4000-8000-000000000001")
Pairs = list[tuple[str, str]]
OUR_NAME, PARTNER_NAME = "GATEWAY", "PARTNER"


def key_record(person: Person, clock: Clock) -> OwnKeyRecord:
    """Return the pair as the store keeps it; it signs and decrypts."""
    return OwnKeyRecord(
        uuid=person.name,
        mailbox=BOX,
        private_der=person.key.private_bytes(
            Encoding.DER, PrivateFormat.PKCS8, NoEncryption()
        ),
        certificate_der=person.certificate.public_bytes(Encoding.DER),
        created_at=clock(),
        signs_from=clock(),
    )


def a_profile(partner: Person, **changes: Any) -> As2Profile:
    """Return settings that trust `partner` and take messages of any kind."""
    settings = As2Profile(
        mailbox=BOX,
        self_id=OUR_NAME,
        self_url=f"http://127.0.0.1/as2/{BOX}",
        recipient_id=PARTNER_NAME,
        recipient_url="http://127.0.0.1:9/",
        partner_certificates=[partner.certificate.public_bytes(Encoding.DER)],
        require_signed=False,
        require_encrypted=False,
    )
    return replace(settings, **changes)


@dataclass
class FakeBook:
    """The port As2Book: one mailbox, whose settings a test may exchange."""

    settings: As2Profile
    keys: Sequence[OwnKeyRecord]

    async def profile(self, mailbox: MailboxId) -> As2Profile | None:
        return self.settings if mailbox == BOX else None

    async def own_keys(self, mailbox: MailboxId) -> Sequence[OwnKeyRecord]:
        return self.keys

    async def kept_keys(self, mailbox: MailboxId) -> Sequence[OwnKeyRecord]:
        return await self.own_keys(mailbox)


@dataclass
class Reply:
    """An HTTP answer."""

    status: int
    headers: Pairs
    body: bytes


@dataclass
class PartnerServer:
    """The partner's HTTP server: keeps what is posted, answers as `answers` says.

    *answers* is called with headers and body; without it the answer is an empty 200.
    """

    url: str = ""
    posts: list[tuple[Pairs, bytes]] = field(default_factory=list)
    answers: Any = None

    async def handle(self, request: web.Request) -> web.Response:
        headers = [(n.decode(), v.decode()) for n, v in request.raw_headers]
        body = await request.read()
        self.posts.append((headers, body))
        if self.answers is None:
            return web.Response()
        reply = await self.answers(headers, body)
        return web.Response(
            status=reply.status,
            headers=CIMultiDict(reply.headers),
            body=reply.body,
        )


@asynccontextmanager
async def partner_server(port: int = 0) -> AsyncIterator[PartnerServer]:
    """Serve until the block ends."""
    partner = PartnerServer()
    app = web.Application(client_max_size=4 << 30)
    app.router.add_post("/{tail:.*}", partner.handle)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port)
    await site.start()
    partner.url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    try:
        yield partner
    finally:
        await runner.cleanup()


@dataclass
class FakeSent:
    """The ports SentMessages and MdnDoor, in memory."""

    messages: dict[TransferId, SentMessage] = field(default_factory=dict)
    settled: list[tuple[ReceivedMdn, Sent | Refused | None]] = field(
        default_factory=list
    )

    async def latest(self, transfer: TransferId) -> SentMessage | None:
        return self.messages.get(transfer)

    async def posting(
        self, message: SentMessage, content_key: bytes = b""
    ) -> SentMessage:
        counted = replace(message, posts=message.posts + 1)
        self.messages[message.transfer] = counted
        return counted

    async def answered(self, message: SentMessage, mdn: ReceivedMdn) -> None:
        self.messages[message.transfer] = replace(message, mdn=mdn)

    async def find(
        self, mailbox: MailboxId, message_id: MessageId
    ) -> SentMessage | None:
        found = (m for m in self.messages.values() if m.message_id == message_id)
        return next(found, None)

    async def settle(
        self, message: SentMessage, mdn: ReceivedMdn, result: Sent | Refused | None
    ) -> None:
        self.settled.append((mdn, result))


@dataclass
class As2Line:
    """Both sides of one mailbox; `url` once it listens."""

    db: Database
    folder: Path
    clock: Clock
    book: FakeBook
    client: aiohttp.ClientSession
    url: str = ""
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    sent: FakeSent = field(default_factory=FakeSent)

    def __post_init__(self) -> None:
        self.blobs = FolderBlobs(self.folder / "blobs", self.new_id)
        self.log = StoreAs2Log(self.db, self.clock, self.new_id)
        http = HttpClient(allow_private=True)
        self.mdns = AsyncMdns(
            self.db, self.book, HttpMdnPost(http), RetryPolicy(), self.clock
        )
        self.late = LateMdns(self.sent, self.clock)
        self.transport = As2Transport(
            book=self.book,
            sent=self.sent,
            client=http,
            blobs=self.blobs,
            spool=self.folder / "spool",
            clock=self.clock,
            new_id=self.new_id,
            host="gateway.test",
            contact="as2@gateway.test",
        )

    def new_id(self) -> str:
        return f"00000000-0000-4000-8000-{next(self.numbers):012d}"

    def set(self, **changes: Any) -> None:
        """Change the mailbox's AS2 settings."""
        self.book.settings = replace(self.book.settings, **changes)

    async def send(self, data: bytes, name: str = "order.edi") -> SendResult:
        """Deliver a document to the partner."""
        return await self.transport.send(self.parcel(await self.blobs.put(data), name))

    def parcel(self, blob: BlobRef, name: str = "order.edi") -> Parcel:
        return Parcel(
            transfer=TransferId(self.new_id()),
            envelope=EnvelopeId(self.new_id()),
            mailbox=BOX,
            name=FileName(name),
            folder=Folder(Top.CINBOX),
            blob=blob,
            content_type="application/octet-stream",
        )

    async def post(self, headers: Pairs, body: bytes, path: str = "") -> Reply:
        async with self.client.post(
            path or self.url, data=io.BytesIO(body), headers=CIMultiDict(headers)
        ) as response:
            return Reply(
                response.status, list(response.headers.items()), await response.read()
            )

    async def send_mdns(self) -> int:
        """Do the jobs that send asynchronous MDNs; return how many there were."""
        jobs = Jobs(self.db)
        done = 0
        while found := await jobs.claim("w", self.clock(), timedelta(minutes=5), 9):
            for job in found:
                if job.kind == "as2-mdn":
                    await self.mdns.run(job)
                    done += 1
        return done

    async def rows(self, table: str) -> list[Any]:
        async with self.db.read() as conn:
            found = await conn.execute(select(getattr(tables, table)))
            return list(found.all())

    async def payloads(self, message_id: str) -> list[bytes]:
        """Return what was taken of an accepted message: the bytes that went on."""
        links = {
            r.transfer: r.message for r in await self.rows("as2_message_transfers")
        }
        accepted = {
            row.uuid
            for row in await self.rows("as2_messages")
            if row.accepted_key is not None and row.message_id == message_id
        }
        return [
            self.read(row.sha256, row.size)
            for row in await self.rows("transfers")
            if links.get(row.uuid) in accepted
        ]

    def read(self, sha256: str, size: int) -> bytes:
        return self.blobs.path(BlobRef(sha256, size)).read_bytes()


@asynccontextmanager
async def as2_line(
    db: Database,
    folder: Path,
    clock: Clock,
    us: Person,
    partner: Person,
    **settings: Any,
) -> AsyncIterator[As2Line]:
    """Listen for messages to `us` until the block ends."""
    async with db.write() as conn:
        await mailboxes.add(conn, Mailbox(id=BOX, name="Box", aliases=[]), clock())
        integration = Integration(mailbox=BOX, enabled=True, protocol=Channel.AS2)
        await integrations.put(conn, integration)
    book = FakeBook(a_profile(partner, **settings), [key_record(us, clock)])
    spool = folder / "spool"
    spool.mkdir()
    async with aiohttp.ClientSession(auto_decompress=False) as client:
        line = As2Line(db, folder, clock, book, client)
        with ThreadPoolExecutor(4) as threads:
            means = Means(
                log=line.log,
                blobs=line.blobs,
                new_id=line.new_id,
                spool=spool,
                threads=threads,
                rejections=Rejections(clock),
                max_payload=1 << 30,
            )
            door = Door(
                book=book, means=means, mdn_arrived=line.late.arrived, clock=clock
            )
            options = As2Options(
                host="127.0.0.1", port=0, tls_port=None, tls=None, max_bytes=1 << 30
            )
            server = await listen(door, options)
            line.url = f"http://127.0.0.1:{server.port}/as2/{BOX}"
            try:
                yield line
            finally:
                await server.stop()
