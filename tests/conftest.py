"""Fixtures that every ring of tests may use."""

import asyncio
import shutil
from pathlib import Path

import pytest
from fakes import FakeClock

from gateway.store.database import Database
from gateway.store.migrations import upgrade


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--flips",
        type=int,
        default=150,
        help="how many bits are flipped in each kind of AS2 message",
    )


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory):
    """Make a database file with the newest schema, once; tests copy it."""

    async def make(file: Path) -> None:
        database = Database.open(f"sqlite+aiosqlite:///{file}")
        await upgrade(database)
        await database.close()

    file = tmp_path_factory.mktemp("schema") / "gateway.db"
    asyncio.run(make(file))
    return file


@pytest.fixture
async def db(tmp_path: Path, empty_database: Path):
    """Open an empty SQLite database with the newest schema."""
    shutil.copy(empty_database, tmp_path / "gateway.db")
    database = Database.open(f"sqlite+aiosqlite:///{tmp_path}/gateway.db")
    yield database
    await database.close()
