"""The dashboard: what needs attention, and how much has passed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from typing import Protocol

from gateway.core.desk.certificates import Listed
from gateway.core.model import MailboxId


@dataclass(frozen=True, slots=True)
class Day:
    """Transfers that began on one day of the reader's; *failed* are in neither other.

    What was run again and went well is no failure any more.
    """

    day: date
    received: int = 0
    delivered: int = 0
    failed: int = 0

    @property
    def all(self) -> int:
        return self.received + self.delivered + self.failed


@dataclass(frozen=True, slots=True, kw_only=True)
class Failures:
    """Transfers of one mailbox that failed alike; *message* is that of one of them."""

    mailbox: MailboxId
    mailbox_name: str
    message: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Deliveries that a remote server does not take.

    *since* is when its first try failed, or when it was to go; *why* what the last one
    said. *next_at* is None while the integration is *switched_off*.
    """

    mailbox: MailboxId
    mailbox_name: str
    count: int
    since: datetime
    why: str = ""
    next_at: datetime | None = None
    switched_off: bool = False


@dataclass(frozen=True, slots=True)
class Disk:
    """The disk of the data folder, in bytes; *low* when room must be made."""

    total: int
    free: int
    low: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Dashboard:
    """Everything at once; *failures* are the most frequent, *failed* counts all.

    Failures and mails are those of the last 24 hours; *days* end with today.
    """

    at: datetime
    days: Sequence[Day]
    failed: int
    failures: Sequence[Failures]
    waiting: Sequence[Waiting]
    queued: int
    awaiting: int
    certificates: Sequence[Listed]
    disk: Disk
    mails_failed: int
    jobs_dead: int

    @property
    def quiet(self) -> bool:
        """Whether nothing needs attention."""
        return not (
            self.failed
            or self.waiting
            or self.certificates
            or self.disk.low
            or self.mails_failed
            or self.jobs_dead
        )


class DashboardDesk(Protocol):
    """What people may see at a glance."""

    async def look(self, zone: tzinfo, mailbox: MailboxId | None = None) -> Dashboard:
        """Return it as of now; days begin and end in that time zone.

        Of one mailbox, or of all; the disk, mails and jobs are the appliance's.
        """
        ...
