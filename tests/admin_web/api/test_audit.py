from datetime import timedelta

import pytest

from gateway.core.desk.actor import COMMAND_LINE

PATH = "/api/v1/audit"


@pytest.fixture
async def book(desk, tokens, clock):
    """Book three orders a day apart, after those that made the tokens."""
    for name in ("One", "Two", "Three 100%"):
        clock.tick(timedelta(days=1))
        await desk.mailboxes.create(COMMAND_LINE, name, ())


async def find(api, query):
    answer = await api.get(PATH, params=query)
    assert answer.status == 200
    return await answer.json()


async def test_the_newest_comes_first_with_what_changed(api, book):
    page = await find(api, {"action": "mailbox-created"})
    assert (page["totalElements"], page["sizeRequested"]) == (3, 50)
    assert [entry["after"]["name"] for entry in page["data"]] == [
        "Three 100%",
        "Two",
        "One",
    ]
    assert page["data"][0]["at"] == "2026-01-04T00:00:00Z"


async def test_pages_are_counted(api, book):
    page = await find(api, {"action": "mailbox-created", "limit": 2, "offset": 2})
    assert (page["totalElements"], page["numberOfElements"]) == (3, 1)
    assert page["data"][0]["after"]["name"] == "One"


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"who": "command-line"}, 7),
        ({"who": "anna"}, 0),
        ({"action": "token-created"}, 4),
        ({"q": "BOX-cre"}, 3),
        ({"q": "%"}, 1),
        ({"q": "three 100%"}, 1),
        ({"q": "1_0"}, 0),
        ({"from": "2026-01-03T00:00:00Z"}, 2),
        ({"from": "2026-01-03T00:00:00Z", "to": "2026-01-04T00:00:00Z"}, 1),
        ({"subject": "nothing"}, 0),
    ],
    ids=str,
)
async def test_the_log_is_filtered(api, book, query, count):
    assert (await find(api, query))["totalElements"] == count


async def test_the_log_is_downloaded_as_csv_with_the_same_filters(api, book):
    answer = await api.get(f"{PATH}/export", params={"action": "mailbox-created"})
    assert answer.status == 200
    assert answer.headers["Content-Disposition"].startswith("attachment")
    head, *lines = (await answer.text()).splitlines()
    assert head.endswith("at,who,action,subject,before,after")
    assert len(lines) == 3
    assert "Three 100%" in lines[0]
    assert (await api.get(f"{PATH}/export", params={"limit": 1})).status == 422
