"""The stream of events: live, without gaps, bounded, ended with the session."""

import asyncio
import json

import pytest
from transfer_builders import put_received

from admin_web.pages.events import EVENTS, STREAMS
from gateway.core.desk.actor import COMMAND_LINE
from gateway.store import transfers
from gateway.store.news import MOST


@pytest.fixture
async def box(desk):
    return (await desk.mailboxes.create(COMMAND_LINE, "Shop", ())).id


@pytest.fixture
def change(db, box, clock):
    """Return what records a received file, which is news."""

    async def one(uuid, lines=()):
        await put_received(db, box, clock(), uuid)
        if lines:
            async with db.write() as conn:
                await transfers.notes(conn, uuid, clock(), lines)

    return one


async def event(answer):
    """Return the next event as its fields, comments left out."""
    async with asyncio.timeout(20):
        fields = {}
        while line := (await answer.content.readline()).decode():
            name, _, value = line.rstrip("\n").partition(": ")
            if name:
                fields[name] = value
            elif "event" in fields:
                return fields
            elif line == "\n":
                fields = {}
    return None


async def begun(owner, **more):
    """Open a stream; return it once it stands, that is after its first event."""
    answer = await owner.client.get(EVENTS, **more)
    assert (answer.status, answer.content_type) == (200, "text/event-stream")
    first = await event(answer)
    return answer, first


@pytest.fixture
def streams(owner):
    return owner.client.app[STREAMS]


async def test_a_commit_is_told_at_once(owner, change):
    answer, first = await begun(owner)
    assert json.loads(first["data"]) == {"everything": False, "ids": []}
    await change("t1")
    told = await event(answer)
    assert told["event"] == "news"
    assert json.loads(told["data"]) == {"everything": False, "ids": ["t1"]}
    answer.close()


async def test_what_was_missed_is_told_when_the_browser_comes_back(owner, change):
    await change("t1")
    _answer, first = await begun(owner)
    await change("t2")
    await change("t3")
    _answer, again = await begun(owner, headers={"Last-Event-ID": first["id"]})
    assert again["id"] == first["id"]
    told = await event(_answer)
    assert json.loads(told["data"])["ids"] == ["t2", "t3"]


async def test_a_page_begins_with_what_came_since_it_was_made(owner, change):
    await change("t1")
    await owner.get("/admin/transfers")
    line = owner.text.partition('data-line="')[2].partition('"')[0]
    await change("t2")
    answer, _first = await begun(owner, params={"after": line})
    assert json.loads((await event(answer))["data"])["ids"] == ["t2"]


@pytest.mark.parametrize("after", [0, 10**9])
async def test_who_cannot_be_told_all_of_it_is_told_to_look_anew(owner, change, after):
    await change("t1", [("match", "x")] * (MOST + 1))
    answer, _first = await begun(owner, params={"after": after})
    assert json.loads((await event(answer))["data"])["everything"] is True


async def test_nonsense_begins_with_now(owner, change):
    await change("t1")
    _answer, first = await begun(owner, params={"after": "x"})
    assert first["id"] == "1"


async def test_a_session_that_ends_ends_its_streams(owner, change):
    answer, _first = await begun(owner)
    await owner.get("/admin/transfers")
    await owner.post("/logout")
    await change("t1")
    assert (await event(answer))["event"] == "end"
    assert await answer.content.read() == b""


async def test_silence_is_broken_by_heartbeats(owner, streams):
    streams.heartbeat = 0.01
    answer, _first = await begun(owner)
    async with asyncio.timeout(20):
        line = await answer.content.readline()
    # where other processes write too, it is told to look again
    assert line in {b": nothing new\n", b"id: 0\n"}
    answer.close()


async def test_more_streams_than_a_session_may_have_end_the_oldest(owner, streams):
    streams.most_of_one = 2
    first, *others = [(await begun(owner))[0] for _ in range(3)]
    assert (await event(first))["event"] == "end"
    assert len(streams) == 2
    for answer in others:
        answer.close()


async def test_more_streams_than_the_appliance_may_have_end_the_oldest(owner, streams):
    streams.most = 1
    first, second = [(await begun(owner))[0] for _ in range(2)]
    assert (await event(first))["event"] == "end"
    assert len(streams) == 1
    second.close()


async def test_the_listener_stops_though_streams_are_open(owner, streams):
    answer, _first = await begun(owner)
    async with asyncio.timeout(20):
        await owner.client.server.close()
    assert streams.closing
    assert b"event: end" not in await answer.content.read()


async def test_nobody_else_gets_a_stream(stranger):
    answer = await stranger.client.get(EVENTS, allow_redirects=False)
    assert (answer.status, answer.headers["Location"][:6]) == (303, "/login")
