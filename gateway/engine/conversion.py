"""One rule, one document: file to envelope drafts (OUT), envelope to file (IN)."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from gateway.convert import envelope_xml
from gateway.convert.pool import Converter
from gateway.convert.task import Converted, Task, ValidateOn
from gateway.core import naming
from gateway.core.desk import sentences
from gateway.core.envelope import Draft, Envelope
from gateway.core.errors import N_, Invalid
from gateway.core.interchange import Survey
from gateway.core.model import BlobRef, FileName, MailboxId, Problem
from gateway.core.ports import Blobs
from gateway.core.rules import OUTPUT_FORMAT, VALIDATE, Rule, ValidationTarget
from gateway.engine.directories import OwnDirectories
from gateway.engine.lookups import Answers


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFile:
    """A file that an OUT rule reads; `attributes` are the transport's.

    The same *seed* gives the same random uuids.
    """

    seed: str
    mailbox: MailboxId
    name: FileName
    blob: BlobRef
    content_type: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """An envelope in the inbox of `mailbox`; `xml` is its native XML.

    *seed* is what control numbers are given for: the same gets the same again. A trial
    has none, and takes none.
    """

    mailbox: MailboxId
    envelope: Envelope
    xml: BlobRef
    received_at: datetime
    seed: str = ""


@dataclass(frozen=True, slots=True)
class OutResult:
    """What an OUT rule made: drafts that are not checked against the template yet."""

    drafts: Sequence[Draft]
    converted: Converted


@dataclass(frozen=True, slots=True)
class InResult:
    """What an IN rule made: the file for the remote server."""

    name: FileName
    converted: Converted


@dataclass(frozen=True, slots=True)
class Conversions:
    """Runs rules; nothing is written, so each may run any number of times.

    *exact* lets no look-up be asked but those that a document makes.
    """

    blobs: Blobs
    converter: Converter
    lookups: Answers
    directories: OwnDirectories | None = None
    exact: bool = False

    async def out(
        self, rule: Rule, source: SourceFile, *, want_source: bool = False
    ) -> OutResult | Problem:
        """Turn the file into drafts; a Problem names the step and the line."""
        task = Task(
            stylesheet=rule.stylesheet,
            source=self.blobs.path(source.blob),
            seed=source.seed,
            source_kind="FILE",
            file_name=source.name.text,
            sha256=source.blob.sha256,
            size=source.blob.size,
            content_type=source.content_type,
            parameters={
                **source.attributes,
                **rule.attributes,
                **_parameters(rule, source.name.text),
                "SENDER_MAILBOX": source.mailbox,
                "RECIPIENT_MAILBOX": "",
            },
            attributes=rule.attributes,
            directories=await self._directories(),
            validations=rule.validations,
            validate_on=_validated(rule),
            want_source=want_source,
            exact=self.exact,
        )
        done = await self.converter.run(task, self.lookups.of(source.mailbox))
        if isinstance(done, Problem):
            return replace(done, rule=rule.id)
        parse = envelope_xml.parse_many if rule.multiple_envelopes else _parse_one
        drafts = await asyncio.to_thread(parse, done.output)
        if isinstance(drafts, Problem):
            return replace(
                drafts,
                rule=rule.id,
                message=sentences.NO_ENVELOPE(why=drafts.message),
                remedy=N_(
                    "Execute the rule on this file: its result pane shows the "
                    "line; correct the stylesheet."
                ),
            )
        if done.chain is not None:
            drafts = [replace(d, chain=d.chain or done.chain) for d in drafts]
        return OutResult(drafts, done)

    async def source(
        self,
        blob: BlobRef,
        name: FileName,
        attributes: Mapping[str, str] | None = None,
    ) -> Converted | Problem:
        """Return, as output, the XML that the stylesheet of an OUT rule would see.

        *attributes* are the rule's, which may say how the file is read.
        """
        return await self.converter.source(
            self.blobs.path(blob),
            name.text,
            attributes=attributes,
            directories=await self._directories(),
        )

    async def _directories(self) -> Mapping[str, str]:
        """Return the files of the uploaded message directories, by their names."""
        return await self.directories.files() if self.directories else {}

    async def survey(self, blob: BlobRef) -> Survey | Problem | None:
        """Return what an interchange says of itself; None if it is none."""
        made = await self.converter.survey(self.blobs.path(blob))
        return made if isinstance(made, Problem) else made.survey

    async def into(
        self, rule: Rule, incoming: Incoming, random_number: str
    ) -> InResult | Problem:
        """Turn the envelope into the recipient's file; the number has 10 digits."""
        name = name_of(rule, incoming, random_number)
        if isinstance(name, Problem):
            return name
        task = Task(
            stylesheet=rule.stylesheet,
            source=self.blobs.path(incoming.xml),
            seed=f"{incoming.envelope.id}|{incoming.mailbox}",
            source_kind="XML",
            file_name=name.text,
            sha256=incoming.xml.sha256,
            size=incoming.xml.size,
            content_type="application/xml",
            parameters={
                **rule.attributes,
                **_parameters(rule, name.text),
                "SENDER_MAILBOX": incoming.envelope.sender,
                "RECIPIENT_MAILBOX": incoming.mailbox,
            },
            attributes=rule.attributes,
            validations=rule.validations,
            validate_on="RESULT",
            want_source=False,
            output_format=rule.attributes.get(OUTPUT_FORMAT, ""),
            exact=self.exact,
        )
        done = await self.converter.run(
            task, self.lookups.of(incoming.mailbox, incoming.seed)
        )
        if isinstance(done, Problem):
            step = "render" if done.step == "convert" else done.step
            return replace(done, rule=rule.id, step=step)
        return InResult(name, done)


def _validated(rule: Rule) -> ValidateOn:
    match rule.attributes.get(VALIDATE):
        case ValidationTarget.ENVELOPE.value:
            return "RESULT"
        case ValidationTarget.BOTH.value:
            return "BOTH"
        case _:
            return "SOURCE"


def name_of(rule: Rule, incoming: Incoming, random_number: str) -> FileName | Problem:
    """Return the name that the rule gives the envelope's file."""
    try:
        return naming.render(
            naming.parse_pattern(rule.file_name_pattern),
            incoming.envelope,
            incoming.mailbox,
            incoming.received_at,
            random_number,
        )
    except Invalid as error:
        return Problem(
            "file-name-pattern",
            error.message,
            "render",
            rule.id,
            remedy=N_("Correct the file name pattern of the rule and reprocess."),
        )


def _parse_one(data: bytes) -> Sequence[Draft] | Problem:
    draft = envelope_xml.parse(data)
    return draft if isinstance(draft, Problem) else [draft]


def _parameters(rule: Rule, file_name: str) -> Mapping[str, str]:
    return {
        "TEMPLATE_UUID": rule.template,
        "TEMPLATE_VERSION": rule.template_version or "",
        "FILE_NAME": file_name,
    }
