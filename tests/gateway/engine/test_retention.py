"""Retention against a real database and real blobs: the old goes, the open stays."""

import os
from datetime import timedelta
from itertools import count

import pytest
from sqlalchemy import func, insert, select, update

from gateway.adapters.blobs import FolderBlobs
from gateway.engine import retention as module
from gateway.engine.retention import KeepDays, Retention
from gateway.store.retention import REFERENCES, Finished, over
from gateway.store.tables import (
    attachments,
    audit,
    conversions,
    entries,
    envelope_attachments,
    envelope_fields,
    envelopes,
    jobs,
    mailbox_entries,
    mailboxes,
    mails,
    metadata,
    recovery_codes,
    rules,
    tokens,
    trace,
    transfer_envelopes,
    transfers,
)

DAY = timedelta(days=1)
ALL = KeepDays(transfers=30, envelopes=30, mails=30, audit=30)
DONE = {"RECEIVED": "PROCESSED", "DELIVERED": "DELIVERED"}


@pytest.fixture
def blobs(tmp_path):
    numbers = count()
    return FolderBlobs(tmp_path / "blobs", lambda: str(next(numbers)))


def _days(keep):
    async def days():
        return keep

    return days


class World:
    """Makes rows of a given age; everything is old and finished unless said."""

    def __init__(self, db, blobs, clock):
        self.db, self.blobs, self.clock = db, blobs, clock
        self.old = clock() - 40 * DAY

    async def add(self, table, **values):
        async with self.db.write() as conn:
            await conn.execute(insert(table).values(**values))

    async def count(self, table):
        async with self.db.read() as conn:
            return await conn.scalar(select(func.count()).select_from(table))

    async def ids(self, table):
        async with self.db.read() as conn:
            return set((await conn.execute(select(table.c.uuid))).scalars())

    async def blob(self, text, *, old=True):
        ref = await self.blobs.put(text.encode())
        if old:
            at = self.old.timestamp()
            os.utime(self.blobs.path(ref), (at, at))
        return {"sha256": ref.sha256, "size": ref.size}

    def has(self, text_ref):
        folder = self.blobs.root / text_ref["sha256"][:2]
        return (folder / text_ref["sha256"]).exists()

    async def transfer(
        self, uuid, direction="RECEIVED", *, ended="old", envelope=None, state=None
    ):
        blob = await self.blob(uuid)
        await self.add(
            transfers, uuid=uuid, mailbox="m", direction=direction, protocol="SFTP",
            folder="coutbox", file_name="f", content_type="", attributes={},
            state=state or DONE[direction], attempts=1, created_at=self.old,
            envelope=envelope,
            delivery_key=uuid if direction == "DELIVERED" else None,
            finished_at=self.old if ended == "old" else ended, **blob,
        )  # fmt: skip
        await self.add(trace, transfer=uuid, at=self.old, step="receive", detail="")
        await self.log(transfer=uuid, envelope=envelope)
        return blob

    async def log(self, **values):
        await self.add(
            conversions, at=self.old, mailbox="m", direction="OUT", file_name="f",
            status="SUCCEED", message="", **values,
        )  # fmt: skip

    async def envelope(self, uuid, *, status="COMPLETED", view=None, ended="old"):
        blob = await self.blob(uuid)
        await self.add(
            envelopes, uuid=uuid, template="t", template_version="v", subject="",
            message="", sender="m", status=status, scenario="", reject_reason="",
            source_index=0, created_at=self.old,
            completed_at=self.old if ended == "old" else ended, **blob,
        )  # fmt: skip
        await self.add(
            mailbox_entries, envelope=uuid, mailbox="m", scope="inbox",
            status=view or status, roles=[], status_at=self.old, created_at=self.old,
            how="",
        )  # fmt: skip
        await self.add(
            envelope_fields, envelope=uuid, document="d", name="n", value="v"
        )
        await self.add(
            attachments, uuid=f"a-{uuid}", name="a", content_type="",
            created_at=self.old, **await self.blob(f"a-{uuid}"),
        )  # fmt: skip
        await self.add(envelope_attachments, envelope=uuid, attachment=f"a-{uuid}")
        return blob

    async def job(self, kind, subject):
        await self.add(
            jobs, kind=kind, subject=subject, run_at=self.old, attempts=0, dead=True,
            last_error="", lane="",
        )  # fmt: skip

    async def entry(self, name, transfer=None, **values):
        await self.add(
            entries, mailbox="m", folder="error", name=name, is_folder=False,
            modified_at=self.old, transfer=transfer, **{"size": 0, **values},
        )  # fmt: skip

    async def clear(self, keep=ALL, batch=3):
        finished = Finished(self.db, batch)
        await Retention(finished, self.blobs, self.clock, _days(keep)).clear()


