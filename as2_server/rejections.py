"""How many rejected messages are kept: strangers may not fill the disk."""

from collections import defaultdict, deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from gateway.core.model import MailboxId
from gateway.core.ports import Clock

WINDOW = timedelta(hours=1)
KEPT = 100
"""Of each mailbox within the window; of the others only the log tells."""
KEPT_BYTES = 1 << 30


@dataclass(frozen=True, slots=True)
class Rejections:
    """Counts what was kept lately, by mailbox."""

    clock: Clock
    _kept: dict[MailboxId, deque[tuple[datetime, int]]] = field(
        default_factory=lambda: defaultdict(deque)
    )

    def keep(self, mailbox: MailboxId, size: int) -> bool:
        """Whether one more of `size` bytes may be kept; if so it is counted."""
        now, kept = self.clock(), self._kept[mailbox]
        while kept and kept[0][0] <= now - WINDOW:
            kept.popleft()
        if len(kept) >= KEPT or sum(one for _, one in kept) + size > KEPT_BYTES:
            return False
        kept.append((now, size))
        return True
