"""A long list with several filters: what the address asks for, where the rest is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta, tzinfo
from urllib.parse import urlencode

from aiohttp import web

SIZE = 50
LONGEST = 255  # characters of a filter
DIGITS = 7  # of a page's number


@dataclass(frozen=True, slots=True, kw_only=True)
class Filtered:
    """One page of a list; *filters* go into every link, empty ones do not."""

    path: str
    filters: Mapping[str, str]
    number: int = 1
    size: int = SIZE

    @classmethod
    def read(cls, request: web.Request, path: str, names: Sequence[str]) -> "Filtered":
        """Return what the address asks for; its page is the first if it is none."""
        query = request.query
        filters = {
            name: query.get(name, "").replace("\0", "").strip()[:LONGEST]
            for name in names
        }
        text = query.get("page", "")
        known = text.isascii() and text.isdecimal() and len(text) <= DIGITS
        return cls(path=path, filters=filters, number=max(1, int(text)) if known else 1)

    @property
    def offset(self) -> int:
        return (self.number - 1) * self.size

    @property
    def any(self) -> bool:
        """Whether anything is filtered."""
        return any(self.filters.values())

    def address(self, number: int = 1, path: str = "") -> str:
        """Return where a page of the list is, or the same filters at another path."""
        wanted = {name: text for name, text in self.filters.items() if text}
        if number > 1:
            wanted["page"] = str(number)
        path = path or self.path
        return f"{path}?{urlencode(wanted)}" if wanted else path

    def having(self, name: str, text: str) -> str:
        """Return where the list is with another choice for one filter."""
        return replace(self, filters={**self.filters, name: text}).address()

    def last_of(self, total: int) -> int:
        """Return the number of the last page."""
        return max(1, -(-total // self.size))


def start_of(text: str, zone: tzinfo, *, after: bool = False) -> datetime | None:
    """Return the first moment of the day that a date field sent, or of the next day.

    None for what is no day.
    """
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    if day.year in {date.min.year, date.max.year}:
        return None  # as good as no limit, and no zone could move it
    return datetime.combine(day + timedelta(days=int(after)), time(), zone)
