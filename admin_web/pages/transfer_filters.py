"""Which transfers the list shows: what its address says, and other addresses."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from admin_web.pages.filter_values import mailbox_of, midnight, one_of
from admin_web.pages.place import ALL
from admin_web.pages.texts import N_
from gateway.core.desk.transfers import TransferQuery
from gateway.core.errors import Invalid
from gateway.core.model import Channel, Direction, TransferState

LIST = "/admin/transfers"
SIZE = 50
LAST_PAGE = 100_000
LONGEST = 255
TABS: Mapping[str, tuple[str, Sequence[TransferState]]] = {
    "": (N_("All"), ()),
    "failed": (N_("Failed"), [TransferState.FAILED]),
    "working": (
        N_("Being processed"),
        [TransferState.RECEIVED, TransferState.PROCESSING],
    ),
    "waiting": (N_("Waiting to deliver"), [TransferState.QUEUED]),
    "receipt": (N_("Awaiting receipt"), [TransferState.AWAITING_MDN]),
    "done": (N_("Done"), [TransferState.PROCESSED, TransferState.DELIVERED]),
}
NAMES = ("state", "q", "mailbox", "direction", "protocol", "from", "to")


@dataclass(frozen=True, slots=True)
class Filters:
    """The words of the address, as they are sent; *page* counts from 1."""

    values: Mapping[str, str] = field(default_factory=dict)
    page: int = 1

    @classmethod
    def read(cls, query: Mapping[str, str]) -> "Filters":
        """Return what the address asks for; Invalid names the word that is none."""
        values = {name: query.get(name, "").strip()[:LONGEST] for name in NAMES}
        number = query.get("page", "") or "1"
        if not number.isascii() or not number.isdecimal():
            raise Invalid(
                N_("There is no page {number}; pages count from 1.").format(
                    number=repr(number)
                )
            )
        page = int(number[:9])
        found = cls(values, min(max(page, 1), LAST_PAGE))
        found.query(ZoneInfo("UTC"))
        return found

    def __getitem__(self, name: str) -> str:
        return self.values.get(name, "")

    @property
    def narrowed(self) -> bool:
        """Whether anything but the tab and the page is chosen."""
        words = self.values.items()
        return any(value for name, value in words if name != "state" and value != ALL)

    def address(self, **changed: object) -> str:
        """Return where the list is with these words changed; page 1 unless given."""
        words = {**self.values, **{name: str(value) for name, value in changed.items()}}
        query = urlencode({name: value for name, value in words.items() if value})
        return f"{LIST}?{query}" if query else LIST

    @property
    def here(self) -> str:
        """Where this very page of the list is."""
        return self.address(page=self.page if self.page > 1 else "")

    def query(self, zone: ZoneInfo) -> TransferQuery:
        """Return the same for the desk; days begin and end where the reader is."""
        if self["state"] not in TABS:
            raise Invalid(
                N_("There is no state {listed}; the tabs have those there are.").format(
                    listed=repr(self["state"])
                )
            )
        return TransferQuery(
            mailbox=mailbox_of(self["mailbox"]),
            direction=one_of(Direction, self["direction"]),
            protocol=one_of(Channel, self["protocol"]),
            states=TABS[self["state"]][1],
            text=self["q"],
            since=midnight(self["from"], zone),
            until=midnight(self["to"], zone, timedelta(days=1)),
            limit=SIZE,
            offset=(self.page - 1) * SIZE,
        )
