"""Lists of transfers and the dashboard's counts use indices, whatever their size."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event

from gateway.core.desk.transfers import TransferQuery
from gateway.core.model import Direction, MailboxId, TransferState
from gateway.store import dashboard, transfer_list

NOW = datetime(2026, 1, 1, tzinfo=UTC)
BOX = MailboxId("00000000-0000-4000-8000-000000000001")
DAY = (NOW.date(), NOW)
QUERIES = [
    TransferQuery(),
    TransferQuery(mailbox=BOX),
    TransferQuery(direction=Direction.RECEIVED),
    TransferQuery(states=[TransferState.FAILED]),
    TransferQuery(states=[TransferState.PROCESSED, TransferState.DELIVERED]),
    TransferQuery(since=NOW, until=NOW + timedelta(days=1)),
]


@pytest.fixture
async def plans(db):
    """Return what tells how SQLite goes about the statements of a question."""
    if not db.embedded:
        pytest.skip("the plans of SQLite are looked at")

    async def of(question):
        seen = []

        def note(_conn, _cursor, sql, parameters, *_more):
            seen.append((sql, parameters))

        event.listen(db.engine.sync_engine, "before_cursor_execute", note)
        async with db.read() as conn:
            await question(conn)
        event.remove(db.engine.sync_engine, "before_cursor_execute", note)
        async with db.read() as conn:
            return [
                line[3]
                for sql, parameters in seen
                for line in await conn.exec_driver_sql(
                    f"EXPLAIN QUERY PLAN {sql}", parameters
                )
            ]

    return of


def whole(plan):
    """Return the steps that read the whole table, or sort what they found."""
    return [
        step
        for step in plan
        if step in {"SCAN transfers", "USE TEMP B-TREE FOR ORDER BY"}
    ]


@pytest.mark.parametrize("query", QUERIES, ids=str)
async def test_a_page_of_the_list_is_read_in_the_order_of_time(plans, query):
    plan = await plans(lambda conn: transfer_list.listing(conn, query))
    assert plan
    assert whole(step for step in plan if "transfer_envelopes" not in step) in (
        [],
        ["USE TEMP B-TREE FOR ORDER BY"],  # of the envelopes of one page
    )
    assert any("ix_transfers_" in step for step in plan)


@pytest.mark.parametrize("query", QUERIES, ids=str)
async def test_states_are_counted_in_an_index(plans, query):
    plan = await plans(lambda conn: transfer_list.by_state(conn, query))
    assert whole(plan) == []


async def test_days_are_counted_in_an_index(plans):
    end = NOW + timedelta(days=1)
    plan = await plans(lambda conn: dashboard.days(conn, [DAY, DAY], end))
    assert whole(plan) == []
    assert sum("COVERING INDEX" in step for step in plan) == 2


@pytest.mark.parametrize("ask", [dashboard.failures, dashboard.waiting])
async def test_what_needs_attention_is_found_by_its_state(plans, ask):
    plan = await plans(lambda conn: ask(conn, NOW))
    assert "SCAN transfers" not in plan
    assert any("ix_transfers_state_created_at" in step for step in plan)
