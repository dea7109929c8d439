"""Fixtures that every ring of tests may use."""

import asyncio
import gc
import os
import shutil
from itertools import count
from pathlib import Path

import pytest
from as2_builders import Person, a_person
from fakes import FakeClock
from hypothesis import settings
from sqlalchemy import URL, event, make_url, text
from sqlalchemy.ext.asyncio import create_async_engine

from gateway.store.database import Database
from gateway.store.migrations import upgrade

pytest_plugins = ["measuring"]

NUMBERS = count(1)
TURNS = (
    "interop",
    "acceptance",
    "browser",
    "as2_server",
    "gateway/commands",
    "gateway/convert",
    "admin_web/pages",
)
"""Where tests take long, the longest first."""

# a busy machine is slow, not wrong; `--hypothesis-profile=thorough` looks further
settings.register_profile("quick", max_examples=50, deadline=None)
settings.register_profile("thorough", max_examples=2000, deadline=None)
settings.load_profile("quick")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--flips",
        type=int,
        default=150,
        help="how many bits are flipped in each kind of AS2 message",
    )
    parser.addoption(
        "--as2lib",
        default="",
        metavar="FOLDER",
        help="exchange messages with as2-lib, whose jars and our classes are there",
    )
    parser.addoption(
        "--postgres",
        default="",
        metavar="URL",
        help="use this server instead of SQLite: postgresql+asyncpg://USER@HOST/postgres,"
        " whose user may make databases",
    )


@pytest.fixture(scope="session")
def ann() -> Person:
    """Return somebody with a key, made once: making RSA keys is slow."""
    return a_person("ann")


@pytest.fixture(scope="session")
def bob() -> Person:
    """Return somebody else."""
    return a_person("bob")


@pytest.fixture(scope="session")
def eve() -> Person:
    """Return somebody whom nobody trusts."""
    return a_person("eve")


@pytest.hookimpl(trylast=True)  # after pytest-randomly
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the long ones, so that no core is idle at the end."""
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> int:
    """Return 0 for what begins first; browsers do not meet the load test."""
    if item.get_closest_marker("long"):
        return 0
    place = item.path.relative_to(Path(__file__).parent).as_posix()
    found = (number for number, each in enumerate(TURNS, 1) if place.startswith(each))
    return next(found, len(TURNS) + 1)


def pytest_collection_finish() -> None:
    """Leave what lives to the end to the end: looking for garbage in it is slow."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


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


@pytest.fixture(scope="session")
def empty_postgres(request):
    """Make a PostgreSQL database with the newest schema, once; tests copy it.

    None unless `--postgres` says where a server is.
    """
    given = request.config.getoption("--postgres")
    if not given:
        yield None
        return
    server, name = make_url(given), f"gateway_test_{os.getpid()}"

    async def make() -> None:
        await _order(server, f"CREATE DATABASE {name}")
        database = Database.open(_text(server.set(database=name)))
        await upgrade(database)
        await database.close()

    asyncio.run(make())
    yield server.set(database=name)
    asyncio.run(_order(server, f"DROP DATABASE {name}"))


@pytest.fixture(scope="session")
def engines():
    """Make engines that outlive a test, with the statements they have compiled.

    Their connections lead to the file that is set in `place`.
    """
    kept, place = Database.open("sqlite+aiosqlite://"), {"file": ""}

    def lead(_dialect: object, _entry: object, where: list[str], _more: object) -> None:
        where[0] = place["file"]

    event.listen(kept.engine.sync_engine, "do_connect", lead)
    return kept, place


@pytest.fixture
async def db(tmp_path: Path, empty_database: Path, empty_postgres: URL | None, engines):
    """Open an empty database with the newest schema, where `--postgres` says."""
    if empty_postgres is None:
        shutil.copy(empty_database, tmp_path / "gateway.db")
        kept, place = engines
        place["file"] = str(tmp_path / "gateway.db")
        database = Database(kept.engine)
        yield database
        await database.close()
        return
    whole = empty_postgres.database
    name = f"{whole}_{next(NUMBERS)}"
    server = empty_postgres.set(database="postgres")
    await _order(server, f"CREATE DATABASE {name} TEMPLATE {whole}")
    database = Database.open(_text(server.set(database=name)))
    yield database
    await database.close()
    await _order(server, f"DROP DATABASE {name} WITH (FORCE)")


def _text(url: URL) -> str:
    return url.render_as_string(hide_password=False)


async def _order(server: URL, sql: str) -> None:
    """Do what no transaction may hold."""
    engine = create_async_engine(server, isolation_level="AUTOCOMMIT")
    async with engine.connect() as conn:
        await conn.execute(text(sql))
    await engine.dispose()
