"""The whole line over a real database, real files and real conversion workers."""

import itertools
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from fakes import FakeClock
from sqlalchemy import select

from gateway.adapters.blobs import FolderBlobs
from gateway.convert.pool import Converter
from gateway.core.integration import Integration, Mailbox, Settings
from gateway.core.model import (
    BlobRef,
    Channel,
    FileName,
    Folder,
    MailboxId,
    Parcel,
    RuleId,
    SendResult,
    TemplateId,
    TemplateVersionId,
    TransferId,
    Upload,
)
from gateway.core.retry import RetryPolicy
from gateway.core.rules import Level, Match, MatchKind, Rule, RuleDirection
from gateway.engine.acknowledging import Acknowledger
from gateway.engine.archives import Archives
from gateway.engine.conversion import Conversions
from gateway.engine.delivery import Courier
from gateway.engine.deposits import MailboxDeposits
from gateway.engine.dispatch import Dispatcher
from gateway.engine.drafts import Drafts
from gateway.engine.intake import StoreIntake
from gateway.engine.lookups import Lookups
from gateway.engine.pipeline import Router
from gateway.engine.printing import Printer
from gateway.store import integrations, mailboxes, rules, settings, tables, templates
from gateway.store.database import Database
from gateway.store.jobs import Job, Jobs
from sftp_server.transport import SftpFolder

SHOP = MailboxId("0a000000-0000-4000-8000-000000000001")
SUPPLIER = MailboxId("0b000000-0000-4000-8000-000000000002")
TEMPLATE = TemplateId("0c000000-0000-4000-8000-000000000003")
VERSION = TemplateVersionId("0c000000-0000-4000-8000-000000000004")
TEMPLATE_XML = """<template name="Order"><documents><document id="d" name="Order"><body>
<field type="text" name="NUMBER" required="true" roleId="a"/>
<field type="date" name="DATE"/>
<field type="attachment" name="FILE"/>
</body></document></documents>
<flow><roles><role id="a" order="1"/><role id="b" order="2"/></roles></flow></template>
"""
XSL = 'xmlns:xsl="http://www.w3.org/1999/XSL/Transform"'


def stylesheet(body: str, version: str = "2.0", more: str = "") -> str:
    return (
        f'<xsl:stylesheet version="{version}" {XSL} {more}>'
        f'<xsl:template match="/">{body}</xsl:template></xsl:stylesheet>'
    )


def envelope(
    number: str = "4711", recipient: str = SUPPLIER, more: str = "", head: str = ""
) -> str:
    return (
        f'<envelope templateUuid="{TEMPLATE}" {head}><info><subject>Order</subject>'
        f'</info><flow><roles><role id="b" mailboxUuid="{recipient}"/></roles></flow>'
        f'<documents><document id="d"><field name="NUMBER">{number}</field>{more}'
        "</document></documents></envelope>"
    )


TO_ENVELOPE = stylesheet(envelope("<xsl:value-of select='//BGM02'/>"))
TO_ERP = stylesheet("<po><xsl:value-of select=\"//field[@name='NUMBER']\"/></po>")


@dataclass
class ScriptedTransport:
    """Answers with the scripted results in order and records what it was given."""

    script: deque[SendResult] = field(default_factory=deque)
    sent: list[Parcel] = field(default_factory=list)

    async def send(self, parcel: Parcel) -> SendResult:
        self.sent.append(parcel)
        return self.script.popleft()


