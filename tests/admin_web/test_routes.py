"""Who may do what: every route that the listener has, as everybody there is."""

import re

import pytest
from screenless import a_person, visitor

from admin_web.api.areas import operations
from admin_web.app import OPENAPI_PATH
from admin_web.pages.assets import PATH
from admin_web.pages.session import CSRF_HEADER
from admin_web.pages.shell import pages
from gateway.core.desk.actor import COMMAND_LINE, PersonRole

ID = "00000000-0000-4000-8000-000000000000"
FOR_ALL = {
    ("GET", "/"),
    ("GET", PATH.replace(":.+", "")),
    ("GET", OPENAPI_PATH),
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/metrics"),
    ("GET", "/xsd/{name}.xsd"),
    ("POST", "/api/login"),
    ("GET", "/login"),
    ("POST", "/login"),
    ("POST", "/login/code"),
    ("POST", "/language"),
}
API = {(each.method, each.path): each.role for each in operations()}
PAGES = {(each.method, each.path): each.role for each in pages()}
LAST = ("/logout",)  # who did this is nobody


@pytest.fixture
async def everybody(desk):
    """Make one person for each role, named like it."""
    for role in PersonRole:
        await a_person(desk, role)


def routes(app):
    """Return what the router knows, not what we believe it does."""
    return {(route.method, route.resource.canonical) for route in app.router.routes()}


def concrete(path):
    return re.sub(r"{\w+}", ID, path)


async def test_every_route_says_who_may_and_only_these_are_for_all(anybody):
    declared = {**API, **PAGES}
    known = {route for route in declared if declared[route] is not None}
    assert routes(anybody.server.app) == known | FOR_ALL
    assert API.keys().isdisjoint(PAGES)


async def ask(client, route, **more):
    method, path = route
    more = {"allow_redirects": False, **more}
    async with client.request(method, concrete(path), **more) as answer:
        return answer.status, answer.headers.get("Location", "")


@pytest.mark.parametrize("role", [*PersonRole, None], ids=str)
async def test_each_operation_asks_for_its_role(anybody, tokens, role):
    headers = {"Authorization": f"Bearer {tokens[role]}"} if role else {}
    for route in API.keys() - FOR_ALL:
        status, _to = await ask(anybody, route, headers=headers)
        where = f"{route} as {role}: {status}"
        if role is None:
            assert status == 401, where
        elif role.covers(API[route]):
            assert status not in {401, 403, 500}, where
        else:
            assert status == 403, where


@pytest.mark.parametrize("role", [*PersonRole, None], ids=str)
async def test_each_page_asks_for_its_role(desk, everybody, role):
    async with visitor(desk) as browser:
        if role:
            await browser.sign_in(role.value.lower())
        headers = {CSRF_HEADER: browser.csrf}
        for route in sorted(PAGES.keys() - FOR_ALL, key=lambda each: each[1] in LAST):
            status, to = await ask(browser.client, route, headers=headers)
            where = f"{route} as {role}: {status}"
            if role is None:
                assert (status, to.partition("?")[0]) == (303, "/login"), where
            elif role.covers(PAGES[route]):
                assert status not in {401, 403, 500}, where
                assert not to.startswith("/login") or route[1] in LAST, where
            else:
                assert status == 403, where


async def test_without_its_csrf_token_no_form_is_taken(desk, everybody):
    async with visitor(desk) as browser:
        await browser.sign_in("owner")
        for route in PAGES.keys() - FOR_ALL:
            if route[0] != "GET":
                status, _to = await ask(browser.client, route)
                assert status == 403, route


async def test_no_page_takes_an_order_by_get(anybody):
    """What changes things is POST: a link or a picture could send GET."""
    assert {method for method, _path in PAGES} == {"GET", "POST"}


async def test_the_cookie_of_a_browser_opens_no_api(desk, everybody):
    """Else any site could order by the browser of who is signed in here."""
    async with visitor(desk) as browser:
        await browser.sign_in("owner")
        for route in API.keys() - FOR_ALL:
            status, _to = await ask(browser.client, route)
            assert status == 401, route


async def test_the_token_of_a_program_opens_no_page(anybody, tokens):
    headers = {"Authorization": f"Bearer {tokens[PersonRole.OWNER]}"}
    for route in PAGES.keys() - FOR_ALL:
        status, to = await ask(anybody, route, headers=headers)
        assert (status, to.partition("?")[0]) == (303, "/login"), route


async def test_a_one_time_password_opens_no_page_but_its_own(desk):
    _user, password = await desk.people.invite(COMMAND_LINE, "otto", PersonRole.OWNER)
    async with visitor(desk) as browser:
        await browser.sign_in("otto", password)
        headers = {CSRF_HEADER: browser.csrf}
        own = {each for each in PAGES if each[1] == "/admin/account/password"}
        for route in PAGES.keys() - FOR_ALL - own - {("POST", "/logout")}:
            status, to = await ask(browser.client, route, headers=headers)
            assert (status, to) == (303, "/admin/account/password"), route
