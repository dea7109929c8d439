"""Envelopes that nobody waits for any more: what is said instead of delivering."""

from gateway.core.desk import sentences
from gateway.core.envelope import EnvelopeStatus
from gateway.core.errors import N_
from gateway.core.model import Problem

ENDED = {EnvelopeStatus.CANCELLED, EnvelopeStatus.EXPIRED}


def ended(status: EnvelopeStatus) -> Problem:
    """Return why an envelope in this status is not delivered."""
    return Problem(
        "envelope-ended",
        sentences.ENDED(status=status.value),
        "deliver",
        remedy=N_(
            "Nothing is to be done; ask the sender for a new envelope if it is "
            "wanted after all."
        ),
    )
