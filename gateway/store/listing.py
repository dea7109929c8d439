"""What lists of documents share: text search and one page with the whole number."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection


async def page(
    conn: AsyncConnection, found: Select[Any], limit: int, offset: int
) -> tuple[int, Sequence[Row[Any]]]:
    """Return how many rows `found` has in all, and one page of them."""
    count = select(func.count()).select_from(found.order_by(None).subquery())
    total: int = (await conn.execute(count)).scalar_one()
    rows = (await conn.execute(found.limit(limit).offset(offset))).all()
    return total, rows


def contains(text: str, *columns: ColumnElement[str]) -> ColumnElement[bool]:
    """Return the condition that one of the columns holds `text`, in any case."""
    return or_(*(column.icontains(text, autoescape=True) for column in columns))
