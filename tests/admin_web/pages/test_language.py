"""The switch of the language."""

import pytest

FRONT = "/admin/integrations/list"


async def switched(browser, language, back):
    answer = await browser.post(
        "/language", {"language": language, "next": back}, allow_redirects=False
    )
    return answer.status, answer.headers.get("Location")


async def test_the_choice_is_kept_and_the_same_page_shown(stranger):
    assert await switched(stranger, "uk", "/login?next=/admin/x") == (
        303,
        "/login?next=/admin/x",
    )
    await stranger.get("/login")
    assert '<html lang="uk"' in stranger.text
    await switched(stranger, "en", "/login")
    await stranger.get("/login", headers={"Accept-Language": "uk"})
    assert '<html lang="en"' in stranger.text


async def test_a_page_offers_to_come_back_to_it(owner):
    await owner.get(FRONT)
    assert f'name="next" value="{FRONT}"' in owner.text


@pytest.mark.parametrize(
    "target", ["//evil.example", "https://evil.example", "/admin/\\evil", "", "/x"]
)
async def test_the_switch_leads_to_no_other_place(stranger, target):
    assert await switched(stranger, "uk", target) == (303, "/")


async def test_a_language_that_is_not_there_is_told_with_those_that_are(stranger):
    await stranger.post("/language", {"language": "xx", "next": "/login"})
    assert stranger.status == 404
    assert "there are en, uk" in stranger.text
