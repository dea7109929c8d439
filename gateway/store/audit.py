"""The audit log: who ordered what, when, on what; written with the change itself."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.core.desk.audit import AuditEntry, AuditQuery
from gateway.store.listing import contains, page
from gateway.store.tables import audit

MASK = "***"
_SECRET_WORDS = ("password", "secret", "token", "authorization", "privatekey")


async def add(
    conn: AsyncConnection,
    at: datetime,
    actor_login: str,
    action: str,
    subject: str,
    *,
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
) -> None:
    """Book one order: `action` in kebab-case, `subject` the uuid or login acted upon.

    `before` and `after` hold JSON values; what is named like a secret is masked.
    """
    detail = {"before": masked(before or {}), "after": masked(after or {})}
    await conn.execute(
        insert(audit).values(
            at=at,
            who=actor_login,
            action=action,
            subject=subject[:255],
            detail=detail,
        )
    )


def masked(value: object, name: str = "") -> object:
    """Return the JSON value with everything under a secret's name hidden."""
    if isinstance(value, Mapping):
        return {key: masked(inner, str(key)) for key, inner in value.items()}
    flat = name.lower().replace("_", "").replace("-", "")
    if value and any(word in flat for word in _SECRET_WORDS):
        return value if isinstance(value, bool) else MASK
    if isinstance(value, list | tuple):
        return [masked(inner, name) for inner in value]
    return value


async def find(
    conn: AsyncConnection, query: AuditQuery
) -> tuple[int, Sequence[AuditEntry]]:
    """Return how many entries there are, and one page, the newest first."""
    found = select(audit).order_by(audit.c.at.desc(), audit.c.id.desc())
    for column, wanted in (
        (audit.c.who, query.who),
        (audit.c.action, query.action),
        (audit.c.subject, query.subject),
    ):
        if wanted:
            found = found.where(column == wanted)
    if query.since:
        found = found.where(audit.c.at >= query.since)
    if query.until:
        found = found.where(audit.c.at < query.until)
    if query.text:
        found = found.where(
            contains(query.text, audit.c.who, audit.c.action, audit.c.subject)
        )
    total, rows = await page(conn, found, query.limit, query.offset)
    return total, [
        AuditEntry(
            id=row.id,
            at=row.at,
            who=row.who,
            action=row.action,
            subject=row.subject,
            before=row.detail.get("before", {}),
            after=row.detail.get("after", {}),
        )
        for row in rows
    ]
