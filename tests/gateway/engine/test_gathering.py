"""Batches: nobody waits alone, nobody suffers for another, nothing is lost."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from gateway.engine.gathering import Gathering


@dataclass
class Works:
    """Doubles numbers, slowly; refuses batches that hold a number below zero."""

    batches: list[list[int]] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)

    async def double(self, batch: Sequence[int]) -> Sequence[int]:
        self.batches.append(list(batch))
        await self.gate.wait()
        if min(batch) < 0:
            raise ValueError(f"below zero: {list(batch)}")
        return [2 * number for number in batch]


@pytest.fixture
def works():
    return Works()


async def asked(gathering: Gathering[int, int], numbers: Sequence[int]):
    tasks = [asyncio.ensure_future(gathering.do(n)) for n in numbers]  # noqa: TID251 - gathered below
    await asyncio.sleep(0)
    return tasks


async def test_what_comes_meanwhile_is_done_together(works):
    gathering = Gathering(works.double, most=3)
    tasks = await asked(gathering, [1, 2, 3, 4, 5])
    works.gate.set()
    assert await asyncio.gather(*tasks) == [2, 4, 6, 8, 10]
    assert works.batches[0][0] == 1
    assert max(map(len, works.batches)) == 3
    assert sorted(n for batch in works.batches for n in batch) == [1, 2, 3, 4, 5]


async def test_one_that_fails_fails_alone(works):
    works.gate.set()
    gathering = Gathering(works.double)
    tasks = await asked(gathering, [1, -2, 3])
    found = await asyncio.gather(*tasks, return_exceptions=True)
    assert (found[0], found[2]) == (2, 6)
    assert str(found[1]) == "below zero: [-2]"
    assert await gathering.do(4) == 8


async def test_who_is_cancelled_leaves_the_work_to_the_others(works):
    gathering = Gathering(works.double)
    tasks = await asked(gathering, [1, 2, 3])
    tasks[0].cancel()
    await asyncio.sleep(0)
    works.gate.set()
    assert await asyncio.gather(*tasks[1:]) == [4, 6]
    with pytest.raises(asyncio.CancelledError):
        await tasks[0]
    assert await gathering.do(5) == 10
