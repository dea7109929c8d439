"""A mailbox that delivers by AS2, and the partner's server on loopback."""

import io
import itertools
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from aiohttp import web
from as2_builders import OPEN, Inbox, Person
from as2_station import an_own_key
from fakes import FakeClock
from multidict import CIMultiDict
from sqlalchemy import insert, select

from as2_server.client import HttpClient
from as2_server.late_mdn import LateMdns
from as2_server.protocol.cms.sign import SignWith
from as2_server.protocol.dispositions import PROCESSED, Disposition
from as2_server.protocol.headers import Request, parse_request
from as2_server.protocol.mdn import Report, build_mdn
from as2_server.protocol.messages import Received, Trust
from as2_server.protocol.receive import receive
from as2_server.sender import As2Transport
from gateway.adapters.blobs import FolderBlobs
from gateway.adapters.vault import FileVault
from gateway.core.as2 import As2Profile, OwnKeyRecord
from gateway.core.integration import Integration, Mailbox
from gateway.core.model import (
    Channel,
    EnvelopeId,
    FileName,
    Folder,
    MailboxId,
    Parcel,
    SendResult,
    Top,
    TransferId,
)
from gateway.core.retry import RetryPolicy
from gateway.engine.as2_sent import MdnSettlement, StoredSent
from gateway.engine.delivery import Courier
from gateway.store import deliveries, integrations, mailboxes, tables
from gateway.store.database import Database
from gateway.store.jobs import Job, Jobs

SHOP = MailboxId("0a000000-0000-4000-8000-000000000001")
BOX = MailboxId("0b000000-0000-4000-8000-000000000002")
US, THEM = "Our Shop", "partner"
ORDER = b"UNA:+.? '\nUNB+UNOC:3+1:14+2:14+261012:1530+R1'\nUNZ+1+R1'\n"
Pairs = list[tuple[str, str]]


@dataclass
class Post:
    """A request as the partner's server got it."""

    fields: Pairs
    body: bytes

    @property
    def request(self) -> Request:
        return parse_request(self.fields)

    def field(self, name: str) -> str:
        return self.request.fields.get(name)


@dataclass
class Told:
    """What the partner's server answers."""

    status: int = 200
    fields: Pairs = field(default_factory=list)
    body: bytes = b""


@dataclass
class Partner:
    """Takes messages; answers by the script, then with what `usually` makes."""

    person: Person
    us: Person
    usually: Callable[[Post], Told | None]
    script: deque[Callable[[Post], Told | None]] = field(default_factory=deque)
    posts: list[Post] = field(default_factory=list)
    port: int = 0

    async def handle(self, request: web.Request) -> web.Response:
        fields = [(name, value) for name, value in request.headers.items()]
        self.posts.append(Post(fields, await request.read()))
        answer = self.script.popleft() if self.script else self.usually
        told = answer(self.posts[-1])
        if told is None:  # the line breaks before the answer
            transport = request.transport
            assert transport is not None
            transport.close()
            return web.Response()
        return web.Response(
            status=told.status, headers=CIMultiDict(told.fields), body=told.body
        )

    def opened(self, post: Post) -> tuple[Received, Sequence[bytes]]:
        """Unwrap a message as a good partner does."""
        inbox = Inbox()
        wish = post.request.receipt
        found = receive(
            post.request.fields,
            io.BytesIO(post.body),
            Trust(keys=[self.person.pair], partner=[self.us.pair.certificate]),
            OPEN,
            wish.mics if wish else (),
            inbox.open,
        )
        assert isinstance(found, Received), found
        return found, inbox.payloads

    def mdn(
        self,
        post: Post,
        disposition: Disposition = PROCESSED,
        signer: Person | None = None,
        **changes: Any,
    ) -> Told:
        """Answer with an MDN, signed as asked for; `mic` or `signed` say otherwise."""
        request = post.request
        wish = request.receipt
        signed = changes.pop("signed", bool(wish and wish.signed))
        mic = changes.pop("mic") if "mic" in changes else self.opened(post)[0].mic
        report = Report(
            disposition=disposition,
            original=request.message_id,
            message_id="<mdn@partner>",
            sender=request.receiver,
            receiver=request.sender,
            date=FakeClock.now,
            mic=mic,
        )
        key = (signer or self.person).pair
        sign = SignWith(key, "sha256", FakeClock.now) if signed else None
        made = build_mdn(replace(report, **changes), sign)
        return Told(200, list(made.fields), made.body)


@dataclass
class Book:
    """The port As2Book: one mailbox, one profile."""

    current: As2Profile | None
    keys: Sequence[OwnKeyRecord]

    async def profile(self, _mailbox: MailboxId) -> As2Profile | None:
        return self.current

    async def own_keys(self, _mailbox: MailboxId) -> Sequence[OwnKeyRecord]:
        return self.keys

    async def kept_keys(self, _mailbox: MailboxId) -> Sequence[OwnKeyRecord]:
        return await self.own_keys(_mailbox)


