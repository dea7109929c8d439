"""The desk of templates: imported as XML, versioned, explained by examples."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from gateway.convert import envelope_xml, example_file, skeleton, template_xml
from gateway.convert.example import example_envelope
from gateway.convert.schemas import envelope_xsd, file_template, template_xsd
from gateway.core.desk import sentences
from gateway.core.desk.actor import Actor
from gateway.core.desk.rules import Example
from gateway.core.desk.templates import TemplateRow, TemplateView
from gateway.core.desk.uses import Uses
from gateway.core.errors import N_, Conflict, NotFound
from gateway.core.model import MailboxId, TemplateId, TemplateVersionId
from gateway.core.ports import Clock, NewId
from gateway.core.rules import RuleDirection
from gateway.core.template import FILE_TEMPLATE, FILE_TEMPLATE_VERSION, Template
from gateway.engine.desk.xml_text import settled
from gateway.store import audit, mailboxes, template_list, templates, uses
from gateway.store.database import Database
from gateway.store.templates import Version


@dataclass(frozen=True, slots=True)
class Templates:
    """Templates as people order them; the pipeline reads them from the store."""

    db: Database
    clock: Clock
    new_id: NewId

    async def ensure_builtin(self) -> None:
        """Make the template "File" if it is not there yet; safe to repeat."""
        data = file_template()
        parsed = template_xml.parse(data)
        async with self.db.write() as conn:
            if await templates.version(conn, FILE_TEMPLATE, None) is None:
                await templates.add(
                    conn,
                    template=FILE_TEMPLATE,
                    name=parsed.name,
                    version_id=FILE_TEMPLATE_VERSION,
                    xml=data.decode(),
                    at=self.clock(),
                )

    async def latest(self) -> Sequence[TemplateView]:
        async with self.db.read() as conn:
            return [_view(one) for one in await templates.latest(conn)]

    async def search(
        self, text: str, limit: int, offset: int
    ) -> tuple[int, Sequence[TemplateRow]]:
        async with self.db.read() as conn:
            return await template_list.search(conn, text, limit, offset)

    async def history(
        self, template: TemplateId, limit: int, offset: int
    ) -> tuple[int, Sequence[TemplateRow]]:
        async with self.db.read() as conn:
            total, rows = await template_list.history(conn, template, limit, offset)
        if not total:
            raise _unknown(template, None)
        return total, rows

    async def uses(self, template: TemplateId) -> Uses:
        async with self.db.read() as conn:
            return Uses(
                rules=await uses.rules_of_template(conn, template),
                envelopes=await uses.envelopes_of(conn, template),
            )

    async def versions(self, template: TemplateId) -> Sequence[TemplateView]:
        async with self.db.read() as conn:
            found = await templates.versions(conn, template)
        if not found:
            raise _unknown(template, None)
        return [_view(one) for one in found]

    async def get(
        self, template: TemplateId, version: TemplateVersionId | None
    ) -> TemplateView:
        return _view(await self._version(template, version))

    async def definition(
        self, template: TemplateId, version: TemplateVersionId | None
    ) -> Template:
        stored = await self._version(template, version)
        parsed = await asyncio.to_thread(template_xml.parse, stored.xml.encode())
        return template_xml.to_template(parsed, stored.template, stored.uuid)

    async def add(self, actor: Actor, data: str) -> TemplateView:
        data = settled(data)
        parsed = await asyncio.to_thread(template_xml.parse, data.encode())
        uuid = parsed.uuid or TemplateId(self.new_id())
        if uuid == FILE_TEMPLATE:
            raise Conflict(
                N_(
                    'The built-in template "File" cannot be changed; give yours '
                    "another uuid."
                ),
                "template-builtin",
            )
        now = self.clock()
        async with self.db.write() as conn:
            last = await templates.version(conn, uuid, None)
            if last is not None and last.xml == data:
                return _view(last)
            added = await templates.add(
                conn,
                template=uuid,
                name=parsed.name,
                version_id=TemplateVersionId(self.new_id()),
                xml=data,
                at=now,
            )
            await audit.add(
                conn,
                now,
                actor.login,
                "template-import",
                uuid,
                after={"name": added.name, "version": added.uuid, "no": added.number},
            )
        return replace(_view(added), fresh=True)

    async def example(
        self, template: TemplateId, version: TemplateVersionId | None
    ) -> bytes:
        parsed = await self.definition(template, version)
        sender, recipient = MailboxId(self.new_id()), MailboxId(self.new_id())
        envelope = example_envelope(parsed, sender, recipient, self.clock())
        return await asyncio.to_thread(envelope_xml.write, envelope)

    async def example_file(
        self,
        template: TemplateId,
        version: TemplateVersionId | None,
        mailbox: MailboxId,
    ) -> Example:
        parsed = await self.definition(template, version)
        async with self.db.read() as conn:
            known = await mailboxes.listing(conn)
        if all(each.id != mailbox for each in known):
            raise NotFound(sentences.NO_MAILBOX(id=mailbox))
        to = next((each for each in known if each.id != mailbox), known[0])
        alias = next(iter(to.aliases), "")
        data = await asyncio.to_thread(
            example_file.example_file, parsed, to.id, alias, self.clock()
        )
        return Example(example_file.NAME, data)

    async def skeleton(
        self,
        template: TemplateId,
        version: TemplateVersionId | None,
        direction: RuleDirection,
    ) -> str:
        parsed = await self.definition(template, version)
        if direction is RuleDirection.OUT:
            return skeleton.out_skeleton(parsed)
        return skeleton.in_skeleton(parsed)

    def schema(self, name: str) -> bytes:
        match name:
            case "envelope":
                return envelope_xsd()
            case "template":
                return template_xsd()
            case _:
                raise NotFound(
                    N_("There is no schema {name}; envelope and template are.").format(
                        name=name
                    )
                )

    async def _version(
        self, template: TemplateId, version: TemplateVersionId | None
    ) -> Version:
        async with self.db.read() as conn:
            found = await templates.version(conn, template, version)
        if found is None:
            raise _unknown(template, version)
        return found


def _unknown(template: TemplateId, version: TemplateVersionId | None) -> NotFound:
    which = N_(" with a version {version}").format(version=version) if version else ""
    return NotFound(sentences.NO_TEMPLATE(id=f"{template}{which}"))


def _view(version: Version) -> TemplateView:
    return TemplateView(
        uuid=version.template,
        name=version.name,
        version=version.uuid,
        number=version.number,
        created_at=version.created_at,
        data=version.xml,
    )
