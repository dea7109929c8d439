from datetime import timedelta

import pytest
from account_drive import actions, code_of, cookie_of, set_up, shown
from screenless import visitor

from admin_web.pages.login import FRONT
from gateway.core.desk.accounts import Origin
from gateway.core.desk.actor import COMMAND_LINE, PersonRole

ACCOUNT = "/admin/account"
PASSWORD = f"{ACCOUNT}/password"
FACTOR = f"{ACCOUNT}/second-factor"
OLD, NEW = "correct horse", "battery staple"
HOME = Origin(address="192.0.2.1", agent="Firefox")


def passwords(old=OLD, new=NEW, again=None):
    again = new if again is None else again
    return {"oldPassword": old, "newPassword": new, "again": again}


# --- the password --------------------------------------------------------------------


async def test_a_new_password_renews_this_session_and_ends_the_others(owner, desk):
    other = await desk.sign_in.login("owner", OLD, HOME)
    before = cookie_of(owner)
    await owner.post(PASSWORD, passwords())
    assert owner.url == f"{ACCOUNT}?did=password"
    assert "Your password was changed." in owner.text
    assert cookie_of(owner) != before
    for ended in (before, other):
        assert await desk.sign_in.actor(ended) is None
    assert await desk.sign_in.login("owner", NEW, HOME)
    assert (await actions(desk, "owner"))[1] == "password-changed"


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        (passwords(old="wrong horse"), "Old password is wrong."),
        (passwords(old=""), "Old password is wrong."),
        (passwords(again="battery stable"), "The two are not the same."),
        (passwords(new="short"), "New password needs 8 characters or more."),
        (passwords(new="x" * 1025), "New password has more than 1024 characters."),
        (passwords(new="Password123"), "one of those that everybody tries first."),
        (passwords(new="abababab"), "New password needs 5 different characters"),
        (passwords(new=OLD), "New password is the old one."),
        ({}, "Old password is wrong."),
    ],
    ids=str,
)
async def test_a_password_that_cannot_be_is_told_beside_its_field(
    owner, desk, sent, told
):
    before = cookie_of(owner)
    await owner.post(PASSWORD, sent)
    assert owner.status == 422
    assert told in owner.text
    assert cookie_of(owner) == before
    assert await desk.sign_in.login("owner", OLD, HOME)


async def test_whoever_found_an_open_browser_cannot_try_passwords_at_will(owner):
    for _ in range(5):
        await owner.post(PASSWORD, passwords(old="wrong horse"))
    for path, sent in ((PASSWORD, passwords()), (FACTOR, {"oldPassword": OLD})):
        await owner.post(path, sent)
        assert owner.status == 429
        assert "Too many failed logins; try again in 1 s." in owner.text


async def test_a_one_time_password_opens_nothing_but_the_choice_of_another(
    stranger, desk
):
    _user, password = await desk.people.invite(
        COMMAND_LINE, "otto", PersonRole.INTEGRATOR
    )
    await stranger.sign_in("otto", password)
    assert stranger.url == PASSWORD
    for path in (FRONT, ACCOUNT, "/admin/users"):
        await stranger.get(path)
        assert stranger.url == PASSWORD
    await stranger.post("/admin/mailboxes", {"name": "Shop"})
    assert stranger.url == PASSWORD
    assert await desk.mailboxes.all() == []
    part = await stranger.client.get(FRONT, headers={"HX-Request": "true"})
    assert (part.status, part.headers["HX-Redirect"]) == (403, PASSWORD)
    await stranger.post(PASSWORD, passwords(old=password, new="short"))
    assert stranger.status == 422
    await stranger.post(PASSWORD, passwords(old=password))
    assert stranger.url == FRONT
    await stranger.get(PASSWORD)
    assert stranger.url == ACCOUNT


async def test_the_first_administrator_is_asked_but_not_stopped(client_of, desk):
    password = await desk.people.ensure_admin()
    token = await desk.sign_in.login("admin", password, HOME)
    actor = await desk.sign_in.actor(token)
    assert (actor.generated_password, actor.must_change) == (True, False)


async def test_the_menu_asks_who_has_a_generated_password(stranger, desk, db):
    await stranger.sign_in("owner")
    assert "Choose your own password" not in stranger.text
    password = await desk.people.reset_password(COMMAND_LINE, "owner")
    async with db.write() as conn:
        await conn.exec_driver_sql("UPDATE users SET must_change = false")
    await stranger.sign_in("owner", password)
    assert "Choose your own password" in stranger.text


# --- sessions ------------------------------------------------------------------------


async def test_one_sees_where_one_is_signed_in_and_ends_it(owner, desk):
    token = await desk.sign_in.login("owner", OLD, HOME)
    actor = await desk.sign_in.actor(token)
    await owner.get(ACCOUNT)
    assert "192.0.2.1" in owner.text
    assert "Firefox" in owner.text
    assert owner.text.count("This session") == 1
    await owner.post(f"{ACCOUNT}/sessions/{actor.token}/end")
    assert "The session was ended." in owner.text
    assert await desk.sign_in.actor(token) is None
    await owner.post(f"{ACCOUNT}/sessions/{actor.token}/end")
    assert owner.url == ACCOUNT