@dataclass
class Sending:
    """Everything between a queued delivery and the partner's server."""

    db: Database
    folder: Path
    clock: FakeClock
    book: Book
    partner: Partner
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self) -> None:
        self.vault = FileVault.create(self.folder / "master.key")
        self.blobs = FolderBlobs(self.folder / "blobs", self.new_id)
        self.spool = self.folder / "spool"
        self.spool.mkdir()
        self.transport = As2Transport(
            book=self.book,
            sent=StoredSent(self.db, self.clock, self.vault),
            client=HttpClient(allow_private=True),
            blobs=self.blobs,
            spool=self.spool,
            clock=self.clock,
            new_id=self.new_id,
            host="shop.example",
            contact="edi@shop.example",
        )
        self.late = LateMdns(MdnSettlement(self.db, self.clock), self.clock)
        self.courier = Courier(
            self.db,
            {Channel.AS2: self.transport},
            lambda _: RetryPolicy(max_attempts=3),
            self.clock,
        )

    def new_id(self) -> str:
        return f"00000000-0000-4000-8000-{next(self.numbers):012d}"

    def configure(self, **changes: Any) -> None:
        assert self.book.current is not None
        self.book.current = replace(self.book.current, **changes)

    async def settle_in(self) -> None:
        async with self.db.write() as conn:
            for box, name in ((SHOP, "Shop"), (BOX, "Partner")):
                await mailboxes.add(conn, Mailbox(id=box, name=name), self.clock())
            integration = Integration(
                mailbox=BOX,
                enabled=True,
                protocol=Channel.AS2,
                notify_email="edi@shop.example",
            )
            await integrations.put(conn, integration)

    async def parcel(self, data: bytes = ORDER, name: str = "order.edi") -> Parcel:
        """Queue a delivery of an envelope that waits for the partner."""
        blob = await self.blobs.put(data)
        envelope, now = EnvelopeId(self.new_id()), self.clock()
        parcel = Parcel(
            transfer=TransferId(self.new_id()),
            envelope=envelope,
            mailbox=BOX,
            name=FileName(name),
            folder=Folder(Top.CINBOX),
            blob=blob,
        )
        async with self.db.write() as conn:
            await conn.execute(
                insert(tables.envelopes).values(
                    uuid=envelope,
                    template="t",
                    template_version="v",
                    subject="",
                    message="",
                    sender=SHOP,
                    status="WAITING",
                    sha256=blob.sha256,
                    size=blob.size,
                    scenario="",
                    reject_reason="",
                    source_index=0,
                    created_at=now,
                )
            )
            await conn.execute(
                insert(tables.mailbox_entries).values(
                    envelope=envelope,
                    mailbox=BOX,
                    scope="inbox",
                    status="WAITING",
                    roles=["b"],
                    status_at=now,
                    created_at=now,
                    how="",
                )
            )
            await deliveries.enqueue(conn, parcel, Channel.AS2, None, now)
        return parcel

    async def claim(self) -> Job | None:
        found = await Jobs(self.db).claim("w", self.clock(), timedelta(minutes=5), 1)
        return found[0] if found else None

    async def deliver(self) -> None:
        """Do the deliveries that are due now."""
        while job := await self.claim():
            if job.kind == "deliver":
                await self.courier.run(job)

    async def send(self, parcel: Parcel) -> SendResult:
        return await self.transport.send(parcel)

    async def arrive(self, told: Told) -> None:
        """Let the partner post an MDN to our Self URL."""
        assert self.book.current is not None
        await self.late.arrived(self.book.current, told.fields, told.body)

    async def transfer(self, parcel: Parcel) -> Any:
        return next(
            row for row in await self.rows("transfers") if row.uuid == parcel.transfer
        )

    async def state(self, parcel: Parcel) -> tuple[str, int]:
        row = await self.transfer(parcel)
        return row.state, row.attempts

    async def rows(self, table: str) -> list[Any]:
        async with self.db.read() as conn:
            found = await conn.execute(select(getattr(tables, table)))
            return list(found.all())

    async def trace(self) -> str:
        return "\n".join(row.detail for row in await self.rows("trace"))


def good(partner: Partner) -> Callable[[Post], Told]:
    """Answer each message with the MDN it asks for, or an empty 200."""

    def answer(post: Post) -> Told:
        wish = post.request.receipt
        return Told() if wish is None or wish.url else partner.mdn(post)

    return answer


@asynccontextmanager
async def sending(
    db: Database, folder: Path, clock: FakeClock, us: Person, them: Person
) -> AsyncIterator[Sending]:
    """Start the partner's server and make the mailbox that delivers to it."""
    partner = Partner(them, us, usually=lambda _: Told())
    partner.usually = good(partner)
    application = web.Application(client_max_size=64 << 20)
    application.router.add_post("/as2", partner.handle)
    runner = web.AppRunner(application, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    partner.port = runner.addresses[0][1]
    profile = As2Profile(
        mailbox=BOX,
        self_id=US,
        self_url=f"https://shop.example/as2/{BOX}",
        recipient_id=THEM,
        recipient_url=f"http://127.0.0.1:{partner.port}/as2",
        partner_certificates=[them.pair.certificate.der],
        timeout=timedelta(seconds=10),
    )
    world = Sending(db, folder, clock, Book(profile, [an_own_key(us, BOX)]), partner)
    await world.settle_in()
    try:
        yield world
    finally:
        await runner.cleanup()
