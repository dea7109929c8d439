import socket

import pytest
from aiohttp import ClientSession

from admin_web.app import AdminOptions, build_app
from admin_web.server import listen
from gateway.core.errors import ConfigError

pytestmark = pytest.mark.integration


@pytest.fixture
def app(desk):
    return build_app(desk, AdminOptions(new_id=lambda: "i", version="1"))


async def test_it_answers_on_a_free_port_until_it_is_stopped(app):
    server = await listen(app, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.port}/healthz"
    async with ClientSession() as session:
        assert (await session.get(url)).status == 200
        await server.stop()
        with pytest.raises(OSError, match="Connect"):
            await session.get(url)


async def test_a_taken_port_is_named_with_the_remedy(app):
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]
        with pytest.raises(ConfigError, match=rf"127\.0\.0\.1:{port}.*another port"):
            await listen(app, "127.0.0.1", port)
