"""CONTRL and 997: what an interchange is, what was answered, what we answer."""

from gateway.convert.acknowledgement.compose import (
    acknowledge,
    acknowledgeable,
    relations,
)
from gateway.convert.acknowledgement.survey import survey, suspected

__all__ = ["acknowledge", "acknowledgeable", "relations", "survey", "suspected"]
