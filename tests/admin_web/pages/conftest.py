"""Browsers without their screens, and who may sit before them."""

import pytest
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
    """Return the browser of an OWNER, on the first page."""
    await stranger.sign_in("owner")
    return stranger
