import asyncio
import re
import time
from contextlib import asynccontextmanager

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


async def test_a_place_nobody_saw_is_unknown(caplog):
    dog = Watchdog(limit=0.1)
    dog._pulse -= 1
    dog._beat()
    assert re.search(r"for (8|9)\d\d ms in an unknown place", caplog.text)
    caplog.clear()
    dog._beat()
    assert caplog.text == ""
