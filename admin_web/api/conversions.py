"""The conversion log."""

from collections.abc import Sequence
from datetime import datetime

from pydantic import Field

from admin_web.api.listing import Listing, Paged, listing
from admin_web.api.models import Answer
from admin_web.api.operation import Call, Operation
from gateway.core.desk.actor import PersonRole
from gateway.core.desk.conversions import (
    Conversion,
    ConversionQuery,
    ConversionStatus,
)
from gateway.core.model import MailboxId, RuleId


class LogQuery(Paged):
    """Which lines; `noRule` keeps those that no rule matched."""

    mailbox_id: str | None = None
    rule_id: str | None = None
    status: ConversionStatus | None = None
    keyword: str = Field(default="", max_length=255)
    no_rule: bool = False


class ConversionAnswer(Answer):
    """One line of the log."""

    id: int
    created_at: datetime
    mailbox_id: str
    rule_id: str | None
    rule_name: str
    direction: str
    transfer_uuid: str | None
    envelope_uuid: str | None
    file_name: str
    status: str
    message: str


async def conversion_log(call: Call) -> Listing[ConversionAnswer]:
    query = call.query(LogQuery)
    total, lines = await call.desk.conversions.search(
        ConversionQuery(
            mailbox=MailboxId(query.mailbox_id.lower()) if query.mailbox_id else None,
            rule=RuleId(query.rule_id.lower()) if query.rule_id else None,
            status=query.status,
            keyword=query.keyword,
            no_rule=query.no_rule,
            limit=query.limit,
            offset=query.offset,
        )
    )
    return listing(total, query, [_answer(line) for line in lines])


def _answer(line: Conversion) -> ConversionAnswer:
    return ConversionAnswer(
        id=line.id,
        created_at=line.at,
        mailbox_id=line.mailbox,
        rule_id=line.rule,
        rule_name=line.rule_name,
        direction=line.direction,
        transfer_uuid=line.transfer,
        envelope_uuid=line.envelope,
        file_name=line.file_name,
        status=line.status,
        message=line.message,
    )


OPERATIONS: Sequence[Operation] = (
    Operation(
        method="GET",
        path="/api/v1/integration/conversion-log",
        handler=conversion_log,
        summary="What each rule made of each document, newest first",
        role=PersonRole.AUDITOR,
        tags=("conversion log",),
        query=LogQuery,
        answer=Listing[ConversionAnswer],
    ),
)
