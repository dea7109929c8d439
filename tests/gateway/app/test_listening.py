import asyncio

import pytest

from gateway.app.listening import dialled, listening


async def nothing(_reader, writer):
    writer.close()


@pytest.fixture
async def server():
    async with await asyncio.start_server(nothing, "127.0.0.1", 0) as started:
        yield started


async def test_a_listener_that_takes_connections_is_well(server):
    port = server.sockets[0].getsockname()[1]
    assert await listening("0.0.0.0", [port])() == ""  # noqa: S104 - dialled, not bound


async def test_a_closed_listener_is_named_with_its_port(server):
    port = server.sockets[0].getsockname()[1]
    check = listening("127.0.0.1", [port])
    server.close()
    await server.wait_closed()
    assert f"127.0.0.1:{port} takes no connections" in await check()


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("0.0.0.0", "127.0.0.1"),  # noqa: S104 - dialled, not bound
        ("::", "::1"),
        ("edi.example", "edi.example"),
    ],
)
def test_a_wildcard_is_dialled_by_loopback(host, address):
    assert dialled(host) == address
