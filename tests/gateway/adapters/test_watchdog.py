import asyncio
import re
import time
from contextlib import asynccontextmanager

import uvloop

from gateway.adapters.watchdog import Watchdog


@asynccontextmanager
async def watching(dog):
    async with asyncio.TaskGroup() as group:
        task = group.create_task(dog.run())
        await asyncio.sleep(0)
        yield
        task.cancel()


def stand_still():
    time.sleep(0.4)


async def test_a_call_that_blocks_is_logged_with_its_length_and_place(caplog):
    async with watching(Watchdog(limit=0.1)):
        await asyncio.sleep(0.02)
        stand_still()
        await asyncio.sleep(0.1)
    said = re.search(r"stood still for (\d+) ms in stand_still \((.*)", caplog.text)
    assert 200 <= int(said[1]) < 5000
    assert "test_watchdog.py" in said[2]


async def test_a_loop_that_only_waits_is_no_news(caplog):
    async with watching(Watchdog(limit=2)):
        await asyncio.sleep(0.1)
    assert caplog.text == ""


async def test_the_same_place_is_told_once_a_minute(caplog):
    async with watching(Watchdog(limit=0.1)):
        for _ in range(2):
            await asyncio.sleep(0.02)
            stand_still()
            await asyncio.sleep(0.1)
    assert caplog.text.count("stand_still") == 1


async def test_a_pause_in_which_the_watcher_had_no_turn_is_the_machines(caplog):
    dog = Watchdog(limit=0.1)
    dog._pulse -= 1
    dog._beat()
    assert caplog.text == ""
    caplog.set_level("DEBUG")
    dog._pulse -= 1
    dog._beat()
    assert re.search(r"for (8|9)\d\d ms in an unknown place", caplog.text)


def test_a_loop_that_got_no_turn_on_a_busy_machine_is_no_news(caplog):
    dog = Watchdog(limit=0.01)

    async def paused():
        async with watching(dog):
            for _ in range(10):
                await asyncio.sleep(0.02)
                dog._pulse -= 1  # as if nothing had run for a second

    uvloop.run(paused())
    assert "runners.py" not in caplog.text
