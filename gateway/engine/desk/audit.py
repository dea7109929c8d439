"""Reading the audit log."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from gateway.core.desk.audit import AuditEntry, AuditQuery
from gateway.store import audit
from gateway.store.database import Database

BATCH = 500


@dataclass(frozen=True, slots=True)
class AuditLog:
    """The AuditDesk."""

    db: Database

    async def find(self, query: AuditQuery) -> tuple[int, Sequence[AuditEntry]]:
        async with self.db.read() as conn:
            return await audit.find(conn, query)

    async def every(self, query: AuditQuery) -> AsyncIterator[AuditEntry]:
        last: AuditEntry | None = None
        while True:
            # a read for each batch: whoever downloads slowly holds up nobody
            async with self.db.read() as conn:
                found = await audit.older(conn, query, last, BATCH)
            for last in found:
                yield last
            if len(found) < BATCH:
                return
