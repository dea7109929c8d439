import re
from pathlib import Path

import pytest

import admin_web
from admin_web.pages.assets import TYPES, read_assets

FRONT = "/admin/dashboard"
FOLDER = Path(admin_web.__file__).parent
INLINE = re.compile(
    r"<script(?![^>]*\bsrc=)|<style|\bstyle=|\bon\w+=|javascript:", re.IGNORECASE
)
FOREIGN = re.compile(
    r"""(?:href|src|action|url\()\s*=?\s*["']?(?:https?:)?//""", re.IGNORECASE
)


def concrete(path):
    return re.sub(r"{\w+}", "00000000-0000-4000-8000-000000000000", path)


async def test_the_front_door_leads_to_the_page(owner):
    await owner.get("/")
    assert (owner.status, owner.url) == (200, FRONT)


@pytest.mark.parametrize("path", ["/login", FRONT, "/nothing"])
async def test_pages_allow_nothing_inline_and_no_other_host(stranger, path):
    if path != "/login":
        await stranger.sign_in("owner")
    answer = await stranger.get(path)
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert not INLINE.search(stranger.text)
    assert not FOREIGN.search(stranger.text)


@pytest.mark.parametrize("name", TYPES)
async def test_a_file_is_kept_by_browsers_for_long(stranger, name):
    link = read_assets()[name].url
    assert re.fullmatch(rf"/static/{re.escape(name)}\?v=\w+", link)
    answer = await stranger.client.get(link)
    assert (answer.status, answer.content_type) == (200, TYPES[name])
    assert "immutable" in answer.headers["Cache-Control"]
    assert await answer.read() == (FOLDER / "static" / name).read_bytes()


@pytest.mark.parametrize(
    "name", ["README.md", "../app.py", "..%2fapp.py", "vendor/", "vendor/README.md"]
)
async def test_no_other_file_is_served(stranger, name):
    answer = await stranger.client.get(f"/static/{name}")
    assert answer.status == 404


async def test_the_first_page_is_light(owner):
    total = 0
    await owner.get(FRONT)
    for path in [FRONT, *re.findall(r'"(/static/[^"]+)"', owner.text)]:
        answer = await owner.client.get(path, headers={"Accept-Encoding": "gzip"})
        total += len(await answer.read())
    assert total < 250_000


async def test_an_unknown_page_is_404_as_a_page(stranger):
    await stranger.get("/admin/nothing")
    assert stranger.status == 404
    assert "There is nothing at /admin/nothing." in stranger.text
    assert "There is nothing here" in stranger.text


async def test_a_part_that_fails_is_told_on_the_page_that_asked(owner):
    answer = await owner.get("/admin/nothing", headers={"HX-Request": "true"})
    assert (answer.status, answer.headers["HX-Retarget"]) == (404, "#note")
    assert 'id="note"' in owner.text
    assert "<html" not in owner.text


async def test_a_part_for_nobody_leads_to_the_sign_in(stranger):
    answer = await stranger.get(FRONT, headers={"HX-Request": "true"})
    assert (answer.status, answer.headers["HX-Redirect"]) == (401, "/login")


async def test_what_a_page_shows_is_escaped(stranger):
    await stranger.sign_in('"><img src=x>', "wrong horse")
    assert "<img" not in stranger.text
    assert "&#34;&gt;&lt;img" in stranger.text


@pytest.mark.parametrize("theme", ["light", "dark", "blue", ""])
async def test_the_theme_is_the_persons_choice(stranger, theme):
    stranger.client.session.cookie_jar.update_cookies({"theme": theme})
    await stranger.get("/login")
    shown = theme if theme in {"light", "dark"} else "auto"
    assert f'data-theme="{shown}"' in stranger.text
