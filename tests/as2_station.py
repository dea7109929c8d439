"""A real AS2 listener over a real database, and a partner who posts to it."""

import io
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from uuid import UUID

import aiohttp
from as2_builders import NOW, Person, a_wire
from cryptography.hazmat.primitives import serialization as form
from sqlalchemy import insert, select
from yarl import URL

from as2_server.handler import Door
from as2_server.message import Means
from as2_server.protocol.headers import As2Id
from as2_server.protocol.send import Addressing, Receipt
from as2_server.protocol.verdict import Expected, Verdict, judge
from as2_server.rejections import Rejections
from as2_server.server import As2Options, As2Server, listen
from gateway.adapters.blobs import FolderBlobs
from gateway.core.as2 import As2Profile, OwnKeyRecord
from gateway.core.model import MailboxId
from gateway.core.ports import Clock
from gateway.engine.as2_log import StoreAs2Log
from gateway.store.database import Database
from gateway.store.tables import as2_messages, jobs, mailboxes, transfers

BOX = MailboxId("7d5f3c1e-0000-4000-8000-00000000b0b1")
SIGNED = Receipt()
_NUMBERS = count(1)
ANN, BOB = As2Id("Ann Ltd"), As2Id("bob")


def new_id() -> str:
    return str(UUID(int=next(_NUMBERS)))


def an_own_key(person: Person, mailbox: MailboxId = BOX) -> OwnKeyRecord:
    private = person.key.private_bytes(
        form.Encoding.DER, form.PrivateFormat.PKCS8, form.NoEncryption()
    )
    return OwnKeyRecord(
        uuid=new_id(),
        mailbox=mailbox,
        private_der=private,
        certificate_der=person.certificate.public_bytes(form.Encoding.DER),
        created_at=NOW,
        signs_from=NOW,
    )


def a_profile(partner: Person, **changes: object) -> As2Profile:
    profile = As2Profile(
        mailbox=BOX,
        self_id=BOB.text,
        self_url=f"http://localhost/as2/{BOX}",
        recipient_id=ANN.text,
        recipient_url="http://127.0.0.1:9/as2",
        partner_certificates=[partner.pair.certificate.der],
    )
    return replace(profile, **changes)  # type: ignore[arg-type] - a test's own


@dataclass
class FakeBook:
    """The port As2Book over two dictionaries."""

    profiles: dict[MailboxId, As2Profile]
    keys: dict[MailboxId, Sequence[OwnKeyRecord]]

    async def profile(self, mailbox: MailboxId) -> As2Profile | None:
        return self.profiles.get(mailbox)

    async def own_keys(self, mailbox: MailboxId) -> Sequence[OwnKeyRecord]:
        return self.keys[mailbox]

    async def kept_keys(self, mailbox: MailboxId) -> Sequence[OwnKeyRecord]:
        return await self.own_keys(mailbox)


@dataclass
class Reply:
    """An HTTP response."""

    status: int
    fields: Sequence[tuple[str, str]]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def disposition(self) -> str:
        line = next(x for x in self.text.splitlines() if x.startswith("Disposition:"))
        return line.partition(";")[2].strip()


