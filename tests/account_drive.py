"""What the tests of people, accounts and signing in share."""

import re
from contextlib import asynccontextmanager
from datetime import timedelta

from aiohttp import CookieJar
from aiohttp.test_utils import TestClient, TestServer

from admin_web.app import AdminOptions, build_app
from admin_web.pages.session import COOKIE
from gateway.core.desk.audit import AuditQuery
from gateway.engine.desk import codes


async def actions(desk, subject):
    """Return what was booked of the subject, the newest first."""
    _total, found = await desk.audit.find(AuditQuery(subject=subject))
    return [entry.action for entry in found]


def cookie_of(browser):
    jar = browser.client.session.cookie_jar
    return jar.filter_cookies(browser.client.make_url("/"))[COOKIE].value


@asynccontextmanager
async def another(browser, desk):
    """Open a second browser before the same desk."""
    options = AdminOptions(new_id=lambda: "incident-2", version="1.2.3")
    server = TestServer(build_app(desk, options))
    async with TestClient(server, cookie_jar=CookieJar(unsafe=True)) as client:
        yield type(browser)(client)


def code_of(secret, clock, step=0):
    """Return the code that a phone shows for the secret in base32."""
    key = codes.unbase32(secret)
    at = clock() + timedelta(seconds=step * codes.SECONDS)
    return codes.code_at(key, int(at.timestamp()) // codes.SECONDS)


def shown(browser, pattern):
    """Return what the page shows where the pattern's group is."""
    found = re.search(pattern, browser.text, re.DOTALL)
    assert found, pattern
    return found[1]


async def set_up(browser, clock):
    """Turn the second factor on; return its secret and the recovery codes."""
    here = "/admin/account/second-factor"
    await browser.post(here, {"oldPassword": "correct horse"})
    secret = shown(browser, r'data-copy="([A-Z2-7]{32})"')
    await browser.post(f"{here}/confirm", {"code": code_of(secret, clock)})
    return secret, re.findall(r"<li><code>([a-z2-9-]{17})</code></li>", browser.text)
