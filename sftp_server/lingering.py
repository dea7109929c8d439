"""Files that are gone because they were taken, for clients that look once more."""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass, field

import asyncssh

from sftp_server.paths import Item

MOST = 1000


@dataclass(slots=True)
class Lingering:
    """The attributes of files just taken, each for *seconds*."""

    seconds: float
    _kept: "OrderedDict[Item, tuple[float, asyncssh.SFTPAttrs]]" = field(
        default_factory=OrderedDict
    )

    def add(self, item: Item, attrs: asyncssh.SFTPAttrs) -> None:
        self._kept.pop(item, None)
        self._kept[item] = (self._now() + self.seconds, attrs)
        if len(self._kept) > MOST:
            self._kept.popitem(last=False)

    def get(self, item: Item) -> asyncssh.SFTPAttrs | None:
        until, attrs = self._kept.get(item, (0.0, None))
        return attrs if self._now() < until else None

    def _now(self) -> float:
        return asyncio.get_running_loop().time()
