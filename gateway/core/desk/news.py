"""News: which transfers have changed, for pages that show them as they are now."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from gateway.core.model import TransferId


@dataclass(frozen=True, slots=True)
class News:
    """What changed up to *line*, the newest line of all traces.

    *everything*: too much to tell, or not known for sure; look at all of it again.
    """

    line: int
    transfers: Sequence[TransferId] = ()
    everything: bool = False

    def __bool__(self) -> bool:
        """Whether there is anything to tell."""
        return self.everything or bool(self.transfers)


class Bell(Protocol):
    """What wakes who waits for it: asyncio's Event is one."""

    def set(self) -> None: ...
    def clear(self) -> None: ...
    async def wait(self) -> Literal[True]: ...


class NewsDesk(Protocol):
    """What a page may ask that stays up to date."""

    async def newest(self) -> int:
        """Return the number of the newest line: what a page shows is that new."""
        ...

    async def after(self, line: int, patience: float, bell: Bell) -> News:
        """Return what changed after that line.

        If nothing has, wait until something may have (that rings the *bell*), until
        the caller rings it, or `patience` seconds. Nothing is missed between two calls
        of which the second is given the line that the first returned.
        """
        ...
