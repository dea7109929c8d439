"""What a rule makes of a document of the past, as people read it."""

from collections.abc import Mapping

from admin_web.pages.texts import N_
from gateway.core.desk.rehearsal import Outcome

SIZES = (10, 20, 50, 100)
"""How many documents may be chosen."""
OUTCOMES: Mapping[Outcome, tuple[str, str]] = {
    Outcome.SAME: (N_("The same"), "ok"),
    Outcome.DIFFERENT: (N_("Different"), "warn"),
    Outcome.FAILS: (N_("Fails now"), "err"),
    Outcome.STILL_FAILS: (N_("Still fails"), "err"),
    Outcome.WORKS_NOW: (N_("Works now"), "ok"),
    Outcome.MATCHES_NOW: (N_("Matches now"), "warn"),
    Outcome.NO_LONGER_MATCHES: (N_("No longer matches"), "warn"),
    Outcome.NOT_CONCERNED: (N_("Not concerned"), "idle"),
    Outcome.GONE: (N_("Not kept any more"), "idle"),
}
"""Each outcome as people read it, and its colour."""
