from contextlib import asynccontextmanager

import pytest
from sftp_loopback import OpenGate, connect, make_server
from sftp_world import World


@pytest.fixture
def gate():
    return OpenGate()


@pytest.fixture
async def world(db, clock, tmp_path):
    world = World(db, tmp_path, clock)
    await world.add_mailbox()
    return world


@pytest.fixture
async def server(world, gate):
    server = make_server(world, gate)
    await server.start()
    yield server
    await server.stop(1)


@pytest.fixture
async def client(server):
    async with connect(server) as conn, conn.start_sftp_client() as sftp:
        yield sftp


@pytest.fixture
def running(world, gate):
    """Run a server with other options."""

    @asynccontextmanager
    async def run(**options):
        server = make_server(world, gate, **options)
        await server.start()
        try:
            yield server
        finally:
            await server.stop(1)

    return run
