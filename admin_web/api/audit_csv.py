"""The audit log as a file that spreadsheets open."""

import csv
import io
import json
from collections.abc import AsyncIterator

from gateway.core.desk.audit import AuditEntry
from gateway.core.desk.content import Content

COLUMNS = ("at", "who", "action", "subject", "before", "after")
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def as_csv(entries: AsyncIterator[AuditEntry]) -> Content:
    """Return the file (RFC 4180, UTF-8 with its mark, which Excel needs)."""
    return Content(
        name="audit.csv",
        content_type="text/csv; charset=utf-8",
        size=None,
        chunks=_lines(entries),
    )


async def _lines(entries: AsyncIterator[AuditEntry]) -> AsyncIterator[bytes]:
    yield b"\xef\xbb\xbf" + _line(COLUMNS)
    async for entry in entries:
        yield _line(
            (
                entry.at.isoformat(),
                _harmless(entry.who),
                entry.action,
                _harmless(entry.subject),
                _json(entry.before),
                _json(entry.after),
            )
        )


def _line(cells: tuple[str, ...]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerow(cells)
    return text.getvalue().encode()


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False) if value else ""


def _harmless(text: str) -> str:
    """Keep a spreadsheet from taking the text for a formula."""
    return f"'{text}" if text.startswith(FORMULA) else text
