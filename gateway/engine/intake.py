"""Accepting documents: durable first, everything else later."""

from dataclasses import dataclass

from gateway.core.model import Receipt, TransferId, Upload
from gateway.core.ports import Clock, NewId
from gateway.store import transfers
from gateway.store.database import Database


@dataclass(frozen=True, slots=True)
class StoreIntake:
    """The Intake for protocols without folders; an SFTP CLOSE has its own."""

    db: Database
    clock: Clock
    new_id: NewId

    async def receive(self, upload: Upload) -> Receipt:
        """Record the upload, whose blob is durable, and the job that routes it."""
        receipt = Receipt(id=TransferId(self.new_id()), received_at=self.clock())
        async with self.db.write() as conn:
            await transfers.receive(conn, receipt, upload)
        return receipt
