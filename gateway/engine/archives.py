"""Archives of envelopes: what a rule sends upon completion, what people download.

DOCUMENTS is the native XML and the files that its fields hold; DOCUMENTS_PRINTABLE
has the printable version too, as HTML and PDF; FULL has also the trace: who took part
and when, and the files that went to and fro for this mailbox.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from gateway.convert import archive
from gateway.convert.archive import Member
from gateway.core.desk.envelopes import EnvelopeRow, Party, Scope
from gateway.core.desk.printing import FileLine, PartyLine, PrintForm, Surroundings
from gateway.core.desk.transfers import TransferView
from gateway.core.envelope import Envelope, EnvelopeStatus
from gateway.core.errors import NotFound
from gateway.core.model import BlobRef, EnvelopeId, FileName, MailboxId, Problem
from gateway.core.ports import Blobs
from gateway.core.rules import ZipKind
from gateway.engine.printing import Printer
from gateway.store import envelope_list, templates, transfer_list
from gateway.store.database import Connection, Database

ZIP = "application/zip"
END = ".zip"
NAME_MAX_BYTES = 255


@dataclass(frozen=True, slots=True)
class Archive:
    """An archive that is not packed yet; *at* dates its members."""

    members: Sequence[Member]
    at: datetime


@dataclass(frozen=True, slots=True)
class Opened:
    """An envelope as one mailbox sees it, with all that an archive may hold."""

    row: EnvelopeRow
    xml: BlobRef
    files: Sequence[tuple[FileLine, BlobRef]]
    around: Surroundings
    trace: bytes


@dataclass(frozen=True, slots=True)
class Archives:
    """Makes archives; nothing but their bytes is stored, and they are always equal."""

    db: Database
    blobs: Blobs
    printer: Printer

    async def of(
        self, kind: ZipKind, mailbox: MailboxId, envelope: EnvelopeId
    ) -> Archive | Problem:
        """Return the mailbox's archive of a stored envelope; NotFound."""
        opened = await self.opened(mailbox, envelope)
        # there may be many thousand files
        members = await asyncio.to_thread(self._members, envelope, opened)
        at = opened.row.status_at
        return await self._whole(
            kind, members, (envelope, opened.xml, opened.around), opened.trace, at
        )

    def _members(self, envelope: EnvelopeId, opened: Opened) -> Sequence[Member]:
        """Return the native XML and the files that its fields hold."""
        files = [(each, self.blobs.path(blob)) for each, blob in opened.files]
        return [Member(f"{envelope}.xml", self.blobs.path(opened.xml)), *_files(files)]

    async def opened(self, mailbox: MailboxId, envelope: EnvelopeId) -> Opened:
        """Return the envelope as the mailbox sees it; NotFound."""
        async with self.db.read() as conn:
            found = await envelope_list.opened(conn, envelope, mailbox)
            if found is None:
                raise NotFound(f"There is no envelope {envelope} in {mailbox}.")
            row, xml = found
            carried = await envelope_list.attachments_of(conn, envelope)
            parties = await envelope_list.parties_of(conn, envelope)
            version = await templates.version(conn, row.template, row.template_version)
            moved = await _moved(conn, envelope, mailbox)
        files = [
            (FileLine(uuid=one.uuid, name=one.name, size=one.size), blob)
            for one, blob in carried
        ]
        around = Surroundings(
            template=version.xml if version else "",
            template_name=row.template_name,
            status=row.status.value,
            created_at=row.created_at.isoformat(),
            ended_at=row.status_at.isoformat() if _over(row.status) else "",
            expires_at=row.expires_at.isoformat() if row.expires_at else "",
            reason=row.reject_reason,
            parties=[_line(each) for each in parties],
            files=[each for each, _ in files],
        )
        return Opened(row, xml, files, around, _trace(row, parties, moved))

    async def trial(
        self, kind: ZipKind, mailbox: MailboxId, envelope: Envelope, xml: BlobRef
    ) -> Archive | Problem:
        """Return the archive of an envelope that is not stored: its files are empty."""
        fields = [
            field
            for document in envelope.draft.documents
            for row in (document.fields, *(r for g in document.groups for r in g.rows))
            for field in row
            if field.attachment
        ]
        files = [
            FileLine(uuid=str(each.attachment), name=" ".join(each.values), size=0)
            for each in fields
        ]
        template = envelope.draft.template, envelope.draft.template_version
        async with self.db.read() as conn:
            version = await templates.version(conn, *template)
        at = envelope.created_at
        around = Surroundings(
            template=version.xml if version else "",
            template_name=version.name if version else "",
            status=EnvelopeStatus.COMPLETED.value,
            created_at=at.isoformat(),
            ended_at=at.isoformat(),
            parties=[
                PartyLine(
                    roles=[role.id],
                    name=role.mailbox,
                    status=EnvelopeStatus.COMPLETED.value,
                    at=at.isoformat(),
                )
                for role in envelope.draft.roles
            ],
            files=files,
        )
        members = [
            Member(f"{envelope.id}.xml", self.blobs.path(xml)),
            *_files([(each, b"") for each in files]),
        ]
        trace = _json({"envelope": envelope.id, "mailbox": mailbox})
        return await self._whole(kind, members, (envelope.id, xml, around), trace, at)

    async def _whole(
        self,
        kind: ZipKind,
        members: Sequence[Member],
        printed: tuple[EnvelopeId, BlobRef, Surroundings],
        trace: bytes,
        at: datetime,
    ) -> Archive | Problem:
        whole = list(members)
        if kind is not ZipKind.DOCUMENTS:
            for form in PrintForm:
                made = await self.printer.printed(*printed, form)
                if isinstance(made, Problem):
                    return made
                whole.append(Member(f"printable.{form.value.lower()}", made))
        if kind is ZipKind.FULL:
            whole.append(Member("trace.json", trace))
        return Archive(whole, at)

    async def store(self, made: Archive) -> BlobRef:
        """Pack the archive into a blob; durable when this returns."""
        async with self.blobs.writer() as writer:
            async for part in packed(made):
                await writer.write(part)
            return await writer.commit()


