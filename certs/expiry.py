"""When to speak of a certificate's end."""

from datetime import datetime, timedelta

THRESHOLDS = (30, 14, 7, 1)
"""Days before the end at which the owner is warned, once each."""


def days_left(not_after: datetime, now: datetime) -> int:
    """Return whole days until the end, rounded down; negative once it is over."""
    return (not_after - now) // timedelta(days=1)


def threshold(not_after: datetime, now: datetime) -> int | None:
    """Return the lowest threshold that has been reached; None while all is well."""
    left = days_left(not_after, now)
    return min((days for days in THRESHOLDS if left < days), default=None)


def warning(not_after: datetime, now: datetime, warned: int | None) -> int | None:
    """Return the threshold to warn of, None if `warned` (the last one) covers it."""
    reached = threshold(not_after, now)
    if reached is None or (warned is not None and warned <= reached):
        return None
    return reached