async def test_nobody_ends_the_session_of_somebody_else(owner, people, desk):
    token = await desk.sign_in.login("auditor", OLD, HOME)
    actor = await desk.sign_in.actor(token)
    await owner.post(f"{ACCOUNT}/sessions/{actor.token}/end")
    assert await desk.sign_in.actor(token) is not None


async def test_all_other_sessions_end_at_once(owner, desk):
    tokens = [await desk.sign_in.login("owner", OLD, HOME) for _ in range(3)]
    await owner.post(f"{ACCOUNT}/sessions/end-others")
    assert owner.url == f"{ACCOUNT}?did=others"
    assert [await desk.sign_in.actor(token) for token in tokens] == [None] * 3
    assert len(await desk.people.sessions_of("owner")) == 1


# --- the second factor ---------------------------------------------------------------


async def test_signing_in_asks_for_the_code_once_it_was_confirmed(owner, desk, clock):
    before = cookie_of(owner)
    secret, codes = await set_up(owner, clock)
    assert (len(codes), len(set(codes))) == (10, 10)
    assert cookie_of(owner) != before
    await owner.post("/logout")
    await owner.sign_in("owner", next="/admin/account")
    assert (owner.status, owner.url) == (200, "/login")
    assert "Enter the code" in owner.text
    ticket = shown(owner, r'name="ticket" value="([^"]+)"')
    clock.tick(timedelta(seconds=30))
    code = code_of(secret, clock)
    sent = {"ticket": ticket, "code": f"{code[:3]} {code[3:]}", "next": ACCOUNT}
    await owner.post("/login/code", sent)
    assert owner.url == ACCOUNT


async def test_nothing_asks_for_codes_before_one_was_confirmed(owner, desk, clock):
    await owner.post(FACTOR, {"oldPassword": OLD})
    secret = shown(owner, r'data-copy="([A-Z2-7]{32})"')
    await owner.post(f"{FACTOR}/confirm", {"code": "12345"})
    assert owner.status == 422
    assert "The code is not the one of now" in owner.text
    assert secret in owner.text
    assert await desk.sign_in.login("owner", OLD, HOME)


async def test_the_secret_is_not_shown_again(owner, clock):
    secret, _codes = await set_up(owner, clock)
    for path in (FACTOR, ACCOUNT):
        answer = await owner.get(path)
        assert owner.url == ACCOUNT
        assert secret not in owner.text
        assert answer.headers["Cache-Control"] == "no-store"


async def test_the_secret_is_sealed_in_the_store(owner, clock, db):
    secret, codes = await set_up(owner, clock)
    async with db.read() as conn:
        users = (await conn.exec_driver_sql("SELECT * FROM users")).all()
        kept = (await conn.exec_driver_sql("SELECT * FROM recovery_codes")).all()
    assert secret not in str(users)
    assert len(kept) == 10
    assert not any(code in str(kept) for code in codes)


@pytest.mark.parametrize("order", ["", "/codes", "/remove"])
async def test_what_changes_the_second_factor_asks_for_the_password(
    owner, desk, clock, order
):
    if order:
        await set_up(owner, clock)
    await owner.post(FACTOR + order, {"oldPassword": "wrong horse"})
    assert owner.status == 422
    assert "Your password is wrong." in owner.text
    user = await desk.people.get_user("owner")
    assert user.second_factor is bool(order)


async def test_a_second_one_needs_the_first_removed(owner, clock):
    await set_up(owner, clock)
    await owner.post(FACTOR, {"oldPassword": OLD})
    assert owner.status == 422


async def test_removed_it_is_asked_for_no_more(owner, desk, clock):
    await set_up(owner, clock)
    before = cookie_of(owner)
    await owner.post(f"{FACTOR}/remove", {"oldPassword": OLD})
    assert owner.url == f"{ACCOUNT}?did=removed"
    assert await desk.sign_in.actor(before) is None
    assert await desk.sign_in.login("owner", OLD, HOME)
    assert (await desk.people.get_user("owner")).recovery_codes == 0
    booked = await actions(desk, "owner")
    assert {"second-factor-on", "second-factor-off"} <= set(booked)


async def test_new_recovery_codes_end_the_old_ones(owner, desk, clock):
    _secret, old = await set_up(owner, clock)
    await owner.post(f"{FACTOR}/codes", {"oldPassword": OLD})
    assert owner.status == 200
    new = shown(owner, r"<li><code>([a-z2-9-]{17})</code></li>")
    async with visitor(desk) as phone_lost:
        for code, place in ((old[0], "/login/code"), (new, FRONT)):
            await phone_lost.sign_in("owner")
            ticket = shown(phone_lost, r'name="ticket" value="([^"]+)"')
            await phone_lost.post("/login/code", {"ticket": ticket, "code": code})
            assert phone_lost.url == place
    assert (await desk.people.get_user("owner")).recovery_codes == 9


async def test_the_picture_holds_the_key_and_stays_white_in_the_dark(owner):
    await owner.post(FACTOR, {"oldPassword": OLD})
    assert owner.url == FACTOR
    assert '<svg class="qr"' in owner.text
    assert 'fill="#fff"' in owner.text
