"""Reading the audit log."""

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.core.desk.audit import AuditEntry, AuditQuery
from gateway.store import audit
from gateway.store.database import Database


@dataclass(frozen=True, slots=True)
class AuditLog:
    """The AuditDesk."""

    db: Database

    async def find(self, query: AuditQuery) -> tuple[int, Sequence[AuditEntry]]:
        async with self.db.read() as conn:
            return await audit.find(conn, query)
