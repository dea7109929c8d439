"""What callers see when the database cannot be used."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from gateway.core.errors import Outage


async def test_a_full_disk_is_an_outage_and_changes_nothing(db):
    if not db.embedded:
        pytest.skip("only SQLite can be told that its disk is full")
    async with db.write() as conn:
        await conn.execute(text("CREATE TABLE t (x)"))
    with pytest.raises(Outage, match=r"cannot be used now: .*full"):
        async with db.write() as conn:
            await conn.execute(text("PRAGMA max_page_count = 1"))
            await conn.execute(text("INSERT INTO t VALUES (randomblob(9000000))"))
    async with db.read() as conn:
        assert (await conn.execute(text("SELECT count(*) FROM t"))).scalar() == 0


async def test_a_wrong_statement_is_no_outage(db):
    with pytest.raises(DBAPIError, match="nowhere"):
        async with db.read() as conn:
            await conn.execute(text("SELECT * FROM nowhere"))
