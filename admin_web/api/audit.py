"""The audit log."""

from collections.abc import Sequence
from datetime import datetime

from pydantic import AwareDatetime, Field, JsonValue

from admin_web.api.listing import Listing, Paged, listing
from admin_web.api.models import Answer
from admin_web.api.operation import Call, Operation
from gateway.core.desk.actor import PersonRole
from gateway.core.desk.audit import AuditEntry, AuditQuery


class AuditParameters(Paged):
    """Filters; `from` is included, `to` is not."""

    who: str = ""
    action: str = ""
    subject: str = ""
    since: AwareDatetime | None = Field(default=None, alias="from")
    until: AwareDatetime | None = Field(default=None, alias="to")
    q: str = ""


class AuditLine(Answer):
    """One order; secrets are masked."""

    id: int
    at: datetime
    who: str
    action: str
    subject: str
    before: dict[str, JsonValue]
    after: dict[str, JsonValue]


async def list_audit(call: Call) -> Listing[AuditLine]:
    query = call.query(AuditParameters)
    total, entries = await call.desk.audit.find(
        AuditQuery(
            who=query.who,
            action=query.action,
            subject=query.subject,
            since=query.since,
            until=query.until,
            text=query.q,
            limit=query.limit,
            offset=query.offset,
        )
    )
    return listing(total, query, [_line(entry) for entry in entries])


def _line(entry: AuditEntry) -> AuditLine:
    return AuditLine.model_validate(entry)


OPERATIONS: Sequence[Operation] = (
    Operation(
        method="GET",
        path="/api/v1/audit",
        handler=list_audit,
        summary="Read the audit log, the newest first",
        role=PersonRole.AUDITOR,
        tags=("audit",),
        query=AuditParameters,
        answer=Listing[AuditLine],
    ),
)
