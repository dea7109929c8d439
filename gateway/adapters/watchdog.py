"""Noticing when the event loop stood still, and in which line of the program."""

import asyncio
import logging
import sys
import threading
import traceback
from dataclasses import dataclass, field
from time import perf_counter

log = logging.getLogger(__name__)

LIMIT = 0.05  # seconds
FRAMES = 3
WAITING = ("selectors.py", "runners.py")  # where asyncio and uvloop have nothing to do
QUIET = 60.0  # seconds until the same place is told again
PLACES = 1000


@dataclass(slots=True)
class Watchdog:
    """A pulse in the loop, and a thread that looks when it is missing.

    *limit* is in seconds. A call that holds the interpreter lock keeps the thread from
    looking too: then the place stays unknown.
    """

    limit: float = LIMIT
    _pulse: float = field(default_factory=perf_counter)
    _seen: tuple[float, str] = (0, "")  # after which pulse, what was running then
    _told: dict[str, float] = field(default_factory=dict)

    async def run(self) -> None:
        """Watch the running loop until cancelled."""
        over = threading.Event()
        thread = threading.Thread(
            target=self._look, args=(threading.get_ident(), over), name="watchdog"
        )
        self._pulse = perf_counter()
        thread.start()
        try:
            while True:
                await asyncio.sleep(self.limit / 2)
                self._beat()
        finally:
            over.set()
            await asyncio.to_thread(thread.join)

    def _beat(self) -> None:
        now = perf_counter()
        last, self._pulse = self._pulse, now
        late = now - last - self.limit / 2
        after, place = self._seen
        if late <= self.limit:
            return
        said = "the event loop stood still for %d ms in %s"
        if after != last:  # the thread got no turn either: the machine is busy
            log.debug(said, late * 1000, "an unknown place")
        elif now - self._told.get(place, -QUIET) > QUIET:
            if len(self._told) >= PLACES:
                self._told.clear()
            self._told[place] = now
            log.warning(said, late * 1000, place)

    def _look(self, watched: int, over: threading.Event) -> None:
        while not over.wait(self.limit / 2):
            last = self._pulse
            if self._seen[0] != last and perf_counter() - last > self.limit:
                frame = sys._current_frames().get(watched)  # noqa: SLF001 - the only way to see another thread's stack
                stack = traceback.extract_stack(frame, FRAMES) if frame else []
                if stack and stack[-1].filename.endswith(WAITING):
                    continue  # nothing to do, or no turn on a busy machine
                place = " < ".join(
                    f"{at.name} ({at.filename}:{at.lineno})" for at in reversed(stack)
                )
                self._seen = (last, place)
