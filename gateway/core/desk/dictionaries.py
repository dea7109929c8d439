"""Dictionaries: look-up tables for rules."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from gateway.core.desk.actor import Actor
from gateway.core.desk.uses import Uses
from gateway.core.dictionary import Dictionary, Record


@dataclass(frozen=True, slots=True)
class ColumnDraft:
    """A column as wanted; without uuid it keeps that of the column so named, if any."""

    name: str
    uuid: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DictionaryDraft:
    """What to write; None keeps what is there (of a new dictionary: nothing).

    *columns_seen* is the mark of the columns that were to be changed: if they are
    others by now, nothing is written.
    """

    name: str | None = None
    columns: Sequence[ColumnDraft] | None = None
    records: Sequence[Sequence[str]] | None = None
    uuid: str | None = None
    columns_seen: str | None = None


@dataclass(frozen=True, slots=True)
class WholeDictionary:
    """A dictionary with its records in order."""

    dictionary: Dictionary
    records: Sequence[Record]


@dataclass(frozen=True, slots=True)
class PageQuery:
    """Which page is wanted of those that hold the text; all do if it is empty."""

    text: str = ""
    limit: int = 50
    offset: int = 0


@dataclass(frozen=True, slots=True)
class RecordPage:
    """One page of a dictionary's records, and how many were found in all."""

    dictionary: Dictionary
    total: int
    records: Sequence[Record]


class DictionaryDesk(Protocol):
    """What people may ask and order of dictionaries; what is unknown is NotFound."""

    async def all(self) -> Sequence[Dictionary]: ...

    async def search(self, query: PageQuery) -> tuple[int, Sequence[Dictionary]]:
        """Return how many have the text in name or uuid, and one page by name."""
        ...

    async def info(self, uuid: str) -> Dictionary:
        """Return it without its records."""
        ...

    async def get(self, uuid: str) -> WholeDictionary: ...

    async def create(self, actor: Actor, draft: DictionaryDraft) -> WholeDictionary: ...

    async def change(
        self, actor: Actor, uuid: str, draft: DictionaryDraft
    ) -> WholeDictionary:
        """Write; unchanged records keep their uuids."""
        ...

    async def rename(self, actor: Actor, uuid: str, name: str) -> Dictionary: ...

    async def load_csv(self, actor: Actor, uuid: str, data: bytes) -> WholeDictionary:
        """Replace the records by a CSV file whose first row names the columns."""
        ...

    async def remove(self, actor: Actor, uuid: str) -> None: ...

    async def uses(self, uuid: str) -> Uses:
        """Return the rules and templates that name the dictionary."""
        ...


class RecordDesk(Protocol):
    """What people may ask and order of single records; what is unknown is NotFound.

    A change that says what its writer saw (`Record.mark`) is a Conflict if the record
    is another by now.
    """

    async def search(self, uuid: str, query: PageQuery) -> RecordPage:
        """Return the records that hold the text in a value, in their order."""
        ...

    async def get(self, uuid: str, record: str) -> Record: ...

    async def add(self, actor: Actor, uuid: str, values: Sequence[str]) -> Record:
        """Add a record at the end; Invalid names the faulty value."""
        ...

    async def change(
        self,
        actor: Actor,
        uuid: str,
        record: str,
        values: Sequence[str],
        seen: str | None,
    ) -> Record: ...

    async def remove(self, actor: Actor, uuid: str, records: Sequence[str]) -> int:
        """Delete those of the records that are there; return how many were."""
        ...
