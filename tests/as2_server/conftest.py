"""A gateway that receives by AS2, and how long to damage its messages."""

import pytest
from as2_station import a_station


@pytest.fixture(scope="session")
def flips(request: pytest.FixtureRequest) -> int:
    return int(request.config.getoption("--flips"))


@pytest.fixture
async def station(db, tmp_path, clock, ann, bob):
    """Bob's gateway, reached over HTTP."""
    async with a_station(db, tmp_path, clock, ann, bob) as up:
        yield up
