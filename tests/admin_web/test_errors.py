"""What the admin listener answers when the gateway itself is in trouble."""

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from admin_web.errors import guarded
from gateway.core.errors import Outage


async def full(_request):
    raise Outage("the disk of /secret/place is full")


async def test_an_outage_is_a_503_that_tells_strangers_no_places():
    app = web.Application(middlewares=[guarded(lambda: "1")])
    app.router.add_route("POST", "/", full)
    async with TestClient(TestServer(app)) as client:
        answer = await client.post("/")
        said = await answer.json()
    assert (answer.status, answer.headers["Retry-After"]) == (503, "30")
    assert said["code"] == "storage-unavailable"
    assert "/secret" not in said["message"]
