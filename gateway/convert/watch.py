"""How long each step of a conversion takes."""

from collections.abc import Mapping
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

    def split(self, step: str, inner: Mapping[str, float]) -> None:
        """Put what is known of the inside in the place of `step`.

        The rest of its time was spent handing over and waiting: "handover".
        """
        whole = self.steps.pop(step, 0.0)
        self.steps.update(inner)
        self.steps["handover"] = max(0.0, whole - sum(inner.values()))
