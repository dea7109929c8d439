"""The conversion log: what each rule made of each document."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Protocol

from gateway.core.model import EnvelopeId, MailboxId, RuleId, TransferId


class ConversionStatus(Enum):
    """REPROCESSED: it failed, and was run again later."""

    SUCCEED = "SUCCEED"
    FAILED = "FAILED"
    PROCESSED = "PROCESSED"
    REPROCESSED = "REPROCESSED"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversionQuery:
    """Which lines are wanted; *keyword* is looked for in names, messages and uuids."""

    mailbox: MailboxId | None = None
    rule: RuleId | None = None
    status: ConversionStatus | None = None
    keyword: str = ""
    no_rule: bool = False
    limit: int = 50
    offset: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion:
    """One line; *rule* is None when no rule matched, *rule_name* empty if deleted."""

    id: int
    at: datetime
    mailbox: MailboxId
    rule: RuleId | None
    rule_name: str
    direction: str
    transfer: TransferId | None
    envelope: EnvelopeId | None
    file_name: str
    status: str
    message: str


class ConversionDesk(Protocol):
    """What people may ask of the conversion log."""

    async def search(self, query: ConversionQuery) -> tuple[int, Sequence[Conversion]]:
        """Return how many lines match in all, and one page of them, newest first."""
        ...