@pytest.fixture
async def world(db, blobs, clock):
    world = World(db, blobs, clock)
    await world.add(mailboxes, uuid="m", name="M", created_at=world.old)
    return world


async def test_by_default_all_but_payloads_of_nothing_is_kept_for_ever(world):
    blob = await world.transfer("t1")
    orphan = await world.blob("orphan")
    await world.envelope("e1")
    await world.clear(KeepDays())
    assert await world.ids(transfers) == {"t1"}
    assert await world.ids(envelopes) == {"e1"}
    assert world.has(blob)
    assert not world.has(orphan)


async def test_what_is_finished_and_old_goes_with_all_that_hangs_on_it(world):
    refs = []
    for n in range(10):
        refs.append(await world.envelope(f"e{n}"))
        refs.append(await world.transfer(f"r{n}"))
        await world.add(transfer_envelopes, transfer=f"r{n}", envelope=f"e{n}")
        refs.append(await world.transfer(f"d{n}", "DELIVERED", envelope=f"e{n}"))
        await world.log(envelope=f"e{n}")
    await world.clear()
    for table in metadata.sorted_tables:
        assert await world.count(table) == (table is mailboxes), table.name
    assert not any(world.has(ref) for ref in refs)


async def test_what_would_go_is_counted_before_it_goes(world, clock):
    for n in range(4):
        await world.envelope(f"e{n}")
        blob = await world.transfer(f"r{n}")
        await world.transfer(f"d{n}", "DELIVERED", envelope=f"e{n}")
        await world.add(audit, at=world.old, who="a", action="x", subject="", detail={})
    await world.transfer("open", ended=None, state="PROCESSING")
    await world.entry("kept.edi", "r3", **blob)
    kinds = ("transfers", "envelopes", "mails", "audit")
    before = dict.fromkeys(kinds, clock() - 30 * DAY)
    async with world.db.read() as conn:
        counted = await over(conn, before)
    assert counted == {"transfers": 7, "envelopes": 4, "mails": 0, "audit": 4}
    await world.clear(KeepDays(transfers=30, audit=30))
    assert await world.ids(transfers) == {"r3", "open"}
    assert await world.count(audit) == 0


async def test_what_ended_lately_stays(world, clock):
    lately = clock() - 29 * DAY
    await world.transfer("r", ended=lately)
    await world.envelope("e", ended=lately)
    await world.transfer("d", "DELIVERED", ended=lately, envelope="e")
    await world.clear()
    assert await world.ids(transfers) == {"r", "d"}
    assert await world.ids(envelopes) == {"e"}
    assert await world.count(trace) == 2


@pytest.mark.parametrize("state", ["RECEIVED", "PROCESSING"])
async def test_a_received_transfer_that_has_not_ended_stays(world, state):
    blob = await world.transfer("r", ended=None, state=state)
    await world.clear()
    assert await world.ids(transfers) == {"r"}
    assert world.has(blob)


async def test_a_transfer_with_a_job_stays_even_if_the_job_is_dead(world):
    await world.transfer("r")
    await world.job("route", "r")
    await world.transfer("gone")
    await world.clear()
    assert await world.ids(transfers) == {"r"}


async def test_a_failed_transfer_whose_file_lies_in_error_stays(world):
    blob = await world.transfer("r", state="FAILED")
    await world.entry("f.edi", "r", **blob)
    await world.clear()
    assert await world.ids(transfers) == {"r"}
    assert world.has(blob)


async def test_an_unfinished_delivery_keeps_its_envelope_and_its_siblings(world):
    for state in ("QUEUED", "AWAITING_MDN"):
        await world.envelope(f"e-{state}")
        await world.transfer(f"1-{state}", "DELIVERED", envelope=f"e-{state}")
        await world.transfer(
            f"2-{state}", "DELIVERED", envelope=f"e-{state}", ended=None, state=state
        )
    await world.clear()
    assert await world.count(transfers) == 4
    assert await world.count(envelopes) == 2


async def test_all_deliveries_of_an_envelope_to_a_mailbox_go_at_once(world):
    await world.envelope("e", ended=world.clock())
    for n in range(5):
        await world.transfer(f"d{n}", "DELIVERED", envelope="e")
    assert await Finished(world.db, 1).drop_delivered(world.clock() - DAY) == 5


async def test_a_delivery_of_a_waiting_envelope_stays(world):
    await world.envelope("e", status="WAITING", ended=None)
    await world.transfer("d", "DELIVERED", envelope="e")
    await world.clear()
    assert await world.ids(transfers) == {"d"}


