"""People with keys, made once: making RSA keys is slow; a listener for one of them."""

import pytest
from as2_builders import Person, a_person
from as2_station import a_station


@pytest.fixture(scope="session")
def ann() -> Person:
    return a_person("ann")


@pytest.fixture(scope="session")
def bob() -> Person:
    return a_person("bob")


@pytest.fixture(scope="session")
def eve() -> Person:
    return a_person("eve")


@pytest.fixture(scope="session")
def flips(request: pytest.FixtureRequest) -> int:
    return int(request.config.getoption("--flips"))


@pytest.fixture
async def station(db, tmp_path, clock, ann, bob):
    """Bob's gateway, reached over HTTP."""
    async with a_station(db, tmp_path, clock, ann, bob) as up:
        yield up
