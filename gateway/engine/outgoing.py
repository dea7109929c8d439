"""A file on its way to a remote server, before it is a delivery."""

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.core.interchange import Reference
from gateway.core.model import BlobRef, FileName, RuleId, Top
from gateway.store import deliveries
from gateway.store.database import Database
from gateway.store.envelopes import InboxEntry


@dataclass(frozen=True, slots=True)
class OutFile:
    """What goes into which folder; *references* are what a partner acknowledges."""

    rule: RuleId | None
    top: Top
    name: FileName
    blob: BlobRef
    references: Sequence[Reference] = ()


async def seed_of(db: Database, entry: InboxEntry, *, again: bool) -> str:
    """Return what control numbers are given for: new ones for each that arrived.

    What did not reach the partner keeps its numbers when it is made again.
    """
    done = 0
    if again:
        async with db.read() as conn:
            done = await deliveries.count(conn, entry.envelope, entry.mailbox)
    return f"{entry.envelope}|{entry.mailbox}|{done}"
