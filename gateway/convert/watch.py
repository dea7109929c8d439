"""How long each step of a conversion takes."""

from dataclasses import dataclass, field
from time import perf_counter


@dataclass(slots=True)
class Watch:
    """Counts the milliseconds of each step; a step may come several times."""

    steps: dict[str, float] = field(default_factory=dict)
    _since: float = field(default_factory=perf_counter)

    def lap(self, step: str) -> None:
        """Book the time since the last step, or since the beginning, to `step`."""
        now = perf_counter()
        self.steps[step] = self.steps.get(step, 0.0) + (now - self._since) * 1000
        self._since = now
