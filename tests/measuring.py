"""Where coverage is measured: it makes a test take a quarter longer.

Nothing is measured while tests are gathered, and of a test with parameters only the
first case that runs: the others walk the same lines but for one in a hundred.
`--measure-all` leaves nothing out.
"""

from collections.abc import Generator
from importlib import import_module
from pkgutil import walk_packages

import pytest
from pytest_cov.engine import CovController

PRODUCT = ("gateway", "sftp_server", "as2_server", "admin_web", "certs")
MEASURING = pytest.StashKey[bool]()
SEEN = pytest.StashKey[set[str]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--measure-all",
        action="store_true",
        help="with --cov: measure coverage in every case of each test",
    )


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Generator[None, object, object]:
    """Measure nothing here; the product is read before, because reading counts."""
    if _controller(session.config) is not None:
        for package in PRODUCT:
            for found in walk_packages(import_module(package).__path__, f"{package}."):
                if ".migrations." not in found.name:  # Alembic alone may read these
                    import_module(found.name)
        _measure(session.config, on=False)
    return (yield)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> None:
    """Go on measuring, or stop, before the test's fixtures are made."""
    test = item.nodeid.partition("[")[0]
    seen = item.config.stash.setdefault(SEEN, set())
    chosen = test not in seen or bool(item.config.getoption("--measure-all"))
    seen.add(test)
    _measure(item.config, on=chosen and not item.get_closest_marker("unmeasured"))


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    _measure(session.config, on=True)  # as it was begun, for what writes the result


def _measure(config: pytest.Config, *, on: bool) -> None:
    controller = _controller(config)
    if controller is not None and config.stash.get(MEASURING, True) != on:
        (controller.resume if on else controller.pause)()
        config.stash[MEASURING] = on


def _controller(config: pytest.Config) -> CovController | None:
    """Return what measures in this process, if anything does."""
    plugin = config.pluginmanager.getplugin("_cov")
    return plugin.cov_controller if plugin else None
