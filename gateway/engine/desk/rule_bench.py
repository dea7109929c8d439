"""The test bench: a file, the rules of a mailbox, and why each did what it did."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from gateway.convert import envelope_xml
from gateway.core.desk import sentences
from gateway.core.desk.bench import Tested, Tried
from gateway.core.desk.rules import Example
from gateway.core.envelope import Envelope
from gateway.core.errors import Invalid, NotFound
from gateway.core.integration import DefaultRule
from gateway.core.matching import CONTENT_LIMIT, Miss, attribute_of, miss, miss_in
from gateway.core.model import (
    Channel,
    EnvelopeId,
    FileName,
    Folder,
    MailboxId,
    Problem,
    Top,
    Upload,
)
from gateway.core.ports import Blobs, Clock, NewId
from gateway.core.rules import Rule, RuleDirection
from gateway.engine import answering
from gateway.engine.conversion import Incoming, SourceFile
from gateway.engine.desk.refusals import refusal
from gateway.engine.desk.trials import Trial, Trials
from gateway.engine.pipeline import no_rule
from gateway.store import integrations, mailboxes, rules
from gateway.store.database import Database

RANDOM_NUMBER = "0123456789"
"""What {randomNumber} shows in a trial."""

ATTRIBUTES = {"folder": Top.COUTBOX.value}
"""What a trial has of the transport's attributes, unless it is told others."""

Reasons = Sequence[tuple[Rule, str]]
"""Rules in their order, each with why it does not take the document, else empty."""


@dataclass(frozen=True, slots=True)
class RuleBench:
    """Tries rules as they are saved; nothing but the file's bytes is stored."""

    db: Database
    blobs: Blobs
    trials: Trials
    clock: Clock
    new_id: NewId

    async def test(
        self,
        mailbox: MailboxId,
        example: Example,
        attributes: Mapping[str, str],
        direction: RuleDirection | None,
    ) -> Tested:
        name = _file_name(example)
        async with self.db.read() as conn:
            if await mailboxes.get(conn, mailbox) is None:
                raise NotFound(sentences.NO_MAILBOX(id=mailbox))
            listed = await rules.listing(conn, mailbox)
            integration = await integrations.get(conn, mailbox)
        if direction is None:
            native = envelope_xml.is_native(example.data)
            direction = RuleDirection.IN if native else RuleDirection.OUT
        mine = [rule for rule in listed if rule.direction is direction]
        loop = asyncio.get_running_loop()
        began = loop.time()
        if direction is RuleDirection.OUT:
            tested = await self._out(mailbox, example, name, attributes, mine)
        else:
            tested = await self._into(mailbox, example, mine, integration.default_rule)
        return replace(tested, milliseconds=(loop.time() - began) * 1000)

    async def _out(
        self,
        mailbox: MailboxId,
        example: Example,
        name: FileName,
        attributes: Mapping[str, str],
        listed: Sequence[Rule],
    ) -> Tested:
        given = {**ATTRIBUTES, **attributes}
        folder = _folder(given["folder"])
        head = example.data[:CONTENT_LIMIT]
        reasons = await asyncio.to_thread(_reasons, listed, example.name, head, given)
        source = SourceFile(
            seed=self.new_id(),
            mailbox=mailbox,
            name=name,
            blob=await self.blobs.put(example.data),
            content_type=given.get("contentType", ""),
            attributes=given,
        )
        tested = _tested(RuleDirection.OUT, reasons)
        rule = _taken(reasons)
        if rule is not None:
            return _with(tested, await self.trials.out(rule, source))
        enabled = sum(1 for each in listed if each.enabled)
        problem: Problem | None = no_rule(example.name, folder.text, enabled)
        upload = Upload(
            mailbox=mailbox,
            channel=Channel.SFTP,
            name=name,
            folder=folder,
            blob=source.blob,
        )
        answer = await answering.received(upload, self.blobs, self.trials.conversions)
        if isinstance(answer, Problem):
            problem = answer
        elif answer is not None:
            problem, tested = None, replace(tested, warnings=[sentences.CONSUMED])
        seen = await self.trials.seen(source)
        return replace(tested, problem=problem, source_xml=seen)

    async def _into(
        self,
        mailbox: MailboxId,
        example: Example,
        listed: Sequence[Rule],
        default: DefaultRule,
    ) -> Tested:
        draft = await asyncio.to_thread(envelope_xml.parse, example.data)
        if isinstance(draft, Problem):
            raise refusal(draft)
        senders = [role.mailbox for role in draft.roles if role.mailbox != mailbox]
        envelope = Envelope(
            id=draft.uuid or EnvelopeId(self.new_id()),
            sender=next((each for each in senders if each), mailbox),
            draft=draft,
            created_at=self.clock(),
        )
        reasons = [
            (
                rule,
                _said_in(rule, miss_in(rule, draft.template, draft.template_version)),
            )
            for rule in listed
        ]
        xml = await asyncio.to_thread(envelope_xml.write, envelope)
        tested = replace(_tested(RuleDirection.IN, reasons), source_xml=xml)
        rule = _taken(reasons)
        if rule is None:
            return replace(tested, default_rule=default)
        incoming = Incoming(
            mailbox=mailbox,
            envelope=envelope,
            xml=await self.blobs.put(xml),
            received_at=envelope.created_at,
        )
        trial = await self.trials.into(rule, incoming, RANDOM_NUMBER)
        return replace(_with(tested, trial), source_xml=xml)


