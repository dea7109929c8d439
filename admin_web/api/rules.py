"""Conversion rules: write, execute, order, switch."""

import asyncio
import base64
import binascii
from collections.abc import Sequence
from datetime import date
from typing import Any

from aiohttp import web
from pydantic import Field, GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema
from typing_extensions import override

from admin_web.api.download import OCTETS, download
from admin_web.api.models import Answer, Body, Query
from admin_web.api.operation import Call, Handler, Operation
from admin_web.api.rule_bench_models import Encoding, ExplanationAnswer, shown
from admin_web.api.rule_models import ExecuteBody, RuleAnswer, RuleBody
from gateway.core.desk.actor import PersonRole
from gateway.core.desk.rules import Example, RuleDraft
from gateway.core.errors import Invalid
from gateway.core.model import MailboxId, RuleId

EXAMPLE_MAX = 16 << 20


class DaysQuery(Query):
    """How many days are wanted, today included."""

    days: int = Field(default=30, ge=1, le=90)


class DayAnswer(Answer):
    """What became of a rule's documents on a day (UTC)."""

    day: date
    succeeded: int
    failed: int


class OrderBody(Body):
    """The uuids of the rules in their new order: a plain JSON list."""

    order: list[str]

    @model_validator(mode="before")
    @classmethod
    def _list(cls, value: object) -> object:
        if not isinstance(value, list):
            raise ValueError("must be a list of rule uuids: [uuid, uuid]")  # noqa: TRY004 - pydantic reports a ValueError as the caller's fault
        return {"order": value}

    @override
    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {"type": "array", "items": {"type": "string"}}


class ExecuteAnswer(Answer):
    """What became of the example.

    `sourceXml` is what the stylesheet saw; `result` is text, or base64 when it is not
    UTF-8. `executeToken` lets exactly this content be saved within 24 hours.
    """

    execute_token: str
    source_xml: str
    file_name: str
    result: str
    result_encoding: Encoding
    warnings: list[str]
    explanation: ExplanationAnswer


async def list_rules(call: Call) -> list[RuleAnswer]:
    found = await call.desk.rules.listing(_mailbox(call))
    return [RuleAnswer.of(rule) for rule in found]


async def add_rule(call: Call) -> RuleAnswer:
    body = call.body(RuleBody)
    rule = await call.desk.rules.add(
        call.actor, _mailbox(call), body.draft(), body.execute_token or ""
    )
    return RuleAnswer.of(rule)


async def order_rules(call: Call) -> list[RuleAnswer]:
    order = [RuleId(uuid.lower()) for uuid in call.body(OrderBody).order]
    found = await call.desk.rules.order(call.actor, _mailbox(call), order)
    return [RuleAnswer.of(rule) for rule in found]


async def get_rule(call: Call) -> RuleAnswer:
    return RuleAnswer.of(await call.desk.rules.get(_rule(call)))


async def get_rule_days(call: Call) -> list[DayAnswer]:
    found = await call.desk.rules.days(_rule(call), call.query(DaysQuery).days)
    return [DayAnswer.model_validate(each) for each in found]


async def save_rule(call: Call) -> RuleAnswer:
    body = call.body(RuleBody)
    rule = _rule(call)
    if body.uuid is not None and body.uuid.lower() != rule:
        why = "is another rule's than the one in the path"
        raise Invalid(f"uuid: {why}.", data={"uuid": why})
    draft = body.over(RuleDraft.of(await call.desk.rules.get(rule)))
    saved = await call.desk.rules.save(
        call.actor, rule, draft, body.execute_token or ""
    )
    return RuleAnswer.of(saved)


async def remove_rule(call: Call) -> None:
    await call.desk.rules.remove(call.actor, _rule(call))


async def clone_rule(call: Call) -> RuleAnswer:
    return RuleAnswer.of(await call.desk.rules.clone(call.actor, _rule(call)))


async def enable_rule(call: Call) -> RuleAnswer:
    rule = await call.desk.rules.switch(call.actor, _rule(call), enabled=True)
    return RuleAnswer.of(rule)


async def disable_rule(call: Call) -> RuleAnswer:
    rule = await call.desk.rules.switch(call.actor, _rule(call), enabled=False)
    return RuleAnswer.of(rule)


