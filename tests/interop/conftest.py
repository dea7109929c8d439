"""The partners of the interop tests, made once."""

from pathlib import Path

import pytest
from as2_builders import Person, a_person
from partners.cells import Partner
from partners.openssl import OPENSSL, OpenSsl


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Measure nothing here: hundreds of exchanges over lines that others measure."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.unmeasured)


@pytest.fixture(scope="session")
def us() -> Person:
    return a_person("us")


@pytest.fixture(scope="session")
def them() -> Person:
    return a_person("them")


@pytest.fixture(scope="session")
def people(us, them) -> tuple[Person, Person]:
    return us, them


@pytest.fixture(scope="session")
def partner_named(tmp_path_factory: pytest.TempPathFactory, us, them):
    """Return a partner by its name; skip where it is not installed."""
    made: dict[str, Partner] = {}

    def get(name: str) -> Partner:
        if name not in made:
            made[name] = _partner(name)
        return made[name]

    def _partner(name: str) -> Partner:
        if name == "openssl":
            if not OPENSSL:
                pytest.skip("no openssl command here")
            return OpenSsl(them, us, tmp_path_factory.mktemp("openssl"))
        pyas2 = pytest.importorskip("partners.pyas2", exc_type=ImportError)
        made: Partner = pyas2.Pyas2(them, us)
        return made

    return get
