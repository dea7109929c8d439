"""A browser without its screen: cookies kept, forms filled in as they stand."""

import re
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiohttp import CookieJar, FormData
from aiohttp.test_utils import TestClient, TestServer

from admin_web.app import AdminOptions, build_app
from gateway.core.desk.actor import COMMAND_LINE

PASSWORD = "correct horse"


@dataclass
class Browser:
    """What a person does: look at a page, send a form."""

    client: TestClient
    text: str = ""
    status: int = 0
    url: str = ""
    csrf: str = ""

    async def get(self, path, **more):
        return await self._take(await self.client.get(path, **more))

    async def post(self, path, data=None, *, csrf=None, **more):
        """Send the fields; pairs in a list may repeat a name."""
        fields = FormData()
        token = self.csrf if csrf is None else csrf
        pairs = data.items() if isinstance(data, dict) else data or []
        for name, value in [("csrf", token), *pairs]:
            fields.add_field(name, value)
        return await self._take(await self.client.post(path, data=fields, **more))

    async def _take(self, answer):
        self.text, self.status = await answer.text(), answer.status
        self.url = answer.url.path_qs
        found = re.search(r'"X-CSRF-Token": "(\w+)"', self.text)
        self.csrf = found[1] if found else self.csrf
        return answer

    async def sign_in(self, login, password=PASSWORD, **more):
        return await self.post("/login", {"login": login, "password": password, **more})


async def a_person(desk, role):
    await desk.people.add_user(COMMAND_LINE, role.value.lower(), role, PASSWORD)


@asynccontextmanager
async def visitor(desk):
    """Open a browser before the desk that nobody has signed in with."""
    options = AdminOptions(new_id=lambda: "incident-1", version="1.2.3")
    server = TestServer(build_app(desk, options))
    async with TestClient(server, cookie_jar=CookieJar(unsafe=True)) as client:
        yield Browser(client)
