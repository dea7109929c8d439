import pytest
from aiohttp.test_utils import TestClient, TestServer

from admin_web.app import AdminOptions, build_app
from gateway.core.desk import Desk
from gateway.core.desk.actor import Actor, PersonRole


class FixedPeople:
    """Knows one token per role, spelt like the role."""

    async def actor(self, token):
        roles = {role.value: role for role in PersonRole}
        return Actor(f"the-{token.lower()}", roles[token]) if token in roles else None


@pytest.fixture
def desk():
    return Desk(people=FixedPeople())


@pytest.fixture
async def api(desk):
    options = AdminOptions(new_id=lambda: "incident-1", version="1.2.3")
    async with TestClient(TestServer(build_app(desk, options))) as client:
        yield client
