"""Which envelopes the list shows: what its address says, and what others say."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from admin_web.pages.filter_values import midnight, one_of
from admin_web.pages.texts import N_
from gateway.core.desk.envelopes import EnvelopeQuery, EnvelopeSort, Scope
from gateway.core.envelope import EnvelopeStatus
from gateway.core.errors import Invalid
from gateway.core.model import MailboxId, TemplateId

LIST = "/admin/envelopes"
SIZE = 50
TEMPLATES = 1000  # that can be chosen from
LAST_PAGE = 100_000
LONGEST = 255
NAMES = (
    "mailbox",
    "scope",
    "q",
    "status",
    "template",
    "sender",
    "from",
    "to",
    "sort",
)
TABS: Mapping[str, str] = {
    Scope.INBOX.value: N_("Inbox"),
    Scope.OUTBOX.value: N_("Outbox"),
    "all": N_("All"),
}
SORTS: Mapping[str, str] = {
    "": N_("Newest first"),
    EnvelopeSort.OLDEST.value: N_("Oldest first"),
    EnvelopeSort.SUBJECT.value: N_("By subject"),
    EnvelopeSort.SUBJECT_DOWN.value: N_("By subject, from the end"),
}


@dataclass(frozen=True, slots=True)
class Filters:
    """The words of the address, as they were sent; *page* counts from 1."""

    values: Mapping[str, str] = field(default_factory=dict)
    page: int = 1

    @classmethod
    def read(cls, query: Mapping[str, str]) -> "Filters":
        """Return what the address asks for; Invalid says which word is none."""
        values = {name: query.get(name, "").strip()[:LONGEST] for name in NAMES}
        number = query.get("page", "") or "1"
        if not (number.isascii() and number.isdecimal()):
            raise Invalid(
                N_("There is no page {number}; pages count from 1.").format(
                    number=repr(number)
                )
            )
        found = cls(values, min(max(int(number[:9]), 1), LAST_PAGE))
        found.query(ZoneInfo("UTC"))
        return found

    def __getitem__(self, name: str) -> str:
        return self.values.get(name, "")

    @property
    def scope(self) -> str:
        """The tab that is open."""
        return self["scope"] or Scope.INBOX.value

    @property
    def narrowed(self) -> bool:
        """Whether anything is left out but the other mailboxes and tabs."""
        wide = {"mailbox", "scope", "sort"}
        return any(value for name, value in self.values.items() if name not in wide)

    def address(self, **changed: object) -> str:
        """Return where the list is with these words changed; page 1 unless given."""
        words = {**self.values, **{name: str(value) for name, value in changed.items()}}
        query = urlencode({name: value for name, value in words.items() if value})
        return f"{LIST}?{query}" if query else LIST

    @property
    def everything(self) -> str:
        """Where the list is with nothing left out."""
        kept = {name: self[name] for name in ("mailbox", "scope")}
        return Filters(kept).address()

    def query(self, zone: ZoneInfo) -> EnvelopeQuery:
        """Return the same for the desk; days begin and end where the reader is."""
        template, sender = self["template"].lower(), self["sender"].lower()
        if self.scope not in TABS:
            raise Invalid(
                N_("{scope} is none of {listed}.").format(
                    scope=repr(self.scope), listed=", ".join(TABS)
                )
            )
        return EnvelopeQuery(
            mailbox=MailboxId(self["mailbox"].lower()),
            scope=None if self.scope == "all" else Scope(self.scope),
            status=one_of(EnvelopeStatus, self["status"]),
            template=TemplateId(template) if template else None,
            sender=MailboxId(sender) if sender else None,
            text=self["q"],
            since=midnight(self["from"], zone),
            until=midnight(self["to"], zone, timedelta(days=1)),
            sort=one_of(EnvelopeSort, self["sort"]) or EnvelopeSort.NEWEST,
            limit=SIZE,
            offset=(self.page - 1) * SIZE,
        )
