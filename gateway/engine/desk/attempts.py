"""Failed logins: who must wait, and how long."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil

from gateway.core.errors import TooManyAttempts
from gateway.core.ports import Clock

FREE = 5  # attempts of one login from one address before the first wait
FREE_BY_ADDRESS = 20  # of all logins from one address
LONGEST = timedelta(minutes=15)
FORGOTTEN = timedelta(hours=1)
REMEMBERED = 10_000  # keys; the oldest go first


@dataclass(slots=True)
class Attempts:
    """Counts an attempt before it is tried, so that many at once count as many."""

    clock: Clock
    _failed: OrderedDict[Sequence[str], tuple[int, datetime]] = field(
        default_factory=OrderedDict
    )

    def begin(self, login: str, address: str) -> None:
        """Count one attempt; TooManyAttempts while the wait of the last one runs."""
        now = self.clock()
        keys = {(login, address): FREE, (address,): FREE_BY_ADDRESS}
        wait = max(self._wait(key, free, now) for key, free in keys.items())
        if wait > timedelta():
            seconds = ceil(wait.total_seconds())
            raise TooManyAttempts(
                f"Too many failed logins; try again in {seconds} s.", seconds
            )
        for key in keys:
            count, _at = self._failed.pop(key, (0, now))
            self._failed[key] = (count + 1, now)
        while len(self._failed) > REMEMBERED:
            self._failed.popitem(last=False)

    def succeeded(self, login: str, address: str) -> None:
        """Forget the failures of this login, and this attempt of the address."""
        self._failed.pop((login, address), None)
        count, at = self._failed.pop((address,), (0, self.clock()))
        if count > 1:
            self._failed[address,] = (count - 1, at)

    def _wait(self, key: Sequence[str], free: int, now: datetime) -> timedelta:
        count, at = self._failed.get(key, (0, now))
        if now - at > FORGOTTEN:
            del self._failed[key]
            return timedelta()
        if count < free:
            return timedelta()
        delay = min(timedelta(seconds=2 ** min(count - free, 20)), LONGEST)
        return at + delay - now
