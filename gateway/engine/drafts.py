"""From a draft to an envelope: completed, checked, given its identity."""

import asyncio
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from gateway.convert import envelope_xml, template_xml
from gateway.core.checks import Violation, check
from gateway.core.desk import sentences
from gateway.core.envelope import Draft, Envelope, Role
from gateway.core.errors import N_
from gateway.core.model import (
    AttachmentId,
    EnvelopeId,
    MailboxId,
    Problem,
    TemplateVersionId,
    TransferId,
)
from gateway.core.ports import Blobs, NewId
from gateway.core.template import Template
from gateway.store import lookups, templates
from gateway.store.database import Connection, Database
from gateway.store.envelopes import Posted

SHOWN = 10  # violations told in one message
PLACES = 200  # violations told one by one
_TWICE = "two envelopes of one file have this uuid; leave it out to have new ones made"
KEPT = 200  # parsed template versions kept in memory


@dataclass(frozen=True, slots=True)
class Misfit(Problem):
    """Says beside the whole, by the paths in the native XML, what does not fit."""

    places: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Drafts:
    """Makes drafts whole and checks them; what it accepts can be posted."""

    db: Database
    blobs: Blobs
    new_id: NewId
    _parsed: dict[TemplateVersionId, Template] = field(default_factory=dict)

    async def complete(
        self,
        sender: MailboxId,
        drafts: Sequence[Draft],
        made: Sequence[AttachmentId],
        posted: Collection[EnvelopeId] = (),
    ) -> Sequence[Draft] | Problem:
        """Fill in the template version and the sender's role, then check everything.

        *made* are attachments that will be written together with the envelopes,
        *posted* are envelopes that may be there already, made from the same file.
        """
        if twice := [
            u for u, n in Counter(d.uuid for d in drafts).items() if u and n > 1
        ]:
            return _problem(
                [Violation("envelope-exists", _TWICE, f"[@uuid={twice[0]}]")]
            )
        whole = []
        for number, draft in enumerate(drafts, 1):
            done = await self._complete(sender, draft, made, posted)
            if isinstance(done, Problem):
                if len(drafts) == 1:
                    return done
                where = f"envelope {number} of {len(drafts)}: {done.message}"
                return replace(done, message=where)
            whole.append(done)
        return whole

    async def _complete(
        self,
        sender: MailboxId,
        draft: Draft,
        made: Sequence[AttachmentId],
        posted: Collection[EnvelopeId],
    ) -> Draft | Problem:
        async with self.db.read() as conn:
            template = await self.template(conn, draft)
            if isinstance(template, Problem):
                return template
            draft = _with_sender(draft, template, sender)
            wrong = [
                *_foreign_sender(draft, template, sender),
                # a table of many thousand rows takes a second
                *await asyncio.to_thread(check, draft, template),
                *await _unknown(conn, sender, draft, made),
            ]
            fresh = None if draft.uuid in posted else draft.uuid
            if fresh and await lookups.envelope_exists(conn, fresh):
                wrong.append(
                    Violation(
                        "envelope-exists",
                        f"an envelope with the uuid {draft.uuid} was posted before; "
                        "leave the uuid out to send it as a new one",
                        "envelope/@uuid",
                    )
                )
        return _problem(wrong) if wrong else draft

    async def template(self, conn: Connection, draft: Draft) -> Template | Problem:
        """Return the template version that the draft names, the latest if none."""
        wanted = draft.template_version
        if wanted is None:
            wanted = await templates.newest(conn, draft.template)
        known = self._parsed.get(wanted) if wanted else None
        if known is not None and known.id == draft.template:
            return known
        stored = wanted and await templates.version(conn, draft.template, wanted)
        if not stored:
            version = draft.template_version or sentences.ANY_VERSION
            return Problem(
                "template-unknown",
                sentences.NO_SUCH_TEMPLATE(template=draft.template, version=version),
                "validate",
                remedy=N_(
                    "Import the template, or correct templateUuid and "
                    "templateVersion of the envelope."
                ),
            )
        if len(self._parsed) >= KEPT:
            self._parsed.clear()
        template = self._parsed[stored.uuid] = template_xml.to_template(
            await asyncio.to_thread(template_xml.parse, stored.xml.encode()),
            stored.template,
            stored.uuid,
        )
        return template

    async def ready(
        self,
        sender: MailboxId,
        drafts: Sequence[Draft],
        at: datetime,
        source: TransferId | None = None,
    ) -> Sequence[Posted]:
        """Give completed drafts their identity and store their native XML."""
        posted = []
        for index, draft in enumerate(drafts):
            envelope = Envelope(
                id=draft.uuid or EnvelopeId(self.new_id()),
                sender=sender,
                draft=draft,
                created_at=at,
            )
            xml = await asyncio.to_thread(envelope_xml.write, envelope)
            expires_at = _expiry(draft, at)
            notice = timedelta(days=draft.notify_in_days)
            posted.append(
                Posted(
                    envelope=envelope,
                    xml=await self.blobs.put(xml),
                    source=source,
                    index=index,
                    expires_at=expires_at,
                    notify_at=expires_at - notice if expires_at and notice else None,
                )
            )
        return posted


