"""What refers to a template or a dictionary: the rules and templates that need it."""

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.core.model import MailboxId, RuleId, TemplateId, TemplateVersionId


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleUse:
    """A rule that refers to it; *version* is the template version it is pinned to."""

    id: RuleId
    name: str
    enabled: bool
    account: bool
    mailbox: MailboxId
    mailbox_name: str
    version: TemplateVersionId | None


@dataclass(frozen=True, slots=True)
class TemplateUse:
    """A template whose latest version refers to it."""

    id: TemplateId
    name: str


@dataclass(frozen=True, slots=True)
class Uses:
    """Everything that refers to a thing."""

    rules: Sequence[RuleUse] = ()
    templates: Sequence[TemplateUse] = ()
    envelopes: int = 0
