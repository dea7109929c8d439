"""Execute: a rule that is not saved yet, tried on an example."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from gateway.convert import envelope_xml, template_xml
from gateway.convert.example import example_envelope
from gateway.core import naming
from gateway.core.desk.explained import Explanation
from gateway.core.desk.rules import Example, Preview, RuleDraft
from gateway.core.envelope import Draft, Envelope
from gateway.core.errors import N_, Invalid
from gateway.core.matching import CONTENT_LIMIT, first_match
from gateway.core.model import (
    BlobRef,
    EnvelopeId,
    FileName,
    MailboxId,
    Problem,
    RuleId,
)
from gateway.core.ports import Blobs, Clock, NewId
from gateway.core.rules import MatchKind, Rule, RuleDirection
from gateway.engine.archives import Archives, named
from gateway.engine.conversion import Conversions, Incoming, SourceFile
from gateway.engine.desk.execute_token import KeptExample
from gateway.engine.desk.refusals import refusal
from gateway.engine.desk.rule_bench import ATTRIBUTES, RANDOM_NUMBER
from gateway.engine.desk.trials import Trials
from gateway.engine.drafts import Drafts
from gateway.store import templates
from gateway.store.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A trial that went well, and the example that proves it."""

    kept: KeptExample
    source_xml: bytes
    file_name: str
    result: bytes
    warnings: Sequence[str]
    explanation: Explanation = field(default_factory=Explanation)


@dataclass(frozen=True, slots=True)
class RuleRuns:
    """Runs drafts of rules; nothing but the example's bytes is stored."""

    db: Database
    blobs: Blobs
    conversions: Conversions
    archives: Archives
    drafts: Drafts
    clock: Clock
    new_id: NewId

    async def out(self, mailbox: MailboxId, draft: RuleDraft, example: Example) -> Run:
        """Turn the example file into envelopes; Invalid says why it cannot be done."""
        rule = self._rule(mailbox, draft)
        source = SourceFile(
            seed=rule.id,
            mailbox=mailbox,
            name=_file_name(example),
            blob=await self.blobs.put(example.data),
            attributes=ATTRIBUTES,
        )
        trial = await self._trials.out(rule, source)
        if trial.problem:
            raise refusal(trial.problem)
        doubts = await asyncio.to_thread(_doubts, rule, example, trial.drafts)
        return Run(
            kept=KeptExample(example.name, source.blob),
            source_xml=trial.source_xml,
            file_name=example.name,
            result=trial.result,
            warnings=[*trial.warnings, *doubts],
            explanation=trial.explanation,
        )

    async def look(
        self, example: Example, attributes: Mapping[str, str]
    ) -> tuple[BlobRef, bytes]:
        """Return where the example's bytes are, and the XML that is seen of it."""
        name = _file_name(example)
        blob = await self.blobs.put(example.data)
        made = await self.conversions.source(blob, name, attributes)
        if isinstance(made, Problem):
            raise refusal(made)
        return blob, made.output

    async def preview(
        self, mailbox: MailboxId, draft: RuleDraft, example: Example | None
    ) -> Preview:
        """Return what the patterns give; an IN rule's is filled in from an example."""
        if draft.direction is RuleDirection.OUT:
            if example is None:
                return Preview()
            rule = self._rule(mailbox, draft)
            return Preview(matches=await asyncio.to_thread(_matches, rule, example))
        envelope = await self._invented(mailbox, draft)
        name = naming.render(
            naming.parse_pattern(draft.file_name_pattern),
            envelope,
            mailbox,
            envelope.created_at,
            RANDOM_NUMBER,
        )
        return Preview(file_name=(named(name) if draft.zip else name).text)

    async def into(
        self, mailbox: MailboxId, draft: RuleDraft, example: Example | None
    ) -> Run:
        """Turn an envelope into a file; without an example one is made up."""
        envelope = (
            await self._invented(mailbox, draft)
            if example is None
            else await self._given(draft, example)
        )
        xml = await asyncio.to_thread(envelope_xml.write, envelope)
        blob = await self.blobs.put(xml)
        incoming = Incoming(
            mailbox=mailbox,
            envelope=envelope,
            xml=blob,
            received_at=envelope.created_at,
        )
        kept = KeptExample(example.name if example else "", blob if example else None)
        trial = await self._trials.into(
            self._rule(mailbox, draft), incoming, RANDOM_NUMBER
        )
        if trial.problem:
            raise refusal(trial.problem)
        return Run(
            kept=kept,
            source_xml=xml,
            file_name=trial.file_name,
            result=trial.result,
            warnings=trial.warnings,
            explanation=trial.explanation,
        )

    async def _given(self, draft: RuleDraft, example: Example) -> Envelope:
        parsed = await asyncio.to_thread(envelope_xml.parse, example.data)
        if isinstance(parsed, Problem):
            raise refusal(parsed)
        if parsed.template != draft.template:
            why = N_(
                "The example is an envelope of the template {template}, the rule is "
                "for {wanted}; give an example of that template."
            ).format(template=parsed.template, wanted=draft.template)
            raise Invalid(why, "example-of-other-template", {"exampleContent": why})
        senders = [role.mailbox for role in parsed.roles if role.mailbox]
        return Envelope(
            id=parsed.uuid or EnvelopeId(self.new_id()),
            sender=senders[0] if senders else MailboxId(self.new_id()),
            draft=parsed,
            created_at=self.clock(),
        )

    async def _invented(self, mailbox: MailboxId, draft: RuleDraft) -> Envelope:
        async with self.db.read() as conn:
            stored = await templates.version(
                conn, draft.template, draft.template_version
            )
        if stored is None:
            raise Invalid(
                N_("There is no template {template}; import it first.").format(
                    template=draft.template
                )
            )
        parsed = await asyncio.to_thread(template_xml.parse, stored.xml.encode())
        template = template_xml.to_template(parsed, stored.template, stored.uuid)
        sender = MailboxId(self.new_id())
        return example_envelope(template, sender, mailbox, self.clock())

    @property
    def _trials(self) -> Trials:
        return Trials(
            self.db,
            self.conversions,
            self.archives,
            self.drafts,
            self.clock,
            self.new_id,
        )

    def _rule(self, mailbox: MailboxId, draft: RuleDraft) -> Rule:
        return rule_of(RuleId(self.new_id()), mailbox, draft)


