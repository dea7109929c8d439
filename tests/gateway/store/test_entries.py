from dataclasses import replace
from datetime import UTC, datetime

import pytest
from builders import an_upload
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert, select

from gateway.core.model import (
    BlobRef,
    Channel,
    FileName,
    Folder,
    MailboxId,
    Receipt,
    Top,
    TransferId,
)
from gateway.store import entries, transfers
from gateway.store.tables import entries as table
from gateway.store.tables import mailboxes

BOX = MailboxId("m1")
ONE, TWO = TransferId("t1"), TransferId("t2")
REPORT = BlobRef("e" * 64, 20)


@pytest.fixture
async def conn(db, clock):
    """A write transaction with a mailbox and two received transfers."""
    async with db.write() as conn:
        await conn.execute(
            insert(mailboxes).values(uuid=BOX, name="a", created_at=clock())
        )
        for transfer in (ONE, TWO):
            receipt = Receipt(id=transfer, received_at=clock())
            await transfers.receive(conn, receipt, an_upload())
        yield conn


async def put(conn, clock, upload, transfer=None):
    await conn.execute(
        insert(table).values(
            mailbox=BOX,
            folder=upload.folder.text,
            name=upload.name.text,
            is_folder=False,
            sha256=upload.blob.sha256,
            size=upload.blob.size,
            modified_at=clock(),
            transfer=transfer,
        )
    )


async def listing(conn):
    query = select(table.c.folder, table.c.name).order_by(table.c.folder, table.c.name)
    return [f"{row.folder}/{row.name}" for row in await conn.execute(query)]


async def test_a_consumed_file_is_gone_with_the_report_of_its_failure(conn, clock):
    await put(conn, clock, an_upload(), ONE)
    await put(conn, clock, an_upload(name="other.edi"), TWO)
    await entries.move_to_error(conn, ONE, an_upload(), REPORT, clock())
    await entries.consume(conn, ONE)
    assert await listing(conn) == ["coutbox/other.edi"]


async def test_consuming_leaves_a_file_that_took_the_name_meanwhile(conn, clock):
    await put(conn, clock, an_upload(), TWO)
    await entries.consume(conn, ONE)
    assert await listing(conn) == ["coutbox/order.edi"]


async def test_a_failed_file_lies_in_error_with_its_report(conn, clock):
    await put(conn, clock, an_upload(), ONE)
    await entries.move_to_error(conn, ONE, an_upload(), REPORT, clock())
    assert await listing(conn) == ["error/order.edi", "error/order.edi.error.json"]


async def test_a_second_failure_in_error_renews_the_report_only(conn, clock):
    await put(conn, clock, an_upload(), ONE)
    for digit in "ab":
        report = BlobRef(digit * 64, 20)
        await entries.move_to_error(conn, ONE, an_upload(), report, clock())
    assert await listing(conn) == ["error/order.edi", "error/order.edi.error.json"]
    name = FileName("order.edi.error.json")
    row = await entries.at_path(conn, BOX, Folder(Top.ERROR), name)
    assert row is not None
    assert row.blob == BlobRef("b" * 64, 20)
    assert row.transfer == ONE


@pytest.mark.parametrize("taken", ["order.edi", "order.edi.error.json"])
async def test_a_name_taken_in_error_gets_the_time(conn, clock, taken):
    await put(conn, clock, an_upload(name=taken, folder=Top.ERROR))
    await put(conn, clock, an_upload(), ONE)
    await entries.move_to_error(conn, ONE, an_upload(), REPORT, clock())
    assert await listing(conn) == [
        "error/order.20260101T000000Z.edi",
        "error/order.20260101T000000Z.edi.error.json",
        f"error/{taken}",
    ]


async def test_a_detached_file_comes_back_when_it_fails(conn, clock):
    await put(conn, clock, an_upload(), TWO)
    await entries.move_to_error(conn, ONE, an_upload(), REPORT, clock())
    assert "error/order.edi" in await listing(conn)
    assert "coutbox/order.edi" in await listing(conn)


async def test_a_failure_over_as2_makes_no_entry(conn, clock):
    upload = replace(an_upload(), channel=Channel.AS2)
    await entries.move_to_error(conn, ONE, upload, REPORT, clock())
    assert await listing(conn) == []


async def test_a_place_is_given_once_even_if_the_file_was_fetched_and_deleted(
    conn, clock
):
    async def place():
        folder = Folder.parse("cinbox/orders/2026")
        name = FileName("o.xml")
        return await entries.place(
            conn, BOX, folder, name, REPORT, transfer=ONE, at=clock()
        )

    assert await place() == FileName("o.xml")
    assert await listing(conn) == [
        "cinbox/orders",
        "cinbox/orders/2026",
        "cinbox/orders/2026/o.xml",
    ]
    await entries.consume(conn, ONE)
    assert await place() == FileName("o.xml")
    assert "cinbox/orders/2026/o.xml" not in await listing(conn)


async def test_a_taken_name_gets_the_time_and_then_a_number(conn, clock):
    names = []
    for number in range(3):
        transfer = TransferId(f"p{number}")
        receipt = Receipt(id=transfer, received_at=clock())
        await transfers.receive(conn, receipt, an_upload())
        names.append(
            await entries.place(
                conn,
                BOX,
                Folder(Top.INBOX),
                FileName("a.xml"),
                REPORT,
                transfer=transfer,
                at=clock(),
            )
        )
    assert [name.text for name in names] == [
        "a.xml",
        "a.20260101T000000Z.xml",
        "a.20260101T000000Z-2.xml",
    ]


names = st.text(min_size=1, max_size=255).filter(
    lambda text: (
        "/" not in text
        and text.isprintable()
        and text not in {".", ".."}
        and len(text.encode()) <= 255
    )
)


@given(names, st.integers(1, 5000))
def test_a_dated_or_report_name_is_a_file_name(name, count):
    dated = entries.dated(FileName(name), datetime(2026, 1, 1, tzinfo=UTC), count)
    assert "20260101T000000Z" in dated.text
    assert entries.report_name(dated).text.endswith(".error.json")
