"""Lists in pages: which one the address asks for, and where the others are."""

from dataclasses import dataclass
from urllib.parse import urlencode

from aiohttp import web

from admin_web.pages.texts import N_
from gateway.core.errors import Invalid

LONGEST = 255  # characters that can be looked for
LAST = 100_000_000


@dataclass(frozen=True, slots=True)
class Paging:
    """One page of a list; *number* counts from 1."""

    path: str
    text: str = ""
    number: int = 1
    size: int = 50

    @classmethod
    def read(cls, request: web.Request, path: str, size: int = 50) -> "Paging":
        """Return what the address asks for; Invalid if its page is no number."""
        number = request.query.get("page", "") or "1"
        if not number.isascii() or not number.isdecimal():
            raise Invalid(
                N_("There is no page {number}; pages count from 1.").format(
                    number=repr(number)
                )
            )
        text = request.query.get("q", "").strip()[:LONGEST]
        if "\0" in text:
            raise Invalid(
                N_("The text to look for holds the character NUL; remove it.")
            )
        return cls(path, text, min(max(int(number[:9]), 1), LAST), size)

    @property
    def offset(self) -> int:
        return (self.number - 1) * self.size

    def address(self, number: int | None = None, **more: str) -> str:
        """Return where a page of the list is; this very one unless told."""
        wanted = self.number if number is None else number
        words = {"q": self.text, "page": str(wanted) if wanted > 1 else ""}
        query = urlencode({k: v for k, v in {**words, **more}.items() if v})
        return f"{self.path}?{query}" if query else self.path

    def last_of(self, total: int) -> int:
        """Return the number of the last page."""
        return max(1, -(-total // self.size))
