"""The audit log: who ordered what, when, on what; written with the change itself."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, String, and_, cast, insert, or_, select
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
    total, rows = await page(conn, _matching(query), query.limit, query.offset)
    return total, [_entry(row) for row in rows]


async def older(
    conn: AsyncConnection, query: AuditQuery, than: AuditEntry | None, most: int
) -> Sequence[AuditEntry]:
    """Return the next entries after *than* (None: the newest) in the same order."""
    found = _matching(query)
    if than is not None:
        same = and_(audit.c.at == than.at, audit.c.id < than.id)
        found = found.where(or_(audit.c.at < than.at, same))
    return [_entry(row) for row in await conn.execute(found.limit(most))]


def _matching(query: AuditQuery) -> Select[Any]:
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
        detail = cast(audit.c.detail, String)
        plain = contains(query.text, audit.c.who, audit.c.action, audit.c.subject)
        inside = [contains(each, detail) for each in _stored(query.text)]
        found = found.where(or_(plain, *inside))
    return found


def _stored(text: str) -> set[str]:
    """Return how the detail may hold the text: letters beyond ASCII are escaped."""
    ways = {text, text.lower(), text.upper(), text.capitalize()}
    return {json.dumps(each)[1:-1] for each in ways}


def _entry(row: Row[Any]) -> AuditEntry:
    return AuditEntry(
        id=row.id,
        at=row.at,
        who=row.who,
        action=row.action,
        subject=row.subject,
        before=row.detail.get("before", {}),
        after=row.detail.get("after", {}),
    )
