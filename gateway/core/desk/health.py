"""Whether the appliance works, and its numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One number for Prometheus; *kind* is gauge or counter."""

    name: str
    help: str
    value: float
    labels: Mapping[str, str] = field(default_factory=dict)
    kind: str = "gauge"


class HealthDesk(Protocol):
    """What a watching program may ask without a token."""

    async def ready(self) -> Mapping[str, str]:
        """Return what is wrong by the name of the check; "" for what is right."""
        ...

    async def samples(self) -> Sequence[Sample]: ...
