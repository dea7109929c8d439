"""Who asks, and what their role lets them do."""

from dataclasses import dataclass
from enum import Enum


class PersonRole(Enum):
    """What a person may do; each role may also do what those below it may.

    AUDITOR reads, OPERATOR works with documents, INTEGRATOR sets up mailboxes, rules
    and templates, OWNER also people, tokens and the appliance.
    """

    OWNER = "OWNER"
    INTEGRATOR = "INTEGRATOR"
    OPERATOR = "OPERATOR"
    AUDITOR = "AUDITOR"

    def covers(self, needed: "PersonRole") -> bool:
        """Whether this role is `needed` or one above it."""
        order = list(PersonRole)
        return order.index(self) <= order.index(needed)


@dataclass(frozen=True, slots=True)
class Actor:
    """The person, or `token:NAME`, that an order is booked to.

    *token* is the uuid of the token the request came with, empty for none.
    *generated_password*: the person has not chosen a password of their own yet;
    *must_change*: and has to before using the pages, since somebody else knows it.
    """

    login: str
    role: PersonRole
    token: str = ""
    generated_password: bool = False
    must_change: bool = False


COMMAND_LINE = Actor("command-line", PersonRole.OWNER)
"""Who may run the commands may do everything: the data folder is theirs."""
