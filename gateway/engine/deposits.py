"""The gateway's own files in the folders of SFTP mailboxes."""

from dataclasses import dataclass

from gateway.core.model import BlobRef, FileName, Folder, MailboxId, TransferId
from gateway.core.ports import Clock
from gateway.store import entries
from gateway.store.database import Database


@dataclass(frozen=True, slots=True)
class MailboxDeposits:
    """The port Deposits."""

    db: Database
    clock: Clock

    async def place(
        self,
        mailbox: MailboxId,
        folder: Folder,
        name: FileName,
        blob: BlobRef,
        delivery: TransferId,
    ) -> FileName:
        """Add the file once per `delivery`; a taken name gets the time appended."""
        async with self.db.write() as conn:
            return await entries.place(
                conn, mailbox, folder, name, blob, transfer=delivery, at=self.clock()
            )