def _with_sender(draft: Draft, template: Template, sender: MailboxId) -> Draft:
    """Fill in the version; an empty or absent first role is the sender's."""
    first = template.sending_role
    roles = [
        Role(r.id, MailboxId(r.mailbox.strip().lower()) or sender)
        if r.id == first.id
        else Role(r.id, MailboxId(r.mailbox.strip().lower()))
        for r in draft.roles
    ]
    if all(role.id != first.id for role in roles):
        roles.insert(0, Role(first.id, sender))
    return replace(draft, template_version=template.version, roles=roles)


def _foreign_sender(
    draft: Draft, template: Template, sender: MailboxId
) -> Sequence[Violation]:
    """Refuse an envelope that says another mailbox sends it: recipients believe it."""
    role = next(r for r in draft.roles if r.id == template.sending_role.id)
    if role.mailbox == sender:
        return []
    return [
        Violation(
            "role-sender",
            f"is {role.mailbox}, and must be the sender, {sender}; leave it empty",
            f"flow/roles/role[{role.id}]/@mailboxUuid",
        )
    ]


async def _unknown(
    conn: Connection, sender: MailboxId, draft: Draft, made: Sequence[AttachmentId]
) -> Sequence[Violation]:
    """Return what the draft points to and does not exist, or not for the sender."""
    wanted = [role.mailbox for role in draft.roles if role.mailbox]
    lost = set(await lookups.unknown_mailboxes(conn, wanted))
    new = set(made)
    files = [a for a in draft.attachments if a not in new]
    return [
        Violation(
            "mailbox-unknown",
            f"role {role.id}: there is no mailbox {role.mailbox}",
            f"flow/roles/role[{role.id}]",
        )
        for role in draft.roles
        if role.mailbox in lost
    ] + [
        Violation(
            "attachment-unknown", f"there is no attachment {uuid}", "attachmentUuid"
        )
        for uuid in await lookups.unknown_attachments(conn, sender, files)
    ]


def _problem(wrong: Sequence[Violation]) -> Misfit:
    shown = "; ".join(f"{v.where}: {v.message}" for v in wrong[:SHOWN])
    more = f"; and {len(wrong) - SHOWN} more" if len(wrong) > SHOWN else ""
    return Misfit(
        wrong[0].code,
        sentences.NOT_FITTING(places=shown + more),
        "validate",
        remedy="Correct the document or the conversion rule so that every field "
        "named here fits the template, then process the file again.",
        places={v.where: v.message for v in wrong[:PLACES]},
    )


def _expiry(draft: Draft, at: datetime) -> datetime | None:
    if isinstance(draft.expires_on, datetime):
        return draft.expires_on
    if draft.expires_on is not None:  # the whole day is still good
        day = datetime.combine(draft.expires_on, datetime.min.time(), at.tzinfo)
        return day + timedelta(days=1)
    days = draft.expires_after_days
    return at + timedelta(days=days) if days else None
