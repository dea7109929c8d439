"""When to try again."""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """Exponential back-off with jitter, a ceiling and an end."""

    first: timedelta = timedelta(minutes=1)
    factor: float = 2.0
    ceiling: timedelta = timedelta(hours=4)
    max_attempts: int = 12
    jitter: float = 0.2

    def next_attempt(
        self, attempts: int, now: datetime, chance: float = 0.5
    ) -> datetime | None:
        """Return when to try again after *attempts* failures; None to give up.

        *chance* (0 to 1) places the attempt inside the jitter, which spreads partners
        that failed together.
        """
        if attempts >= self.max_attempts:
            return None
        # the exponent is capped: the ceiling is reached long before a float overflows
        doublings = self.factor ** min(attempts - 1, 64)
        delay = self.first * min(doublings, self.ceiling / self.first)
        spread = 1 + self.jitter * (2 * chance - 1)
        return now + min(delay * spread, self.ceiling)
