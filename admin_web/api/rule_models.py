"""Rules as JSON: bodies, answers, and the way between them and the desk's values."""

from dataclasses import replace

from admin_web.api.models import Answer, Body
from gateway.core.desk.rules import RuleDraft
from gateway.core.errors import Invalid
from gateway.core.model import TemplateId, TemplateVersionId
from gateway.core.rules import (
    Level,
    Match,
    MatchKind,
    Rule,
    RuleDirection,
    Validation,
    ZipKind,
)


class MatchBody(Body):
    """A regular expression (RE2) and what it is held against."""

    kind: MatchKind = MatchKind.NAME
    pattern: str = ""


class ValidationBody(Body):
    """A validation file; the name ends in .xsd or .sch."""

    name: str
    content: str


class RuleBody(Body):
    """A rule; in a PUT, what is left out keeps its value.

    `uuid`, `mailbox`, `exampleName`, `succeeded` and `failed` are the gateway's own:
    they may be sent back and change nothing.
    """

    name: str | None = None
    direction: RuleDirection | None = None
    level: Level | None = None
    enabled: bool | None = None
    match: MatchBody | None = None
    template_uuid: str | None = None
    template_version: str | None = None
    multiple_envelopes: bool | None = None
    stylesheet: str | None = None
    file_name_pattern: str | None = None
    zip: ZipKind | None = None
    attributes: dict[str, str] | None = None
    validations: list[ValidationBody] | None = None
    execute_token: str | None = None
    uuid: str | None = None
    mailbox: str | None = None
    example_name: str | None = None
    succeeded: int | None = None
    failed: int | None = None

    def draft(self) -> RuleDraft:
        """Return the draft of a new rule; Invalid if what it must have is missing."""
        if self.direction is None:
            why = "is missing; IN or OUT"
            raise Invalid(f"direction: {why}.", data={"direction": why})
        if not self.template_uuid:
            why = "is missing; the uuid of the envelopes' template"
            raise Invalid(f"templateUuid: {why}.", data={"templateUuid": why})
        template = TemplateId(self.template_uuid)
        return self.over(RuleDraft(direction=self.direction, template=template))

    def over(self, base: RuleDraft) -> RuleDraft:
        """Return `base` with what this body gives; null clears what may be empty."""
        sent = self.model_fields_set
        template = base.template
        if self.template_uuid is not None:
            template = TemplateId(self.template_uuid.strip().lower())
        return replace(
            base,
            name=base.name if self.name is None else self.name,
            direction=self.direction or base.direction,
            level=self.level or base.level,
            enabled=base.enabled if self.enabled is None else self.enabled,
            match=self._match() if "match" in sent else base.match,
            template=template,
            template_version=(
                self._version() if "template_version" in sent else base.template_version
            ),
            multiple_envelopes=(
                base.multiple_envelopes
                if self.multiple_envelopes is None
                else self.multiple_envelopes
            ),
            stylesheet=base.stylesheet if self.stylesheet is None else self.stylesheet,
            file_name_pattern=(
                base.file_name_pattern
                if self.file_name_pattern is None
                else self.file_name_pattern
            ),
            zip=self.zip if "zip" in sent else base.zip,
            attributes=base.attributes if self.attributes is None else self.attributes,
            validations=(
                base.validations
                if self.validations is None
                else tuple(
                    Validation(one.name, one.content) for one in self.validations
                )
            ),
        )

    def _match(self) -> Match | None:
        return Match(self.match.kind, self.match.pattern) if self.match else None

    def _version(self) -> TemplateVersionId | None:
        version = (self.template_version or "").strip().lower()
        return TemplateVersionId(version) if version else None


class ExecuteBody(RuleBody):
    """A rule and what to try it on.

    The example is base64 of a file (OUT) or of a native envelope (IN). Without one an
    OUT rule is tried on the example kept with the rule `uuid`, an IN rule on an
    envelope made from the template.
    """

    example_content: str | None = None


class MatchAnswer(Answer):
    """A regular expression (RE2) and what it is held against."""

    kind: MatchKind
    pattern: str


class ValidationAnswer(Answer):
    """A validation file."""

    name: str
    content: str


class RuleAnswer(Answer):
    """A rule."""

    uuid: str
    mailbox: str
    name: str
    direction: RuleDirection
    level: Level
    enabled: bool
    match: MatchAnswer | None
    template_uuid: str
    template_version: str | None
    multiple_envelopes: bool
    stylesheet: str
    file_name_pattern: str
    zip: ZipKind | None
    attributes: dict[str, str]
    validations: list[ValidationAnswer]
    example_name: str
    succeeded: int
    failed: int

    @classmethod
    def of(cls, rule: Rule) -> "RuleAnswer":
        match = rule.match
        return cls(
            uuid=rule.id,
            mailbox=rule.mailbox,
            name=rule.name,
            direction=rule.direction,
            level=rule.level,
            enabled=rule.enabled,
            match=MatchAnswer(kind=match.kind, pattern=match.pattern)
            if match
            else None,
            template_uuid=rule.template,
            template_version=rule.template_version,
            multiple_envelopes=rule.multiple_envelopes,
            stylesheet=rule.stylesheet,
            file_name_pattern=rule.file_name_pattern,
            zip=rule.zip,
            attributes=dict(rule.attributes),
            validations=[
                ValidationAnswer(name=one.name, content=one.content)
                for one in rule.validations
            ],
            example_name=rule.example_name,
            succeeded=rule.succeeded,
            failed=rule.failed,
        )
