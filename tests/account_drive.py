"""What the tests of people, accounts and signing in share."""

import re
from datetime import timedelta

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
