from datetime import timedelta

import pytest

from admin_web.pages.session import COOKIE, csrf_of

FRONT = "/admin/dashboard"
PART = (
    b'--b\r\nContent-Disposition: form-data; name="login"\r\n%s\r\n\r\nabc\r\n--b--\r\n'
)


async def test_signing_in_leads_to_where_one_wanted_to_go(stranger):
    wanted = f"{FRONT}?mailbox=1"
    await stranger.get(wanted)
    assert stranger.url == "/login?next=/admin/dashboard?mailbox%3D1"
    answer = await stranger.sign_in("owner", next=wanted)
    assert answer.history[0].status == 303
    assert answer.history[0].headers["Location"] == wanted


@pytest.mark.parametrize(
    "target",
    ["//evil.example/admin/", "https://evil.example/", "/\\evil", "/login", ""],
)
async def test_signing_in_leads_to_no_other_site(stranger, target):
    answer = await stranger.sign_in("owner", next=target)
    assert answer.history[0].headers["Location"] == FRONT


async def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(stranger):
    answer = await stranger.sign_in("owner")
    cookie = answer.history[0].cookies[COOKIE]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (
        True,
        "Lax",
        "/",
    )
    assert cookie["max-age"] == str(12 * 3600)
    assert len(cookie.value) == 32


@pytest.mark.parametrize("login", ["owner", "nobody"])
async def test_a_wrong_password_is_told_without_saying_who_exists(stranger, login):
    await stranger.sign_in(login, "wrong horse")
    assert stranger.status == 401
    assert "Login and password do not belong together." in stranger.text
    assert f'value="{login}"' in stranger.text
    assert COOKIE not in str(stranger.client.session.cookie_jar.filter_cookies("/"))


async def test_after_five_failures_even_the_right_password_waits(stranger, clock):
    for _ in range(5):
        await stranger.sign_in("owner", "wrong horse")
    answer = await stranger.sign_in("owner")
    assert (stranger.status, answer.headers["Retry-After"]) == (429, "1")
    assert "Too many failed logins" in stranger.text
    clock.tick(timedelta(seconds=1))
    await stranger.sign_in("owner")
    assert stranger.status == 200


async def test_a_password_without_end_is_wrong_not_a_fault(stranger):
    await stranger.sign_in("owner", "x" * 1025)
    assert stranger.status == 401
    await stranger.sign_in("owner", "x" * 20_000)
    assert stranger.status == 413


async def test_a_session_ends_after_twelve_hours(owner, clock):
    clock.tick(timedelta(hours=12))
    await owner.get(FRONT)
    assert owner.url.startswith("/login")


async def test_signing_out_ends_the_session_in_the_store_too(owner, desk):
    cookie = owner.client.session.cookie_jar.filter_cookies(owner.client.make_url("/"))
    token = cookie[COOKIE].value
    assert await desk.sign_in.actor(token) is not None
    await owner.post("/logout")
    assert owner.url == "/login"
    assert await desk.sign_in.actor(token) is None


async def test_signing_in_again_ends_the_session_before(owner, people, desk):
    jar = owner.client.session.cookie_jar
    before = jar.filter_cookies(owner.client.make_url("/"))[COOKIE].value
    await owner.sign_in("auditor")
    after = jar.filter_cookies(owner.client.make_url("/"))[COOKIE].value
    assert after != before
    assert await desk.sign_in.actor(before) is None
    assert (await desk.sign_in.actor(after)).login == "auditor"


async def test_the_sign_in_is_not_shown_to_who_is_signed_in(owner):
    await owner.get("/login")
    assert owner.url == FRONT


async def test_a_token_of_a_program_is_no_session(stranger, tokens):
    for token in tokens.values():
        stranger.client.session.cookie_jar.update_cookies({COOKIE: token})
        await stranger.get(FRONT)
        assert stranger.url.startswith("/login")


async def test_a_form_of_another_session_changes_nothing(owner):
    for wrong in ("", "0" * 64, csrf_of("another token"), "é"):
        await owner.post("/logout", csrf=wrong)
        assert owner.status == 403
        assert "older than your sign-in" in owner.text
    await owner.get(FRONT)
    assert owner.url == FRONT


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ],
    ids=str,
)
async def test_another_site_signs_nobody_in(stranger, headers):
    data = {"login": "owner", "password": "correct horse"}
    answer = await stranger.post("/login", data, headers=headers)
    assert (answer.status, answer.cookies) == (403, {})


async def test_our_own_page_may_sign_in_where_browsers_send_origin_only(stranger):
    origin = str(stranger.client.make_url("/")).rstrip("/")
    data = {"login": "owner", "password": "correct horse"}
    await stranger.post("/login", data, headers={"Origin": origin})
    assert stranger.url == FRONT


async def test_a_form_with_nul_is_refused(stranger):
    await stranger.sign_in("own\0er")
    assert stranger.status == 400
    assert "NUL" in stranger.text


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data", b"x"),
        ("multipart/form-data; boundary=b", b"x"),
        ("application/x-www-form-urlencoded; charset=none", b"login=a"),
        ("multipart/form-data; boundary=b", b"--b\r\nContent-Dis"),
        ("multipart/form-data; boundary=b", PART % b"Content-Transfer-Encoding: x"),
        (
            "multipart/form-data; boundary=b",
            PART % b"Content-Type: text/plain;charset=none",
        ),
    ],
)
async def test_a_form_that_cannot_be_read_is_refused(stranger, kind, body):
    headers = {"Content-Type": kind}
    answer = await stranger.client.post("/login", data=body, headers=headers)
    assert answer.status == 400


async def test_bytes_that_are_no_text_are_nobodys_login(stranger):
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = await stranger.client.post("/login", data=b"login=%ff", headers=headers)
    assert answer.status == 400