@dataclass
class Line:
    db: Database
    data: Path
    clock: FakeClock
    pool: Converter
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self) -> None:
        self.blobs = FolderBlobs(self.data / "blobs", self.new_id)
        conversions = Conversions(self.blobs, self.pool, Lookups(self.db, self.clock))
        self.drafts = Drafts(self.db, self.blobs, self.new_id)
        self.as2 = ScriptedTransport()
        sftp = SftpFolder(MailboxDeposits(self.db, self.clock))
        transports = {Channel.SFTP: sftp, Channel.AS2: self.as2}
        policy = RetryPolicy(max_attempts=3)
        common = (self.db, self.blobs, conversions)
        archives = Archives(self.db, self.blobs, Printer(self.blobs, self.pool))
        self.handlers = {
            "route": Router(*common, self.drafts, self.clock),
            "dispatch": Dispatcher(*common, archives, self.clock, self.new_id),
            "acknowledge": Acknowledger(*common, self.clock, self.new_id),
            "deliver": Courier(self.db, transports, lambda _: policy, self.clock),
        }
        self.intake = StoreIntake(self.db, self.clock, self.new_id)

    def new_id(self) -> str:
        return f"00000000-0000-4000-8000-{next(self.numbers):012d}"

    async def settle_in(self) -> None:
        """Make two mailboxes that exchange orders, both switched on."""
        async with self.db.write() as conn:
            for box, name in ((SHOP, "Shop"), (SUPPLIER, "Supplier")):
                alias = f"GLN:{name}"
                mailbox = Mailbox(id=box, name=name, aliases=[alias])
                await mailboxes.add(conn, mailbox, self.clock())
                await integrations.put(conn, Integration(mailbox=box, enabled=True))
            await templates.add(
                conn,
                template=TEMPLATE,
                name="Order",
                version_id=VERSION,
                xml=TEMPLATE_XML,
                at=self.clock(),
            )

    async def integrate(self, box: MailboxId, **changes: Any) -> None:
        async with self.db.write() as conn:
            now = await integrations.get(conn, box)
            await integrations.put(conn, replace(now, **changes))

    async def switch(self, *, on: bool) -> None:
        async with self.db.write() as conn:
            await settings.put(conn, Settings(integrations_enabled=on))

    async def rule(self, direction: RuleDirection, text: str, **changes: Any) -> Rule:
        outward = direction is RuleDirection.OUT
        rule = Rule(
            id=RuleId(self.new_id()),
            mailbox=SHOP if outward else SUPPLIER,
            level=Level.MAILBOX,
            direction=direction,
            name="New rule",
            enabled=True,
            template=TEMPLATE,
            template_version=VERSION if outward else None,
            match=Match(MatchKind.NAME, ".*") if outward else None,
            stylesheet=text,
            file_name_pattern="" if outward else "po-{randomNumber}.xml",
        )
        rule = replace(rule, **changes)
        async with self.db.write() as conn:
            await rules.add(conn, rule, self.clock())
        return rule

    async def put(
        self, name: str, data: bytes | str, folder: str = "coutbox", **more: Any
    ) -> TransferId:
        """Receive a file as the SFTP server does once it is durable."""
        blob = await self.blobs.put(data.encode() if isinstance(data, str) else data)
        upload = Upload(
            mailbox=more.pop("mailbox", SHOP),
            channel=Channel.SFTP,
            name=FileName(name),
            folder=Folder.parse(folder),
            blob=blob,
            attributes=more,
        )
        return (await self.intake.receive(upload)).id

    async def work(self) -> None:
        """Do every job that is due, and those they make."""
        jobs = Jobs(self.db)
        while claimed := await jobs.claim("w", self.clock(), timedelta(minutes=5), 9):
            for job in claimed:
                await self.do(job)

    async def do(self, job: Job) -> None:
        if job.kind in self.handlers:
            await self.handlers[job.kind].run(job)

    async def rows(self, table: str) -> list[Any]:
        async with self.db.read() as conn:
            columns = getattr(tables, table)
            return list((await conn.execute(select(columns))).all())

    async def row(self, table: str, uuid: str) -> Any:
        return next(row for row in await self.rows(table) if row.uuid == uuid)

    async def files(self, box: MailboxId) -> dict[str, bytes]:
        """Return what lies in the mailbox's folders."""
        return {
            f"{row.folder}/{row.name}": self.blobs.path(
                BlobRef(row.sha256, row.size)
            ).read_bytes()
            for row in await self.rows("entries")
            if row.mailbox == box
        }

    def _bytes(self, sha256: str, size: int) -> bytes:
        return self.blobs.path(BlobRef(sha256, size)).read_bytes()
