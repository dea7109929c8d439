"""Browsers without their screens, and who may sit before them."""

import re

import pytest
from integration_browser import FRONT, form_of
from screenless import a_person, visitor

from gateway.core.desk.actor import PersonRole


@pytest.fixture
async def people(desk):
    """Make one person per role beside the owner, named like it."""
    for role in PersonRole:
        if role is not PersonRole.OWNER:
            await a_person(desk, role)


@pytest.fixture
async def stranger(desk):
    """Return a browser that nobody has signed in with; there is an owner."""
    await a_person(desk, PersonRole.OWNER)
    async with visitor(desk) as browser:
        yield browser


@pytest.fixture
async def owner(stranger):
    """Return the browser of an OWNER, on a page that is soon drawn."""
    await stranger.sign_in("owner", next="/admin/tokens")
    return stranger


@pytest.fixture
async def shop(owner):
    """Make a mailbox by the page, as the first thing; stay there."""
    await owner.post("/admin/mailboxes", {"name": "Shop"})
    return re.search(r"mailbox=([\w-]{36})", owner.url)[1]


@pytest.fixture
def save(owner, shop):
    """Return what presses Save: the form as it stands, but for these fields."""

    async def press(*more, without=(), **fields):
        await owner.get(f"{FRONT}?mailbox={shop}")
        values = form_of(owner.text, fields.get("protocol", "SFTP"))
        values = [pair for pair in values if pair[0] not in {*fields, *without}]
        values += [*fields.items(), *more]
        return await owner.post(f"/admin/mailboxes/{shop}/integration", values)

    return press
