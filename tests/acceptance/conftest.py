"""The gateway under acceptance: one for the scenarios, one of its own on demand."""

from pathlib import Path

import pytest
from drive.mail import Postbox, mail_server
from drive.process import GatewayProcess
from drive.warm import Warm
from drive.world import World


@pytest.fixture(scope="package")
def postbox():
    with mail_server() as box:
        yield box


@pytest.fixture(scope="package")
def world(tmp_path_factory: pytest.TempPathFactory, postbox: Postbox):
    """Share one gateway; each scenario makes its own mailboxes in it."""
    folder = tmp_path_factory.mktemp("world")
    process = GatewayProcess(
        folder / "data",
        {
            "GATEWAY_SMTP_HOST": "127.0.0.1",
            "GATEWAY_SMTP_PORT": str(postbox.port),
            "GATEWAY_LIMITS_CONVERSION_SECONDS": "6",  # some must run into it
            "GATEWAY_LIMITS_CONVERSION_WORKERS": "2",  # others are served meanwhile
        },
    )
    try:
        process.start()
        yield World(process, folder)
        assert process.stop() == 0, process.log
    finally:
        process.clear()


@pytest.fixture
def warm():
    """For tests that start the gateway again and again."""
    found = Warm.begin()
    yield found
    found.end()


@pytest.fixture
def gateway(tmp_path: Path):
    """Give a test a gateway that it may kill."""
    process = GatewayProcess(tmp_path / "data")
    yield process
    process.clear()