def rule_of(
    rule: RuleId, mailbox: MailboxId, draft: RuleDraft, kept: KeptExample | None = None
) -> Rule:
    """Return the rule that the draft describes."""
    return Rule(
        id=rule,
        mailbox=mailbox,
        level=draft.level,
        direction=draft.direction,
        name=draft.name,
        enabled=draft.enabled,
        template=draft.template,
        template_version=draft.template_version,
        match=draft.match,
        multiple_envelopes=draft.multiple_envelopes,
        stylesheet=draft.stylesheet,
        file_name_pattern=draft.file_name_pattern,
        zip=draft.zip,
        attributes=draft.attributes,
        validations=draft.validations,
        example_name=kept.name if kept else "",
        example=kept.blob if kept else None,
    )


def _file_name(example: Example) -> FileName:
    try:
        return FileName(example.name)
    except ValueError as error:
        why = f"exampleName: {error}"
        raise Invalid(why, data={"exampleName": str(error)}) from error


def _matches(rule: Rule, example: Example) -> bool | None:
    """Whether the example fits; None if that hangs on an attribute it cannot have."""
    if rule.match is not None and rule.match.kind is MatchKind.ATTRIBUTE:
        name, _, _expression = rule.match.pattern.partition("==")
        if name.strip().casefold() not in ATTRIBUTES:
            return None
    head = example.data[:CONTENT_LIMIT]
    # a rule that is off matches nothing
    tried = replace(rule, enabled=True)
    return first_match([tried], example.name, head, ATTRIBUTES) is not None


def _doubts(rule: Rule, example: Example, drafts: Sequence[Draft]) -> Sequence[str]:
    """Return what is no error here, but surely not meant."""
    doubts = []
    if any(draft.template != rule.template for draft in drafts):
        doubts.append("The result is an envelope of another template than the rule's.")
    if _matches(rule, example) is False:
        doubts.append("The rule's pattern does not match the example.")
    return doubts
