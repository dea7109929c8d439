"""Dictionaries: look-up tables for rules."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from gateway.core.desk.actor import Actor
from gateway.core.dictionary import Dictionary, Record


@dataclass(frozen=True, slots=True)
class ColumnDraft:
    """A column as wanted; without uuid it keeps that of the column so named, if any."""

    name: str
    uuid: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DictionaryDraft:
    """What to write; None keeps what is there (of a new dictionary: nothing)."""

    name: str | None = None
    columns: Sequence[ColumnDraft] | None = None
    records: Sequence[Sequence[str]] | None = None
    uuid: str | None = None


@dataclass(frozen=True, slots=True)
class WholeDictionary:
    """A dictionary with its records in order."""

    dictionary: Dictionary
    records: Sequence[Record]


class DictionaryDesk(Protocol):
    """What people may ask and order of dictionaries; what is unknown is NotFound."""

    async def all(self) -> Sequence[Dictionary]: ...
    async def get(self, uuid: str) -> WholeDictionary: ...

    async def create(self, actor: Actor, draft: DictionaryDraft) -> WholeDictionary: ...

    async def change(
        self, actor: Actor, uuid: str, draft: DictionaryDraft
    ) -> WholeDictionary:
        """Write; unchanged records keep their uuids."""
        ...

    async def load_csv(self, actor: Actor, uuid: str, data: bytes) -> WholeDictionary:
        """Replace the records by a CSV file whose first row names the columns."""
        ...

    async def remove(self, actor: Actor, uuid: str) -> None: ...
