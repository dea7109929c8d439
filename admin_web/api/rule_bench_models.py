"""What a test of rules tells, as JSON; the command line prints the same."""

import base64
from typing import Literal

from pydantic import Field

from admin_web.api.models import Answer, Body
from admin_web.api.problems import ProblemAnswer
from gateway.core.desk.bench import Tested, Tried
from gateway.core.desk.explained import Explanation, MadeEnvelope
from gateway.core.integration import DefaultRule
from gateway.core.rules import Level, RuleDirection

Encoding = Literal["text", "base64"]


class BenchBody(Body):
    """A file, and what the transport would say of it (folder, login, subject ...).

    `content` is base64. Without a direction a native envelope is tried as one that
    comes in, anything else as a file to be sent.
    """

    file_name: str
    content: str
    attributes: dict[str, str] = Field(default_factory=dict)
    direction: RuleDirection | None = None


class LookupAnswer(Answer):
    """A look-up of the stylesheet: the function with its arguments, and the answer."""

    call: str
    answer: str | None


class AddresseeAnswer(Answer):
    """Who takes part in an envelope."""

    role: str
    mailbox: str
    name: str


class MadeAnswer(Answer):
    """An envelope as it would be posted, with its native XML."""

    subject: str
    addressees: list[AddresseeAnswer]
    xml: str

    @classmethod
    def of(cls, made: MadeEnvelope) -> "MadeAnswer":
        return cls(
            subject=made.subject,
            addressees=[
                AddresseeAnswer(role=one.role, mailbox=one.mailbox, name=one.name)
                for one in made.addressees
            ],
            xml=made.xml.decode(),
        )


class ExplanationAnswer(Answer):
    """How it came about; `steps` are milliseconds."""

    steps: dict[str, float]
    lookups: list[LookupAnswer]
    envelopes: list[MadeAnswer]

    @classmethod
    def of(cls, told: Explanation) -> "ExplanationAnswer":
        return cls(
            steps={step: round(spent, 3) for step, spent in told.steps.items()},
            lookups=[
                LookupAnswer(call=one.call, answer=one.answer) for one in told.lookups
            ],
            envelopes=[MadeAnswer.of(one) for one in told.envelopes],
        )


class TriedAnswer(Answer):
    """A rule that was looked at; `why` is empty for the one that was taken.

    `matches` without `taken`: another rule stands above it.
    """

    rule: str
    name: str
    level: Level
    taken: bool
    matches: bool
    why: str

    @classmethod
    def of(cls, tried: Tried) -> "TriedAnswer":
        return cls(
            rule=tried.rule,
            name=tried.name,
            level=tried.level,
            taken=tried.taken,
            matches=tried.matches,
            why=tried.why,
        )


class BenchAnswer(Answer):
    """What would become of the file: nothing was sent or saved.

    `error` says why it would fail. An incoming envelope that no rule takes goes by the
    `defaultRule`. `result` is text, or base64 when it is not UTF-8.
    """

    direction: RuleDirection
    rule: str | None
    rule_name: str
    rules: list[TriedAnswer]
    default_rule: DefaultRule | None
    file_name: str
    source_xml: str
    result: str
    result_encoding: Encoding
    warnings: list[str]
    error: ProblemAnswer | None
    milliseconds: float
    explanation: ExplanationAnswer

    @classmethod
    def of(cls, tested: Tested) -> "BenchAnswer":
        result, encoding = shown(tested.result)
        return cls(
            direction=tested.direction,
            rule=tested.rule,
            rule_name=tested.rule_name,
            rules=[TriedAnswer.of(one) for one in tested.tried],
            default_rule=tested.default_rule,
            file_name=tested.file_name,
            source_xml=tested.source_xml.decode(errors="replace"),
            result=result,
            result_encoding=encoding,
            warnings=list(tested.warnings),
            error=ProblemAnswer.of(tested.problem) if tested.problem else None,
            milliseconds=round(tested.milliseconds, 3),
            explanation=ExplanationAnswer.of(tested.explanation),
        )


def shown(result: bytes) -> tuple[str, Encoding]:
    """Return the bytes as text, or as base64 when they are not UTF-8."""
    try:
        return result.decode(), "text"
    except UnicodeDecodeError:
        return base64.b64encode(result).decode(), "base64"
