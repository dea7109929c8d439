"""The desk of news: tells those who wait as soon as a transaction is committed."""

import asyncio
from dataclasses import dataclass, field

from gateway.core.desk.news import Bell, News
from gateway.store import news
from gateway.store.database import Database

OTHERS_SECONDS = 5
"""How often to look again where other processes write to the same database."""
LAG = 50  # lines that are looked at again there


@dataclass(frozen=True, slots=True)
class Newsroom:
    """The NewsDesk. Nobody waits, nothing is done."""

    db: Database
    _waiting: set[Bell] = field(default_factory=set)

    @classmethod
    def open(cls, db: Database) -> "Newsroom":
        made = cls(db)
        db.follow(made.wake)
        return made

    def wake(self) -> None:
        """Have everybody who waits look: something was committed."""
        for bell in self._waiting:
            bell.set()

    async def newest(self) -> int:
        async with self.db.read() as conn:
            return await news.newest(conn)

    async def after(self, line: int, patience: float, bell: Bell) -> News:
        self._waiting.add(bell)
        try:
            bell.clear()  # before looking: no commit may be lost meanwhile
            found = await self._look(line)
            if found:
                return found
            rung = await _rung(bell, self._limit(patience))
        finally:
            self._waiting.discard(bell)
        if self.db.embedded:
            return await self._look(line)
        # lines of several processes are not committed in the order of their numbers
        found = await self._look(max(line - LAG, 0))
        return found if rung else News(found.line, everything=True)

    def _limit(self, patience: float) -> float:
        return patience if self.db.embedded else min(patience, OTHERS_SECONDS)

    async def _look(self, line: int) -> News:
        async with self.db.read() as conn:
            return await news.after(conn, line)


async def _rung(bell: Bell, patience: float) -> bool:
    """Wait for the bell; only this is ever cancelled, never a look."""
    try:
        async with asyncio.timeout(patience):
            await bell.wait()
    except TimeoutError:
        return False
    return True