async def packed(made: Archive) -> AsyncIterator[bytes]:
    """Yield the bytes of the zip; each part is made in a thread."""
    parts: Iterator[bytes] = archive.write(made.members, made.at)
    while (part := await asyncio.to_thread(next, parts, None)) is not None:
        yield part


def named(name: FileName) -> FileName:
    """Return the name with the end that an archive has."""
    if name.text.lower().endswith(END):
        return name
    stem = name.text.encode()[: NAME_MAX_BYTES - len(END)].decode(errors="ignore")
    return FileName(stem + END)


def _files(files: Sequence[tuple[FileLine, Path | bytes]]) -> Sequence[Member]:
    names = [f"attachments/{archive.harmless(each.name)}" for each, _ in files]
    return [
        Member(name, source)
        for name, (_, source) in zip(archive.distinct(names), files, strict=True)
    ]


async def _moved(
    conn: Connection, envelope: EnvelopeId, mailbox: MailboxId
) -> Sequence[TransferView]:
    found = await envelope_list.transfers_of(conn, envelope, mailbox)
    views = [await transfer_list.get(conn, each) for each in found]
    return [view for view in views if view is not None]


def _over(status: EnvelopeStatus) -> bool:
    return status not in {EnvelopeStatus.SENT, EnvelopeStatus.WAITING}


def _line(party: Party) -> PartyLine:
    return PartyLine(
        roles=party.roles,
        name=party.name,
        status=party.status.value,
        at=party.status_at.isoformat(),
    )


def _trace(
    row: EnvelopeRow, parties: Sequence[Party], moved: Sequence[TransferView]
) -> bytes:
    return _json(
        {
            "envelope": row.envelope,
            "subject": row.subject,
            "template": row.template,
            "templateVersion": row.template_version,
            "status": row.status.value,
            "createdAt": row.created_at.isoformat(),
            "statusAt": row.status_at.isoformat(),
            "parties": [
                {
                    "mailbox": each.mailbox,
                    "name": each.name,
                    "sends": each.scope is Scope.OUTBOX,
                    "roles": list(each.roles),
                    "status": each.status.value,
                    "how": each.how,
                    "at": each.status_at.isoformat(),
                }
                for each in parties
            ],
            "transfers": [
                {
                    "uuid": each.id,
                    "direction": each.direction.value,
                    "protocol": each.protocol.value,
                    "fileName": each.file_name,
                    "size": each.blob.size,
                    "sha256": each.blob.sha256,
                    "createdAt": each.created_at.isoformat(),
                    "trace": [
                        {"at": line.at.isoformat(), "step": line.step}
                        | {"detail": line.detail}
                        for line in each.trace
                    ],
                }
                for each in moved
            ],
        }
    )


def _json(said: object) -> bytes:
    return json.dumps(said, indent=2, ensure_ascii=False).encode() + b"\n"
