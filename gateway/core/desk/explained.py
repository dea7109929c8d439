"""How a result of a rule came about: steps, look-ups, envelopes and who gets them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from gateway.core.model import MailboxId


@dataclass(frozen=True, slots=True)
class LookedUp:
    """One look-up of a stylesheet: "function(argument, argument)" and its answer."""

    call: str
    answer: str | None


@dataclass(frozen=True, slots=True)
class Addressee:
    """Who takes part in an envelope: the role, its mailbox and that one's name."""

    role: str
    mailbox: MailboxId
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeEnvelope:
    """An envelope as it would be posted; *xml* is native and complete."""

    subject: str
    addressees: Sequence[Addressee]
    xml: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """How a result came about; *steps* are milliseconds by step, in their order."""

    steps: Mapping[str, float] = field(default_factory=dict)
    lookups: Sequence[LookedUp] = ()
    envelopes: Sequence[MadeEnvelope] = ()
