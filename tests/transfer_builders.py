"""Transfers put into the store, in the states that pages show."""

from datetime import datetime, timedelta

from gateway.core.model import (
    BlobRef,
    Channel,
    EnvelopeId,
    FileName,
    Folder,
    MailboxId,
    Parcel,
    Problem,
    Queued,
    Receipt,
    RuleId,
    Top,
    TransferId,
    Upload,
)
from gateway.store import deliveries, transfers
from gateway.store.database import Database
from gateway.store.tables import envelopes

NO_RULE = Problem(
    "no-rule", "no OUT rule matches", "match", remedy="Add a rule; then reprocess it."
)
BROKEN = Problem("xslt-runtime", "it <b>broke", "convert", RuleId("r9"), 7, "Mend it.")
NOTHING = BlobRef("0" * 64, 1)


async def put_received(
    db: Database,
    box: MailboxId,
    at: datetime,
    uuid: str,
    name: str = "order.edi",
    problem: Problem | None = None,
    *,
    channel: Channel = Channel.SFTP,
    blob: BlobRef = NOTHING,
) -> None:
    """Record a received file, failed if a problem is given."""
    upload = Upload(
        mailbox=box,
        channel=channel,
        name=FileName(name),
        folder=Folder(Top.COUTBOX),
        blob=blob,
    )
    async with db.write() as conn:
        receipt = Receipt(id=TransferId(uuid), received_at=at)
        await transfers.receive(conn, receipt, upload)
        if problem:
            await transfers.failed(conn, TransferId(uuid), problem, at)


async def put_waiting(
    db: Database, box: MailboxId, at: datetime, uuid: str
) -> datetime:
    """Record a delivery that was tried twice; return when it is tried again."""
    again = at + timedelta(minutes=3)
    parcel = Parcel(
        transfer=TransferId(uuid),
        envelope=EnvelopeId("e1"),
        mailbox=box,
        name=FileName("erp.xml"),
        folder=Folder(Top.CINBOX),
        blob=NOTHING,
    )
    async with db.write() as conn:
        await conn.execute(
            envelopes.insert().values(
                uuid="e1",
                template="t",
                template_version="v",
                subject="Order 7",
                message="",
                sender=box,
                status="WAITING",
                sha256=NOTHING.sha256,
                size=NOTHING.size,
                scenario="",
                reject_reason="",
                source_index=0,
                created_at=at,
            )
        )
        await deliveries.enqueue(conn, parcel, Channel.AS2, None, at)
        await deliveries.settle(conn, parcel.transfer, Channel.AS2, Queued(2, again))
        why = f"attempt 2 failed: no answer; next at {again.isoformat()}"
        await transfers.note(conn, parcel.transfer, at, "deliver", why)
    return again
