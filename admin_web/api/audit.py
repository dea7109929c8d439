"""The audit log."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from aiohttp import web
from pydantic import AwareDatetime, Field, JsonValue

from admin_web.api.audit_csv import as_csv
from admin_web.api.download import download
from admin_web.api.listing import Listing, Paged, listing
from admin_web.api.models import Answer, Query
from admin_web.api.operation import Call, Operation
from gateway.core.desk.actor import PersonRole
from gateway.core.desk.audit import AuditEntry, AuditQuery


class AuditParameters(Query):
    """Filters; `from` is included, `to` is not."""

    who: str = ""
    action: str = ""
    subject: str = ""
    since: AwareDatetime | None = Field(default=None, alias="from")
    until: AwareDatetime | None = Field(default=None, alias="to")
    q: str = ""


class AuditPage(AuditParameters, Paged):
    """Which page of what matches."""


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
    query = call.query(AuditPage)
    wanted = replace(_query(query), limit=query.limit, offset=query.offset)
    total, entries = await call.desk.audit.find(wanted)
    return listing(total, query, [_line(entry) for entry in entries])


async def export_audit(call: Call) -> web.StreamResponse:
    wanted = _query(call.query(AuditParameters))
    return await download(call, as_csv(call.desk.audit.every(wanted)))


def _query(query: AuditParameters) -> AuditQuery:
    return AuditQuery(
        who=query.who,
        action=query.action,
        subject=query.subject,
        since=query.since,
        until=query.until,
        text=query.q,
    )


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
        query=AuditPage,
        answer=Listing[AuditLine],
    ),
    Operation(
        method="GET",
        path="/api/v1/audit/export",
        handler=export_audit,
        summary="Download the audit log as CSV, the newest first",
        role=PersonRole.AUDITOR,
        tags=("audit",),
        query=AuditParameters,
        produces="text/csv",
    ),
)
