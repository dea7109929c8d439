from datetime import timedelta

import pytest
from account_drive import actions, shown

from gateway.core.desk.actor import COMMAND_LINE, PersonRole

LIST = "/admin/tokens"


async def make(owner, name="erp", role="AUDITOR", days="30"):
    await owner.post(LIST, {"name": name, "role": role, "days": days})


async def test_a_token_is_shown_once_and_lets_a_program_in(owner, desk, clock):
    await make(owner)
    text = shown(owner, r'data-copy="(\w{32})"')
    await owner.get(LIST)
    assert text not in owner.text
    actor = await desk.sign_in.actor(text)
    assert (actor.login, actor.role) == ("token:erp", PersonRole.AUDITOR)
    clock.tick(timedelta(days=30))
    assert await desk.sign_in.actor(text) is None


async def test_a_token_may_hold_until_it_is_revoked(owner, desk, clock):
    await make(owner, days="")
    text = shown(owner, r'data-copy="(\w{32})"')
    clock.tick(timedelta(days=4000))
    actor = await desk.sign_in.actor(text)
    await owner.sign_in("owner")
    await owner.post(f"{LIST}/{actor.token}/revoke")
    assert owner.url == LIST
    assert await desk.sign_in.actor(text) is None
    assert await actions(desk, actor.token) == ["token-revoked", "token-created"]


async def test_it_is_told_when_a_token_was_used(owner, desk, clock):
    await make(owner)
    text = shown(owner, r'data-copy="(\w{32})"')
    await owner.get(LIST)
    assert ">Never<" in owner.text
    clock.tick(timedelta(minutes=7))
    await desk.sign_in.actor(text)
    await owner.get(LIST)
    assert 'datetime="2026-01-01T00:07:00.000Z"' in owner.text


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"name": "", "role": "AUDITOR", "days": "30"}, "Name needs 1 to 255"),
        ({"name": "x\ty", "role": "AUDITOR", "days": "30"}, "Name needs 1 to 255"),
        ({"name": "x", "role": "", "days": "30"}, "Choose one of the four roles."),
        ({"name": "x", "role": "AUDITOR", "days": "7"}, "Choose one of the times"),
    ],
    ids=str,
)
async def test_a_wrong_token_is_told_beside_the_field(owner, desk, fields, told):
    await owner.post(LIST, fields)
    assert owner.status == 422
    assert told in owner.text
    assert await desk.people.tokens() == await desk.people.sessions_of("owner")


async def test_tokens_are_searched_and_shown_in_pages_without_sessions(owner, desk):
    await owner.get(LIST)
    assert "No tokens yet" in owner.text
    for number in range(51):
        await desk.people.create_token(
            COMMAND_LINE, f"erp {number}", PersonRole.AUDITOR, None
        )
    await owner.get(LIST)
    assert "1 to 50 of 51" in owner.text
    await owner.get(f"{LIST}?q=ERP 5")
    assert "1 to 2 of 2" in owner.text
    await owner.get(f"{LIST}?q=login")
    assert "No token has this in its name" in owner.text


async def test_a_token_that_is_not_there_cannot_be_revoked(owner):
    await owner.post(f"{LIST}/nothing/revoke")
    assert owner.status == 404
