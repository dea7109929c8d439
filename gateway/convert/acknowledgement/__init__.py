"""CONTRL and 997: what an interchange is, what was answered, what we answer."""

from gateway.convert.acknowledgement.compose import acknowledge, relations
from gateway.convert.acknowledgement.survey import survey, suspected

__all__ = ["acknowledge", "relations", "survey", "suspected"]
