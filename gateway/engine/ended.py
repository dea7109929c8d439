"""Envelopes that nobody waits for any more: what is said instead of delivering."""

from gateway.core.envelope import EnvelopeStatus
from gateway.core.model import Problem

ENDED = {EnvelopeStatus.CANCELLED, EnvelopeStatus.EXPIRED}


def ended(status: EnvelopeStatus) -> Problem:
    """Return why an envelope in this status is not delivered."""
    return Problem(
        "envelope-ended",
        f"the envelope was {status.value} before it was delivered",
        "deliver",
        remedy="Nothing is to be done; ask the sender for a new envelope if it is "
        "wanted after all.",
    )
