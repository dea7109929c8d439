"""The matrix: what is exchanged with a partner, and how."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

Pairs = list[tuple[str, str]]

SIGNED, ENCRYPTED = "signed", "encrypted"
PROTECTIONS = ("plain", SIGNED, ENCRYPTED, f"{SIGNED}+{ENCRYPTED}")
COMPRESSIONS = ("none", "before-signing", "after-signing")
CRLF = b"UNA:+.? '\r\nUNB+UNOA:1+SHOP+SUPPLIER+261012:0900+1'\r\nUNZ+0+1'\r\n"
PAYLOADS = {
    "CRLF EDI": CRLF,
    "LF EDI": CRLF.replace(b"\r\n", b"\n"),
    # all bytes, all pairs of line ends, nothing that ends a line at the end
    "binary": bytes(range(256)) + b"\r\r\n\n\0--\r\n--\xff\r",
    "empty": b"",
    "10 MB": bytes(range(256)) * 40_960,
}
LARGE = "10 MB"


class Receipt(Enum):
    """The MDN that the sender asks for."""

    NONE = "no MDN"
    SYNC = "sync"
    SYNC_SIGNED = "sync signed"
    ASYNC = "async"
    ASYNC_SIGNED = "async signed"

    @property
    def signed(self) -> bool:
        return self in {Receipt.SYNC_SIGNED, Receipt.ASYNC_SIGNED}

    @property
    def later(self) -> bool:
        return self in {Receipt.ASYNC, Receipt.ASYNC_SIGNED}


class Way(Enum):
    """Who sends."""

    IN = "from the partner"
    OUT = "to the partner"


@dataclass(frozen=True)
class Cell:
    """One exchange of the matrix."""

    partner: str
    way: Way
    protection: str
    compression: str
    receipt: Receipt
    payload: str

    @property
    def data(self) -> bytes:
        return PAYLOADS[self.payload]

    @property
    def signed(self) -> bool:
        return SIGNED in self.protection

    @property
    def encrypted(self) -> bool:
        return ENCRYPTED in self.protection

    @property
    def label(self) -> str:
        return ", ".join(
            (
                self.partner,
                self.way.value,
                self.protection,
                f"compression {self.compression}",
                self.receipt.value,
                self.payload,
            )
        )


PARTNERS = ("openssl", "pyas2lib")


def matrix() -> Iterator[Cell]:
    """Yield every cell; 10 MB only on a diagonal.

    Each value of each other dimension meets 10 MB, and each pair of their values.
    """
    for partner, way, protection, compression, receipt, payload in itertools.product(
        PARTNERS, Way, PROTECTIONS, COMPRESSIONS, Receipt, PAYLOADS
    ):
        cell = Cell(partner, way, protection, compression, receipt, payload)
        if payload != LARGE or _on_diagonal(cell):
            yield cell


def _on_diagonal(cell: Cell) -> bool:
    """Choose 20 of 240: each protection with each receipt, the rest in turn."""
    row = PROTECTIONS.index(cell.protection)
    column = list(Receipt).index(cell.receipt)
    return (
        COMPRESSIONS.index(cell.compression) == (row + column + 1) % 3
        and PARTNERS.index(cell.partner) == (row + column) % 2
        and list(Way).index(cell.way) == (row + column // 2) % 2
    )


IMPOSSIBLE = {
    "pyas2lib compresses before it signs, never after": lambda cell: (
        cell.partner == "pyas2lib"
        and cell.way is Way.IN
        and cell.compression == "after-signing"
        and cell.signed
    ),
}
"""Cells that the partner's own fault makes impossible: why, and which they are."""
NO_MIC = "pyas2lib computes no MIC for a message that is not signed"


def impossible(cell: Cell) -> str:
    """Return why this cell cannot be; empty when it can."""
    return next((why for why, which in IMPOSSIBLE.items() if which(cell)), "")


def groups(way: Way) -> list[list[Cell]]:
    """Return the possible cells: those that differ by receipt and payload together."""
    possible = [c for c in matrix() if c.way is way and not impossible(c)]
    return [list(found) for _, found in itertools.groupby(possible, _kind)]


def without_mic(cell: Cell) -> bool:
    """Whether the partner has no MIC of its own to compare with ours."""
    return cell.partner == "pyas2lib" and not cell.signed


def label(group: list[Cell]) -> str:
    return " ".join(_kind(group[0]))


def _kind(cell: Cell) -> tuple[str, str, str]:
    return cell.partner, cell.protection, cell.compression


def same_mic(left: str, right: str) -> bool:
    """Whether value and algorithm are equal, however they are spelt."""
    return _plain(left) == _plain(right)


def _plain(mic: str) -> tuple[str, str]:
    value, _, name = mic.partition(",")
    return value.strip(), name.strip().replace("-", "").lower()


@dataclass(frozen=True)
class Posted:
    """A message by the partner; *mic* is empty if it computes none."""

    headers: Pairs
    body: bytes
    mic: str


@dataclass(frozen=True)
class Verdict:
    """How the partner reads our MDN; *signed* means by us, verified."""

    disposition: str
    mic: str
    signed: bool


@dataclass(frozen=True)
class Taken:
    """Our message as the partner reads it; *mdn* None if we asked for none.

    *mic* is empty if the partner computes none; *url* is where an asynchronous MDN
    goes.
    """

    payload: bytes
    mic: str
    mdn: tuple[Pairs, bytes] | None
    url: str


class Partner(Protocol):
    """An AS2 product that is not ours; all methods block."""

    def message(self, cell: Cell, number: str, url: str) -> Posted:
        """Make a message to us with this Message-ID; *url* is for its MDN."""
        ...

    def verdict(self, posted: Posted, headers: Pairs, body: bytes) -> Verdict:
        """Read the MDN that we made."""
        ...

    def take(self, headers: Pairs, body: bytes) -> Taken:
        """Read a message that we made."""
        ...


@dataclass(frozen=True)
class Names:
    """AS2 names: of the partner, of us."""

    partner: str = "PARTNER"
    us: str = "GATEWAY"
