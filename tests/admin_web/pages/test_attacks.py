"""What a stranger, another site or a partner may try against the pages."""

import re
from contextlib import suppress
from datetime import timedelta
from importlib.resources import files

import pytest
from account_drive import code_of, cookie_of, set_up, shown
from screenless import PASSWORD, visitor

from admin_web.pages.login import FRONT
from admin_web.pages.session import COOKIE
from admin_web.pages.shell import pages
from gateway.core.desk.accounts import CodeNeeded, Origin
from gateway.core.desk.actor import COMMAND_LINE, PersonRole
from gateway.core.errors import TooManyAttempts, Unauthenticated

EVIL = "<img src=x onerror=alert(1)>\"'{{7*7}}"
HOME = Origin(address="192.0.2.1")


# --- sessions ------------------------------------------------------------------------


async def test_a_session_that_was_planted_is_not_signed_in(stranger, desk):
    """Session fixation: what an attacker put into the browser is replaced."""
    planted = "A" * 32
    stranger.client.session.cookie_jar.update_cookies({COOKIE: planted})
    await stranger.sign_in("owner")
    assert cookie_of(stranger) != planted
    assert await desk.sign_in.actor(planted) is None


async def test_the_session_of_an_attacker_ends_when_the_victim_signs_in(
    stranger, people, desk
):
    theirs = await desk.sign_in.login("auditor", PASSWORD, HOME)
    stranger.client.session.cookie_jar.update_cookies({COOKIE: theirs})
    await stranger.sign_in("owner")
    assert (await desk.sign_in.actor(cookie_of(stranger))).login == "owner"
    assert await desk.sign_in.actor(theirs) is None


async def test_a_form_of_the_session_before_is_refused(owner):
    old = owner.csrf
    await owner.post(
        "/admin/account/password",
        {
            "oldPassword": PASSWORD,
            "newPassword": "battery staple",
            "again": "battery staple",
        },
    )
    await owner.post("/admin/mailboxes", {"name": "Shop"}, csrf=old)
    assert owner.status == 403


# --- other sites ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site", "HX-Request": "true"},
    ],
    ids=str,
)
async def test_another_site_orders_nothing_even_with_the_right_csrf_token(
    owner, desk, headers
):
    await owner.post("/admin/mailboxes", {"name": "Shop"}, headers=headers)
    assert owner.status == 403
    assert await desk.mailboxes.all() == []


@pytest.mark.parametrize("kind", ["application/json", "text/plain", ""])
async def test_a_body_that_is_no_form_orders_nothing(owner, desk, kind):
    data = b'{"name": "Shop", "csrf": "%s"}' % owner.csrf.encode()
    answer = await owner.client.post(
        "/admin/mailboxes", data=data, headers={"Content-Type": kind}
    )
    assert answer.status in {400, 403, 415}
    assert await desk.mailboxes.all() == []


async def test_no_answer_lets_another_site_read_it_or_frame_it(owner):
    for path in (FRONT, "/login", "/admin/account", "/api/v1/mailboxes", "/nothing"):
        answer = await owner.get(path, headers={"Origin": "https://evil.example"})
        assert not [name for name in answer.headers if "Access-Control" in name]
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"


async def test_nothing_that_a_session_sees_is_kept_by_caches(owner):
    await owner.post("/admin/account/second-factor", {"oldPassword": PASSWORD})
    for page in pages():
        if page.method == "GET" and "{" not in page.path and "events" not in page.path:
            answer = await owner.client.get(page.path, allow_redirects=False)
            assert answer.headers["Cache-Control"] == "no-store", page.path


# --- addresses that lead elsewhere, headers ------------------------------------------


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example/admin/",
        "https://evil.example/admin/",
        "/\\evil.example",
        "/admin/\\..\\..//evil.example",
        "/admin/\r\nSet-Cookie: x=y",
        "/admin/\tx",
        "javascript:alert(1)",
        "/admin",
        "admin/",
        "\u202e/admin/",
    ],
)
async def test_a_sign_in_leads_nowhere_but_to_our_pages(stranger, target):
    answer = await stranger.sign_in("owner", next=target)
    first = answer.history[0] if answer.history else answer
    assert first.headers["Location"] == FRONT
    assert "x" not in first.cookies


async def test_names_in_addresses_write_no_headers(owner):
    for path in ("/admin/users/x%0d%0aSet-Cookie:a=b", "/admin/%0d%0aX-Evil:1"):
        answer = await owner.get(path)
        assert answer.status == 404
        assert "X-Evil" not in answer.headers
        assert "a" not in answer.cookies


# --- what people and partners call things --------------------------------------------


