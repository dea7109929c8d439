"""How many rejected messages are kept: strangers may not fill the disk."""

from collections import defaultdict, deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from gateway.core.model import MailboxId
from gateway.core.ports import Clock

WINDOW = timedelta(hours=1)
KEPT = 100
"""Of each mailbox within the window; of the others only the log tells."""


@dataclass(frozen=True, slots=True)
class Rejections:
    """Counts what was kept lately, by mailbox."""

    clock: Clock
    _kept: dict[MailboxId, deque[datetime]] = field(
        default_factory=lambda: defaultdict(deque)
    )

    def keep(self, mailbox: MailboxId) -> bool:
        """Whether one more may be kept; if so it is counted."""
        now, kept = self.clock(), self._kept[mailbox]
        while kept and kept[0] <= now - WINDOW:
            kept.popleft()
        if len(kept) >= KEPT:
            return False
        kept.append(now)
        return True
