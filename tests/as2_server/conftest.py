"""Two people with keys, made once: making RSA keys is slow."""

import pytest
from as2_builders import Person, a_person


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