@dataclass
class Station:
    """Bob's gateway and Ann, who sends to it."""

    server: As2Server
    book: FakeBook
    db: Database
    blobs: FolderBlobs
    log: StoreAs2Log
    door: Door
    ann: Person
    bob: Person
    spool: Path
    mdns: list[bytes] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.port}/as2/{BOX}"

    def configure(self, **changes: object) -> None:
        profile = self.book.profiles[BOX]
        self.book.profiles[BOX] = replace(profile, **changes)  # type: ignore[arg-type] - a test's own

    async def request(
        self,
        method: str = "POST",
        url: str = "",
        headers: Sequence[tuple[str, str]] = (),
        **options: object,
    ) -> Reply:
        data = options.get("data")
        if isinstance(data, bytes):
            options["data"] = io.BytesIO(data)
        async with (
            aiohttp.ClientSession(auto_decompress=False) as session,
            session.request(
                method,
                URL(url or self.url, encoded=True),
                headers=list(headers),
                **options,  # type: ignore[arg-type] - a test's own
            ) as response,
        ):
            body = await response.read()
            return Reply(response.status, list(response.headers.items()), body)

    def message(
        self,
        data: bytes = b"UNB+UNOA'",
        receipt: Receipt | None = SIGNED,
        *,
        message_id: str = "<1@ann>",
        sender: As2Id = ANN,
        receiver: As2Id = BOB,
        signer: Person | None = None,
        plain: bool = False,
        **wire: object,
    ) -> tuple[list[tuple[str, str]], "bytes", Expected]:
        """Build a message of Ann's: headers, body, and what its MDN must say."""
        people = (None, None) if plain else (signer or self.ann, self.bob)
        wire_ = a_wire(data, *people, **wire)  # type: ignore[arg-type] - a test's own
        addressing = Addressing(
            message_id=message_id,
            sender=sender,
            receiver=receiver,
            date=NOW,
            subject="order",
            receipt=receipt,
        )
        expected = Expected(
            message_id=message_id,
            sender=sender,
            receiver=receiver,
            mic=wire_.built.mic,
            signed=bool(receipt and receipt.signed),
            certificates=[self.bob.pair.certificate],
        )
        return [*addressing.fields(), *wire_.built.fields], wire_.body, expected

    async def send(self, data: bytes = b"UNB+UNOA'", **options: object) -> Reply:
        headers, body, _ = self.message(data, **options)  # type: ignore[arg-type] - a test's own
        return await self.request(headers=headers, data=body)

    async def sent(
        self, data: bytes = b"UNB+UNOA'", **options: object
    ) -> tuple[Reply, Verdict]:
        """Send and judge the MDN in the answer."""
        headers, body, expected = self.message(data, **options)  # type: ignore[arg-type] - a test's own
        reply = await self.request(headers=headers, data=body)
        return reply, judge(reply.fields, reply.body, expected)

    async def rows(self, table: str) -> list[Mapping[str, object]]:
        known = {"transfers": transfers, "messages": as2_messages, "jobs": jobs}
        async with self.db.read() as conn:
            found = await conn.execute(select(known[table]))
            return [dict(row) for row in found.mappings()]

    async def transfers(self) -> list[Mapping[str, object]]:
        found = await self.rows("transfers")
        return sorted(found, key=lambda row: str(row["file_name"]))

    def content(self, row: Mapping[str, object]) -> bytes:
        digest = str(row["sha256"])
        return (self.blobs.root / digest[:2] / digest).read_bytes()


@asynccontextmanager
async def a_station(
    db: Database, folder: Path, clock: Clock, ann: Person, bob: Person, **options: int
):
    async with db.write() as conn:
        await conn.execute(
            insert(mailboxes).values(uuid=BOX, name="Bob", created_at=clock())
        )
    blobs = FolderBlobs(folder / "blobs", new_id)
    spool = folder / "as2-spool"
    spool.mkdir()
    log = StoreAs2Log(db, clock, new_id)
    book = FakeBook({BOX: a_profile(ann)}, {BOX: [an_own_key(bob)]})
    mdns: list[bytes] = []

    async def arrived(_profile: As2Profile, _headers: object, body: bytes) -> None:
        mdns.append(body)

    with ThreadPoolExecutor(2) as threads:
        door = Door(
            book=book,
            means=Means(
                log=log,
                blobs=blobs,
                new_id=new_id,
                spool=spool,
                threads=threads,
                rejections=Rejections(clock),
                max_payload=options.pop("max_payload", 64 << 20),
            ),
            mdn_arrived=arrived,
            clock=clock,
        )
        settings = As2Options(
            host="127.0.0.1",
            port=0,
            tls_port=None,
            tls=None,
            **{"max_bytes": 64 << 20, "grace": 1, **options},
        )
        server = await listen(door, settings)
        try:
            yield Station(server, book, db, blobs, log, door, ann, bob, spool, mdns)
        finally:
            await server.stop()
