"""A progress bar on the terminal; without a terminal, one line at the end."""

import sys
import time

WIDTH = 30
EVERY = 0.1


class Progress:
    """Counts steps; *unit* is written behind the numbers."""

    def __init__(self, title: str, total: int, unit: str = "") -> None:
        self._title, self._total, self._unit = title, total, unit
        self._done = 0
        self._began = self._shown = time.perf_counter()

    def step(self, more: int = 1) -> None:
        self._done += more
        now = time.perf_counter()
        if now - self._shown >= EVERY and sys.stderr.isatty():
            self._shown = now
            self._show("\r")

    def end(self) -> None:
        self._show("\r" if sys.stderr.isatty() else "")
        sys.stderr.write("\n")

    def _show(self, start: str) -> None:
        full = WIDTH * self._done // max(self._total, 1)
        bar = "#" * full + "." * (WIDTH - full)
        seconds = time.perf_counter() - self._began
        sys.stderr.write(
            f"{start}{self._title:28} [{bar}] {self._done}/{self._total}{self._unit} "
            f"{seconds:6.1f} s"
        )
        sys.stderr.flush()
