"""Fixtures that every ring of tests may use."""

from pathlib import Path

import pytest
from fakes import FakeClock

from gateway.store.database import Database
from gateway.store.migrations import upgrade


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
async def db(tmp_path: Path):
    """Open an empty SQLite database with the newest schema."""
    database = Database.open(f"sqlite+aiosqlite:///{tmp_path}/gateway.db")
    await upgrade(database)
    yield database
    await database.close()
