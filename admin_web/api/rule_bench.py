"""The test bench: what a mailbox's rules would do with a file, and why."""

import asyncio
from collections.abc import Sequence

from admin_web.api.operation import Call, Operation
from admin_web.api.rule_bench_models import BenchAnswer, BenchBody
from admin_web.api.rules import OF_MAILBOX, decoded
from gateway.core.desk.actor import PersonRole
from gateway.core.desk.rules import Example
from gateway.core.model import MailboxId


async def try_rules(call: Call) -> BenchAnswer:
    body = call.body(BenchBody)
    data = await asyncio.to_thread(decoded, "content", body.content)
    tested = await call.desk.bench.test(
        MailboxId(call.path("uuid")),
        Example(body.file_name, data),
        body.attributes,
        body.direction,
    )
    return await asyncio.to_thread(BenchAnswer.of, tested)


OPERATIONS: Sequence[Operation] = (
    Operation(
        method="POST",
        path=f"{OF_MAILBOX}/test",
        handler=try_rules,
        summary="What the rules would do with a file, and why; nothing happens",
        role=PersonRole.INTEGRATOR,
        tags=("rules",),
        body=BenchBody,
        max_bytes=24 << 20,
        answer=BenchAnswer,
    ),
)
