"""The desk of transfers: look, download, run again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway.core.desk import sentences
from gateway.core.desk.actor import Actor
from gateway.core.desk.content import Content
from gateway.core.desk.transfers import As2View, TransferQuery, TransferView
from gateway.core.errors import N_, Conflict, NotFound
from gateway.core.model import Direction, TransferId, TransferState
from gateway.core.ports import Blobs, Clock
from gateway.engine.desk import as2_views
from gateway.engine.ended import ENDED, ended
from gateway.store import (
    as2_messages,
    as2_sent,
    audit,
    deliveries,
    envelopes,
    transfer_list,
    transfers,
)
from gateway.store.database import Connection, Database


@dataclass(frozen=True, slots=True)
class Transfers:
    """Transfers as people see them."""

    db: Database
    blobs: Blobs
    clock: Clock

    async def search(self, query: TransferQuery) -> tuple[int, Sequence[TransferView]]:
        async with self.db.read() as conn:
            return await transfer_list.search(conn, query)

    async def get(self, transfer: TransferId) -> TransferView:
        async with self.db.read() as conn:
            return await _transfer(conn, transfer)

    async def overview(
        self, query: TransferQuery
    ) -> tuple[Mapping[TransferState, int], Sequence[TransferView]]:
        async with self.db.read() as conn:
            counts = await transfer_list.by_state(conn, query)
            return counts, await transfer_list.listing(conn, query)

    async def as2(self, transfer: TransferId) -> Sequence[As2View]:
        async with self.db.read() as conn:
            received = await as2_messages.of_transfer(conn, transfer)
            sent = await as2_sent.of_transfer(conn, transfer)
        return [
            *([as2_views.received(received)] if received else ()),
            *(as2_views.sent(message) for message in sent),
        ]

    async def content(self, transfer: TransferId) -> Content:
        found = await self.get(transfer)
        return Content(
            name=found.file_name,
            content_type=found.content_type or "application/octet-stream",
            size=found.blob.size,
            chunks=self.blobs.read(found.blob),
        )

    async def reprocess(self, actor: Actor, wanted: Sequence[TransferId]) -> None:
        now = self.clock()
        async with self.db.write() as conn:
            for transfer in dict.fromkeys(wanted):
                found = await _transfer(conn, transfer)
                if found.state is not TransferState.FAILED:
                    raise Conflict(
                        N_(
                            "The transfer {transfer} of {file_name} is {value}; only "
                            "a FAILED one can be run again."
                        ).format(
                            transfer=transfer,
                            file_name=found.file_name,
                            value=found.state.value,
                        ),
                        "transfer-not-failed",
                        {"transfer": transfer, "state": found.state.value},
                    )
                await _again(conn, actor, found, now)


async def _again(
    conn: Connection, actor: Actor, found: TransferView, now: datetime
) -> None:
    why = N_("run again by {login}").format(login=actor.login)
    if found.direction is Direction.RECEIVED:
        _must_be_received(found)
        transfer = await transfers.received(conn, found.id)
        if transfer is None:
            raise NotFound(
                N_("There is no received transfer {id}.").format(id=found.id)
            )
        await transfers.run_again(conn, found.id, transfer.upload, now, why)
    else:
        await _must_be_wanted(conn, found)
        await deliveries.reprocess(conn, found.id, now, why)
    before = {"code": found.problem.code if found.problem else ""}
    await audit.add(
        conn, now, actor.login, "transfer-reprocess", found.id, before=before
    )


async def _must_be_wanted(conn: Connection, found: TransferView) -> None:
    """Refuse the delivery of an envelope that was rejected or expired."""
    delivery = await deliveries.delivery(conn, found.id)
    if delivery is None:
        raise NotFound(N_("There is no delivery {id}.").format(id=found.id))
    parcel = delivery.parcel
    if parcel.envelope is None:
        return
    entry = await envelopes.inbox_entry(conn, parcel.envelope, parcel.mailbox)
    if entry is not None and entry.status in ENDED:
        problem = ended(entry.status)
        raise Conflict(f"{problem.message}. {problem.remedy}", problem.code)


def _must_be_received(found: TransferView) -> None:
    """Refuse what was kept for inspection only: its sender knows that it failed."""
    if found.problem is not None and found.problem.step == "receive":
        raise Conflict(
            N_(
                "The message of transfer {id} was refused, and its sender was told "
                "so. {remedy} Then have it sent again."
            ).format(id=found.id, remedy=found.problem.remedy),
            "transfer-refused",
            {"transfer": found.id},
        )


async def _transfer(conn: Connection, transfer: TransferId) -> TransferView:
    found = await transfer_list.get(conn, transfer)
    if found is None:
        raise NotFound(sentences.NO_TRANSFER(id=transfer))
    return found