async def test_names_are_shown_as_text_wherever_they_stand(owner, desk):
    mailbox = await desk.mailboxes.create(COMMAND_LINE, EVIL, ())
    _token, _text = await desk.people.create_token(
        COMMAND_LINE, EVIL, PersonRole.AUDITOR, None
    )
    await desk.sign_in.login("owner", PASSWORD, Origin(address="::1", agent=EVIL))
    seen = 0
    for path in [
        *(page.path for page in pages() if page.method == "GET"),
        f"/admin/integrations/list?mailbox={mailbox.id}",
        f"/admin/users/{EVIL}",
        *(f"{page.path}?q={EVIL}" for page in pages() if page.method == "GET"),
    ]:
        if "{" in path.partition("?")[0] or "events" in path:
            continue
        answer = await owner.get(path)
        if answer.content_type != "text/html":
            assert "attachment" in answer.headers["Content-Disposition"], path
            continue
        assert "<img src=x" not in owner.text, path
        seen += owner.text.count("&lt;img src=x")
    assert seen > 3


def test_only_texts_of_the_templates_themselves_are_taken_for_safe():
    """What `_` returns is not escaped: whatever was told by others goes by `said`."""
    folder = files("admin_web") / "templates"
    known = {"{{ _(event.text, **event.words) }}"}  # N_'s of envelope_history
    asked = re.compile(r"""\{\{ _\([a-z][^}]*\}\}|\b_\([a-z][^)]*\)""")
    found = {
        match[0]
        for file in folder.iterdir()
        for match in asked.finditer(file.read_text())
    }
    assert found == known


# --- guessing ------------------------------------------------------------------------


async def test_codes_cannot_be_guessed_by_who_knows_the_password(owner, desk, clock):
    secret, _codes = await set_up(owner, clock)
    async with visitor(desk) as thief:
        await thief.sign_in("owner")
        ticket = shown(thief, r'name="ticket" value="([^"]+)"')
        for number in range(6):
            sent = {"ticket": ticket, "code": f"{number:06}"}
            await thief.post("/login/code", sent)
        assert thief.status == 429
        sent = {"ticket": ticket, "code": code_of(secret, clock, 1)}
        await thief.post("/login/code", sent)
        assert thief.status == 429
        clock.tick(timedelta(seconds=2))
        await thief.post("/login/code", sent)
        assert thief.url == FRONT


async def test_a_code_works_once(owner, desk, clock):
    secret, _codes = await set_up(owner, clock)
    used = code_of(secret, clock)
    with pytest.raises(Unauthenticated, match="used before"):
        await desk.sign_in.login("owner", PASSWORD, HOME, used)
    clock.tick(timedelta(seconds=30))
    fresh = code_of(secret, clock)
    assert await desk.sign_in.login("owner", PASSWORD, HOME, fresh)
    with pytest.raises(Unauthenticated, match="used before"):
        await desk.sign_in.login("owner", PASSWORD, HOME, fresh)


async def test_a_ticket_needs_its_password_to_hold_and_ends(owner, desk, clock):
    secret, _codes = await set_up(owner, clock)
    with pytest.raises(CodeNeeded) as caught:
        await desk.sign_in.login("owner", PASSWORD, HOME)
    ticket = caught.value.ticket
    clock.tick(timedelta(minutes=4))
    code = code_of(secret, clock)
    for wrong in ("", "x", ticket[:-1], f"x{ticket}", "é.é"):
        with pytest.raises(Unauthenticated, match="too long"):
            await desk.sign_in.enter_code(wrong, code, HOME)
    clock.tick(timedelta(minutes=2))
    with pytest.raises(Unauthenticated, match="too long"):
        await desk.sign_in.enter_code(ticket, code_of(secret, clock), HOME)
    with pytest.raises(CodeNeeded) as caught:
        await desk.sign_in.login("owner", PASSWORD, HOME)
    await desk.people.set_password(COMMAND_LINE, "owner", "battery staple")
    with pytest.raises(Unauthenticated, match="too long"):
        await desk.sign_in.enter_code(caught.value.ticket, code_of(secret, clock), HOME)


async def test_an_old_ticket_leads_back_to_the_sign_in(stranger):
    await stranger.post("/login/code", {"ticket": "x", "code": "123456"})
    assert stranger.status == 401
    assert "That took too long" in stranger.text
    assert "Password" in stranger.text


async def test_strangers_keep_nobody_out_of_where_they_signed_in(stranger, desk):
    await stranger.sign_in("owner")
    for number in range(60):
        with suppress(TooManyAttempts):
            desk.sign_in.by.attempts.begin("owner", f"198.51.100.{number}")
    with pytest.raises(TooManyAttempts):
        await desk.sign_in.login("owner", PASSWORD, Origin(address="203.0.113.9"))
    await stranger.post("/logout")
    await stranger.sign_in("owner")
    assert stranger.url == FRONT


async def test_a_wrong_code_says_nothing_of_the_right_one(owner, desk, clock):
    await set_up(owner, clock)
    said = set()
    for code in ("000000", "12345", "abcde-fghjk-mnpqr", "é", "x" * 1000):
        with pytest.raises(Unauthenticated) as caught:
            await desk.sign_in.login("owner", PASSWORD, HOME, code)
        said.add(caught.value.message)
    assert len(said) == 1
