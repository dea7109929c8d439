"""Doing in one go what several callers want at the same time."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")


@dataclass(slots=True, eq=False)
class _Wish(Generic[T, R]):
    """What a caller wants, and in the end what came of it."""

    item: T
    done: bool = False
    results: list[R] = field(default_factory=list)
    error: Exception | None = None

    def settle(self, result: R) -> None:
        self.results.append(result)
        self.done = True

    def fail(self, error: Exception) -> None:
        self.error, self.done = error, True

    def outcome(self) -> R:
        if self.error is not None:
            raise self.error
        return self.results[0]


@dataclass(slots=True)
class Gathering(Generic[T, R]):
    """While one batch is worked on, the next one gathers; alone, nobody waits.

    *work* does a batch of at most *most* items and returns a result for each; if it
    fails the items are done one by one. It must bear being done again: whoever is
    cancelled leaves that to the next caller.
    """

    work: Callable[[Sequence[T]], Awaitable[Sequence[R]]]
    most: int = 64
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    _waiting: list[_Wish[T, R]] = field(default_factory=list)

    async def do(self, item: T) -> R:
        """Return what came of the item; raises what the work raised for it."""
        mine: _Wish[T, R] = _Wish(item)
        self._waiting.append(mine)
        async with self._turn:
            while not mine.done:
                await self._batch()
        return mine.outcome()

    async def _batch(self) -> None:
        batch = self._waiting[: self.most]
        try:
            await self._together(batch)
        finally:
            self._waiting = [wish for wish in self._waiting if not wish.done]

    async def _together(self, batch: Sequence[_Wish[T, R]]) -> None:
        try:
            results = await self.work([wish.item for wish in batch])
        except Exception as error:  # noqa: BLE001 - whoever asked gets it raised
            if len(batch) == 1:
                batch[0].fail(error)
                return
        else:
            for wish, result in zip(batch, results, strict=True):
                wish.settle(result)
            return
        for wish in batch:
            await self._together([wish])