def _reasons(
    listed: Sequence[Rule], name: str, head: bytes, attributes: Mapping[str, str]
) -> Reasons:
    return [
        (rule, said(rule, miss(rule, name, head, attributes), name, attributes))
        for rule in listed
    ]


def said(
    rule: Rule, found: Miss | None, name: str, attributes: Mapping[str, str]
) -> str:
    """Return why the OUT rule does not take the file; empty if it does."""
    pattern = rule.match.pattern if rule.match else ""
    attribute = attribute_of(rule.match) if rule.match else ""
    match found:
        case Miss.NAME:
            return sentences.MISSED_NAME(file=name, pattern=pattern)
        case Miss.CONTENT:
            return sentences.MISSED_CONTENT(pattern=pattern)
        case Miss.NO_ATTRIBUTE:
            return sentences.MISSED_NO_ATTRIBUTE(attribute=attribute)
        case Miss.ATTRIBUTE:
            known = {key.casefold(): value for key, value in attributes.items()}
            value = known[attribute.casefold()]
            return sentences.MISSED_ATTRIBUTE(
                attribute=attribute, value=value, pattern=pattern.partition("==")[2]
            )
        case Miss.NO_PATTERN:
            return sentences.MISSED_NO_PATTERN
        case _:
            return _said_in(rule, found)


def _said_in(rule: Rule, found: Miss | None) -> str:
    match found:
        case Miss.OFF:
            return sentences.MISSED_OFF
        case Miss.TEMPLATE:
            return sentences.MISSED_TEMPLATE(template=rule.template)
        case Miss.VERSION:
            return sentences.MISSED_VERSION(version=rule.template_version)
        case _:
            return ""


def _taken(reasons: Reasons) -> Rule | None:
    return next((rule for rule, why in reasons if not why), None)


def _tested(direction: RuleDirection, reasons: Reasons) -> Tested:
    first = _taken(reasons)
    return Tested(
        direction=direction,
        rule=first.id if first else None,
        rule_name=first.name if first else "",
        tried=[_tried(rule, why, first) for rule, why in reasons],
    )


def _tried(rule: Rule, why: str, first: Rule | None) -> Tried:
    later = not why and first is not None and rule.id != first.id
    if later and first is not None:
        why = sentences.MISSED_LATER(rule=first.name)
    return Tried(
        rule=rule.id,
        name=rule.name,
        level=rule.level,
        taken=not why,
        matches=not why or later,
        why=why,
    )


def _with(tested: Tested, trial: Trial) -> Tested:
    return replace(
        tested,
        source_xml=trial.source_xml,
        file_name=trial.file_name,
        result=trial.result,
        warnings=trial.warnings,
        problem=trial.problem,
        explanation=trial.explanation,
    )


def _folder(text: str) -> Folder:
    """Return the folder that files for rules lie in; Invalid if it is another."""
    if text.partition("/")[0] != Top.COUTBOX.value:
        why = f"rules are tried for files in {Top.COUTBOX.value}/, not in {text}/"
    else:
        try:
            return Folder.parse(text)
        except ValueError as error:
            why = f"folder={text}: {error}"
    raise Invalid(why, data={"attributes.folder": why})


def _file_name(example: Example) -> FileName:
    try:
        return FileName(example.name)
    except ValueError as error:
        why = f"fileName: {error}"
        raise Invalid(why, data={"fileName": str(error)}) from error
