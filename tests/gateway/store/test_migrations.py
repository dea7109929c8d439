"""The schema: made by the scripts, kept, and refused if it is a newer program's."""

import re
import subprocess
import sys

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from gateway.core.errors import StorageError
from gateway.store import tables
from gateway.store.database import Database
from gateway.store.migrations import newest, present, scripts, upgrade
from gateway.store.migrations.scripts import config

AGAIN = """
import asyncio, sys
from gateway.store.database import Database
from gateway.store.migrations import upgrade

async def start():
    db = Database.open(sys.argv[1])
    await upgrade(db)
    await db.close()

asyncio.run(start())
print("alembic" in sys.modules)
"""


@pytest.fixture
async def empty(tmp_path):
    database = Database.open(f"sqlite+aiosqlite:///{tmp_path}/new.db")
    yield database
    await database.close()


def differences(connection):
    context = MigrationContext.configure(connection, opts={"compare_type": False})
    return compare_metadata(context, tables.metadata)


async def test_the_scripts_make_the_tables_that_the_program_uses(empty):
    async with empty.write() as conn:
        await conn.run_sync(scripts.run, "", "head")
        assert await conn.run_sync(differences) == []
        assert await present(conn) == newest()


async def test_an_empty_database_is_made_as_the_scripts_make_it(empty, tmp_path):
    async def made(database):
        async with database.read() as conn:
            rows = await conn.execute(text("SELECT name, sql FROM sqlite_master"))
            # the order of constraints differs
            return {name: sorted(re.findall(r"\w+", sql or "")) for name, sql in rows}

    await upgrade(empty)
    other = Database.open(f"sqlite+aiosqlite:///{tmp_path}/other.db")
    async with other.write() as conn:
        await conn.run_sync(scripts.run, "", "head")
    assert await made(empty) == await made(other)
    await other.close()


@pytest.mark.parametrize("there", [False, True])
async def test_a_database_of_the_first_version_is_upgraded_and_keeps_its_data(
    empty, there
):
    """For a while the first script made the table of the second one, too."""
    async with empty.write() as conn:
        await conn.run_sync(scripts.run, "", "0001")
        await conn.execute(text("INSERT INTO settings VALUES ('a', '1')"))
        if there:
            await conn.run_sync(tables.unsynced.create)
    await upgrade(empty)
    async with empty.read() as conn:
        assert await present(conn) == newest()
        assert await conn.run_sync(differences) == []
        assert await conn.scalar(text("SELECT count(*) FROM settings")) == 1


async def test_an_empty_database_has_no_version_and_gets_the_newest(empty):
    async with empty.read() as conn:
        assert await present(conn) == ""
    await upgrade(empty)
    async with empty.read() as conn:
        assert await present(conn) == newest()


def test_the_newest_version_is_the_scripts_own_head():
    assert newest() == ScriptDirectory.from_config(config()).get_current_head()


async def test_starting_again_keeps_the_data_and_does_without_alembic(empty, tmp_path):
    await upgrade(empty)
    async with empty.write() as conn:
        await conn.execute(text("INSERT INTO settings VALUES ('a', '1')"))
    url = f"sqlite+aiosqlite:///{tmp_path}/new.db"
    again = subprocess.run(  # noqa: ASYNC221 - nothing else runs in this test
        [sys.executable, "-c", AGAIN, url], capture_output=True, text=True, check=False
    )
    assert (again.stdout, again.stderr) == ("False\n", "")
    async with empty.read() as conn:
        assert await conn.scalar(text("SELECT count(*) FROM settings")) == 1


async def test_a_newer_programs_database_is_refused_and_left_alone(db):
    async with db.write() as conn:
        await conn.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StorageError, match="schema 9999, which this version does not"):
        await upgrade(db)
    async with db.read() as conn:
        assert await present(conn) == "9999"
