"""The dry run: a changed rule on documents of the past, before it is switched on."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from pydantic import Field

from admin_web.api.models import Answer
from admin_web.api.operation import Call, Operation
from admin_web.api.problems import ProblemAnswer
from admin_web.api.rule_models import RuleBody
from gateway.core.desk.actor import PersonRole
from gateway.core.desk.rehearsal import LAST_MAX, Outcome, Past, Rehearsed
from gateway.core.desk.rules import RuleDraft
from gateway.core.errors import Invalid
from gateway.core.model import MailboxId, RuleId

THIS: Literal["this"] = "this"


class DryRunBody(RuleBody):
    """A rule, whose documents it is tried on, and how many of them.

    With a `uuid` it is that rule, changed by what is given; nothing is saved. `of`:
    "this" (documents that this rule handled; for a new one all), "all" (every document
    of the mailbox), or the uuids of rules. `after` is the `next` of the answer before.
    """

    of: Literal["this", "all"] | list[str] = THIS
    last: int = Field(default=20, ge=1, le=LAST_MAX)
    after: str = ""


class RehearsedAnswer(Answer):
    """A document: what was done then, and what the rule would do now.

    `difference` has the lines of a unified diff, what was made then against now;
    `differenceCut` if there are more.
    """

    at: datetime
    transfer: str | None
    envelope: str | None
    file_name: str
    rule: str | None
    rule_name: str
    outcome: Outcome
    error: ProblemAnswer | None
    warnings: list[str]
    note: str
    name_then: str
    name_now: str
    difference: list[str]
    difference_cut: bool
    milliseconds: float

    @classmethod
    def of(cls, one: Rehearsed) -> "RehearsedAnswer":
        return cls(
            at=one.at,
            transfer=one.transfer,
            envelope=one.envelope,
            file_name=one.file_name,
            rule=one.rule,
            rule_name=one.rule_name,
            outcome=one.outcome,
            error=ProblemAnswer.of(one.problem) if one.problem else None,
            warnings=list(one.warnings),
            note=one.note,
            name_then=one.name_then,
            name_now=one.name_now,
            difference=list(one.difference),
            difference_cut=one.cut,
            milliseconds=round(one.milliseconds, 3),
        )


class DryRunAnswer(Answer):
    """A part of the dry run: as many documents as a few seconds allow.

    While `next` is not empty, send the same again with it as `after`.
    """

    total: int
    done: int
    documents: list[RehearsedAnswer]
    next: str


async def dry_run(call: Call) -> DryRunAnswer:
    body = call.body(DryRunBody)
    if not body.mailbox:
        why = "is missing; the uuid of the mailbox whose documents are tried"
        raise Invalid(f"mailbox: {why}.", data={"mailbox": why})
    rule = RuleId(body.uuid.lower()) if body.uuid else None
    if rule:
        draft = body.over(RuleDraft.of(await call.desk.rules.get(rule)))
    else:
        draft = body.draft()
    run = await call.desk.rehearsals.run(
        MailboxId(body.mailbox.lower()),
        draft,
        rule,
        Past(of=_of(body, rule), last=body.last, after=body.after),
    )
    return DryRunAnswer(
        total=run.total,
        done=run.done,
        documents=[RehearsedAnswer.of(one) for one in run.documents],
        next=run.next,
    )


def _of(body: DryRunBody, rule: RuleId | None) -> Sequence[RuleId] | None:
    if isinstance(body.of, list):
        return [RuleId(each.lower()) for each in body.of]
    return [rule] if body.of == THIS and rule else None


OPERATIONS: Sequence[Operation] = (
    Operation(
        method="POST",
        path="/api/v1/rules/dry-run",
        handler=dry_run,
        summary="What a changed rule would make of documents of the past",
        role=PersonRole.INTEGRATOR,
        tags=("rules",),
        body=DryRunBody,
        max_bytes=24 << 20,
        answer=DryRunAnswer,
    ),
)
