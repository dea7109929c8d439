"""Where coverage is measured: it makes a test take half as long again, and more.

Nothing is measured while tests are gathered, and then only in every third test: what
is found covered is covered, what is not may be. `--measure-every=1` leaves nothing out.
"""

from collections.abc import Generator
from importlib import import_module
from pkgutil import walk_packages
from zlib import crc32

import pytest
from pytest_cov.engine import CovController

PRODUCT = ("gateway", "sftp_server", "as2_server", "admin_web", "certs")
MEASURING = pytest.StashKey[bool]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--measure-every",
        type=int,
        default=3,
        metavar="N",
        help="with --cov: measure coverage in one of so many tests, chosen by name",
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
    every = item.config.getoption("--measure-every")
    chosen = crc32(item.nodeid.encode()) % every == 0
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
