"""Failed logins: who must wait, and how long.

A login is counted from each address by itself, each address by itself, and each login
by itself: the last with more patience and a short wait, and never from an address where
it has signed in before, so that strangers cannot keep a person out.
"""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from ipaddress import IPv6Network, ip_network
from math import ceil

from gateway.core.desk import sentences
from gateway.core.errors import TooManyAttempts
from gateway.core.ports import Clock

FREE = 5  # attempts of one login from one address before the first wait
FREE_BY_ADDRESS = 20  # of all logins from one address
FREE_BY_LOGIN = 50  # of one login from all addresses
FREE_CODES = 5  # of who knows the password already
LONGEST = timedelta(minutes=15)
LONGEST_BY_LOGIN = timedelta(seconds=30)
FORGOTTEN = timedelta(hours=1)
REMEMBERED = 10_000  # keys; the oldest go first
SITE = 64  # bits of an IPv6 address that one customer of a provider has

Key = tuple[str, str, str]  # what is counted, login, address


@dataclass(frozen=True, slots=True)
class _Patience:
    free: int
    longest: timedelta = LONGEST


_PATIENCE: Mapping[str, _Patience] = {
    "pair": _Patience(FREE),
    "address": _Patience(FREE_BY_ADDRESS),
    "login": _Patience(FREE_BY_LOGIN, LONGEST_BY_LOGIN),
    "code": _Patience(FREE_CODES),
}


@dataclass(slots=True)
class Attempts:
    """Counts an attempt before it is tried, so that many at once count as many."""

    clock: Clock
    _failed: OrderedDict[Key, tuple[int, datetime]] = field(default_factory=OrderedDict)
    _known: OrderedDict[Key, None] = field(default_factory=OrderedDict)

    def begin(self, login: str, address: str) -> None:
        """Count one attempt; TooManyAttempts while the wait of the last one runs."""
        site = _site(address)
        pair = ("pair", login, site)
        keys = [pair, ("address", "", site)]
        if pair not in self._known:
            keys.append(("login", login, ""))
        self._count(keys)

    def begin_code(self, login: str) -> None:
        """Count one code of somebody whose password was right."""
        self._count([("code", login, "")])

    def succeeded(self, login: str, address: str) -> None:
        """Forget the failures of this login, and this attempt of the address."""
        site = _site(address)
        pair = ("pair", login, site)
        self._failed.pop(pair, None)
        self._failed.pop(("login", login, ""), None)
        key = ("address", "", site)
        count, at = self._failed.pop(key, (0, self.clock()))
        if count > 1:
            self._failed[key] = (count - 1, at)
        self._known.pop(pair, None)
        self._known[pair] = None
        while len(self._known) > REMEMBERED:
            self._known.popitem(last=False)

    def code_succeeded(self, login: str) -> None:
        self._failed.pop(("code", login, ""), None)

    def forget(self, login: str) -> None:
        """Let the login try again from everywhere."""
        for key in [key for key in self._failed if key[1] == login]:
            del self._failed[key]

    def locked(self) -> Mapping[str, datetime]:
        """Return until when each login waits that does."""
        now = self.clock()
        found: dict[str, datetime] = {}
        for key in list(self._failed):
            until = now + self._wait(key, now)
            if key[1] and until > now:
                found[key[1]] = max(until, found.get(key[1], until))
        return found

    def _count(self, keys: list[Key]) -> None:
        now = self.clock()
        wait = max(self._wait(key, now) for key in keys)
        if wait > timedelta():
            seconds = ceil(wait.total_seconds())
            raise TooManyAttempts(sentences.TOO_MANY_LOGINS(seconds=seconds), seconds)
        for key in keys:
            count, _at = self._failed.pop(key, (0, now))
            self._failed[key] = (count + 1, now)
        while len(self._failed) > REMEMBERED:
            self._failed.popitem(last=False)

    def _wait(self, key: Key, now: datetime) -> timedelta:
        count, at = self._failed.get(key, (0, now))
        if now - at > FORGOTTEN:
            del self._failed[key]
            return timedelta()
        patience = _PATIENCE[key[0]]
        if count < patience.free:
            return timedelta()
        doubled = timedelta(seconds=2 ** min(count - patience.free, 20))
        return at + min(doubled, patience.longest) - now


def _site(address: str) -> str:
    """Return what one caller may choose addresses from: of IPv6 the network."""
    try:
        network = ip_network(address)
    except ValueError:
        return address
    if isinstance(network, IPv6Network) and not network[0].ipv4_mapped:
        return str(network.supernet(new_prefix=SITE))
    return address
