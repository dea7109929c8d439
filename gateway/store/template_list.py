"""Templates and their versions as lists show them: without their XML."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, Select, and_, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.core.desk.templates import TemplateRow
from gateway.core.model import TemplateId, TemplateVersionId
from gateway.store.listing import contains, page
from gateway.store.tables import template_versions, templates


async def search(
    conn: AsyncConnection, text: str, limit: int, offset: int
) -> tuple[int, Sequence[TemplateRow]]:
    """Return how many templates have the text in name or uuid, and one page."""
    newest = (
        select(
            template_versions.c.template,
            func.max(template_versions.c.number).label("number"),
        )
        .group_by(template_versions.c.template)
        .subquery()
    )
    found = _rows().join(
        newest,
        and_(
            newest.c.template == template_versions.c.template,
            newest.c.number == template_versions.c.number,
        ),
    )
    if text:
        found = found.where(contains(text, templates.c.name, templates.c.uuid))
    by_name = found.order_by(templates.c.name, templates.c.uuid)
    total, rows = await page(conn, by_name, limit, offset)
    return total, [_row(row) for row in rows]


async def history(
    conn: AsyncConnection, template: TemplateId, limit: int, offset: int
) -> tuple[int, Sequence[TemplateRow]]:
    """Return how many versions the template has, and one page, the latest first."""
    found = _rows().where(template_versions.c.template == template)
    latest_first = found.order_by(template_versions.c.number.desc())
    total, rows = await page(conn, latest_first, limit, offset)
    return total, [_row(row) for row in rows]


def _rows() -> Select[Any]:
    return select(
        templates.c.uuid.label("template"),
        templates.c.name,
        template_versions.c.uuid,
        template_versions.c.number,
        template_versions.c.created_at,
    ).join(template_versions, template_versions.c.template == templates.c.uuid)


def _row(row: Row[Any]) -> TemplateRow:
    return TemplateRow(
        uuid=TemplateId(row.template),
        name=row.name,
        version=TemplateVersionId(row.uuid),
        number=row.number,
        created_at=row.created_at,
    )
