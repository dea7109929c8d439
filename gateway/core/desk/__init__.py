"""What the admin listener may ask and order: one port per area.

An ordering method takes the `Actor` first and writes its audit entry in the
transaction of the change. What cannot be done is a Refusal (gateway.core.errors).
"""

from dataclasses import dataclass

from gateway.core.desk.people import PeopleDesk


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Every area; built by the composition root."""

    people: PeopleDesk