async def get_rule_example(call: Call) -> web.StreamResponse:
    return await download(call, await call.desk.rules.example(_rule(call)))


async def execute_rule(call: Call) -> ExecuteAnswer:
    body = call.body(ExecuteBody)
    if not body.mailbox:
        why = "is missing; the uuid of the mailbox to try the rule for"
        raise Invalid(f"mailbox: {why}.", data={"mailbox": why})
    done = await call.desk.rules.execute(
        MailboxId(body.mailbox.lower()),
        body.draft(),
        await asyncio.to_thread(_example, body),
        RuleId(body.uuid.lower()) if body.uuid else None,
    )
    result, encoding = shown(done.result)
    return ExecuteAnswer(
        execute_token=done.execute_token,
        source_xml=done.source_xml.decode(errors="replace"),
        file_name=done.file_name,
        result=result,
        result_encoding=encoding,
        warnings=list(done.warnings),
        explanation=ExplanationAnswer.of(done.explanation),
    )


def _example(body: ExecuteBody) -> Example | None:
    if body.example_content is None:
        return None
    data = decoded("exampleContent", body.example_content)
    return Example(body.example_name or "example", data)


def decoded(field: str, text: str) -> bytes:
    """Return the bytes of base64; Invalid names the field if it is none or too much."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        why = f"is not base64: {error}"
        raise Invalid(f"{field} {why}.", data={field: why}) from error
    if len(data) > EXAMPLE_MAX:
        why = f"has {len(data)} bytes; an example may have {EXAMPLE_MAX}"
        raise Invalid(f"{field} {why}.", data={field: why})
    return data


def _mailbox(call: Call) -> MailboxId:
    return MailboxId(call.path("uuid"))


def _rule(call: Call) -> RuleId:
    return RuleId(call.path("uuid"))


def _operation(
    method: str, path: str, handler: Handler, summary: str, **more: Any
) -> Operation:
    reads = method == "GET"
    return Operation(
        method=method,
        path=path,
        handler=handler,
        summary=summary,
        role=PersonRole.AUDITOR if reads else PersonRole.INTEGRATOR,
        tags=("rules",),
        **more,
    )


OF_MAILBOX = "/api/v1/mailboxes/{uuid}/rules"
RULE = "/api/v1/rules/{uuid}"
OPERATIONS: Sequence[Operation] = (
    _operation(
        "GET",
        OF_MAILBOX,
        list_rules,
        "The mailbox's rules, then the account's, in the order they are tried",
        answer=list[RuleAnswer],
    ),
    _operation(
        "POST",
        OF_MAILBOX,
        add_rule,
        "Add a rule that was executed",
        body=RuleBody,
        max_bytes=24 << 20,
        answer=RuleAnswer,
        status=201,
    ),
    _operation(
        "PUT",
        f"{OF_MAILBOX}/order",
        order_rules,
        "Put the rules into this order",
        body=OrderBody,
        answer=list[RuleAnswer],
    ),
    _operation(
        "POST",
        "/api/v1/rules/execute",
        execute_rule,
        "Try a rule on an example; nothing is saved",
        body=ExecuteBody,
        max_bytes=48 << 20,
        answer=ExecuteAnswer,
    ),
    _operation("GET", RULE, get_rule, "One rule", answer=RuleAnswer),
    _operation(
        "PUT",
        RULE,
        save_rule,
        "Change a rule; new content must have been executed",
        body=RuleBody,
        max_bytes=24 << 20,
        answer=RuleAnswer,
    ),
    _operation("DELETE", RULE, remove_rule, "Remove a rule", status=204),
    _operation(
        "POST",
        f"{RULE}/clone",
        clone_rule,
        'Add "Copy of ...", switched off',
        answer=RuleAnswer,
        status=201,
    ),
    _operation("POST", f"{RULE}/enable", enable_rule, "Switch on", answer=RuleAnswer),
    _operation(
        "POST", f"{RULE}/disable", disable_rule, "Switch off", answer=RuleAnswer
    ),
    _operation(
        "GET",
        f"{RULE}/statistics",
        get_rule_days,
        "How many documents it converted, and how many not, day by day, today first",
        query=DaysQuery,
        answer=list[DayAnswer],
    ),
    _operation(
        "GET",
        f"{RULE}/example",
        get_rule_example,
        "The example the rule was last executed with",
        produces=OCTETS,
    ),
)