async def test_an_envelope_somebody_waits_for_stays_with_its_attachment(world):
    whole = await world.envelope("whole", status="WAITING", ended=None)
    await world.envelope("part", view="WAITING")
    await world.clear()
    assert await world.ids(envelopes) == {"whole", "part"}
    assert await world.ids(attachments) == {"a-whole", "a-part"}
    assert world.has(whole)


async def test_an_envelope_that_is_to_be_dispatched_stays(world):
    await world.envelope("e1")
    await world.job("dispatch", "e1|m|again")
    await world.envelope("e2")
    await world.clear()
    assert await world.ids(envelopes) == {"e1"}


async def test_a_delivered_file_not_fetched_yet_keeps_delivery_and_envelope(world):
    await world.envelope("e")
    blob = await world.transfer("d", "DELIVERED", envelope="e")
    await world.entry("e.xml", "d", **blob)
    await world.clear()
    assert await world.ids(transfers) == {"d"}
    assert await world.ids(envelopes) == {"e"}


async def test_the_log_of_a_received_file_outlives_its_envelope(world):
    await world.envelope("e")
    await world.transfer("r")
    await world.add(transfer_envelopes, transfer="r", envelope="e")
    async with world.db.write() as conn:
        await conn.execute(update(conversions).values(envelope="e"))
    await world.clear(KeepDays(envelopes=30))
    assert await world.ids(transfers) == {"r"}
    assert await world.count(envelopes) == 0
    assert await world.count(conversions) == 1


async def test_a_delivery_goes_with_its_envelope_whatever_transfers_say(world):
    await world.envelope("e")
    await world.transfer("d", "DELIVERED", envelope="e")
    await world.clear(KeepDays(envelopes=30))
    assert await world.count(transfers) == 0


async def test_waiting_mails_stay_and_sent_or_failed_ones_go(world):
    for state in ("WAITING", "SENT", "FAILED"):
        await world.add(
            mails, to="a@x.example", kind="test", data={}, state=state, attempts=0,
            error="", created_at=world.old, due_at=world.old,
        )  # fmt: skip
    await world.clear()
    async with world.db.read() as conn:
        assert (await conn.execute(select(mails.c.state))).scalars().all() == [
            "WAITING"
        ]


async def test_each_setting_is_for_its_own_kind_of_thing(world):
    await world.transfer("r")
    await world.envelope("e")
    for at in (world.old, world.clock()):
        await world.add(audit, at=at, who="a", action="x", subject="s", detail={})
    await world.clear(KeepDays(audit=30))
    assert await world.count(audit) == 1
    assert await world.ids(transfers) == {"r"}
    assert await world.ids(envelopes) == {"e"}


async def test_blobs_go_only_when_old_and_nothing_refers_to_them(world, monkeypatch):
    monkeypatch.setattr(module, "LOOKED_UP", 2)
    orphans = [await world.blob(f"orphan {n}") for n in range(9)]
    fresh = await world.blob("fresh", old=False)
    resting = await world.blob("resting")
    await world.entry("put-into-a-folder", **resting)
    await world.entry("partial", spool="s1")
    example = await world.blob("example")
    await world.add(
        rules, uuid="r1", mailbox="m", level="MAILBOX", direction="OUT", name="R",
        enabled=True, position=0, template="t", multiple_envelopes=False,
        stylesheet="", file_name_pattern="", attributes={}, validations=[],
        example_name="e", example_sha256=example["sha256"], succeeded=0, failed=0,
        created_at=world.old, updated_at=world.old,
    )  # fmt: skip
    await world.clear(KeepDays(audit=1))
    assert not any(world.has(orphan) for orphan in orphans)
    assert all(world.has(kept) for kept in (fresh, resting, example))
    assert await world.count(entries) == 2


async def test_an_attachment_nobody_used_goes_when_it_is_old(world):
    for uuid, at in (("old", world.old), ("new", world.clock())):
        await world.add(
            attachments, uuid=uuid, name="a", content_type="", created_at=at,
            **await world.blob(uuid),
        )  # fmt: skip
    await world.clear()
    assert await world.ids(attachments) == {"new"}


def test_every_column_that_names_a_blob_is_known():
    named = {
        column
        for table in metadata.sorted_tables
        for column in table.c
        if column.name.endswith("sha256") and table not in (tokens, recovery_codes)
    }
    assert named == set(REFERENCES)


async def test_as_many_blobs_are_looked_up_at_once_as_any_database_can(db):
    digests = [f"{number:064x}" for number in range(module.LOOKED_UP)]
    assert len(digests) * len(REFERENCES) * 2 < 32_767  # room for more columns
    assert await Finished(db).unused(digests) == digests
