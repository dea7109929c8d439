"""A dictionary: a look-up table of named columns and records."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway.core.model import DictionaryId


def mark_of(texts: Sequence[str]) -> str:
    """Return a short mark of the texts: whoever saw others finds another mark."""
    return hashlib.sha256(json.dumps(list(texts)).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Column:
    """A column; stylesheets name it by its uuid."""

    uuid: str
    name: str


@dataclass(frozen=True, slots=True)
class Record:
    """One row: a text for each column, in the order of the columns."""

    uuid: str
    values: tuple[str, ...]

    @property
    def mark(self) -> str:
        """What tells whether the row is still as somebody saw it."""
        return mark_of(self.values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dictionary:
    """The table without its records; *revision* grows with every change to it."""

    id: DictionaryId
    name: str
    columns: Sequence[Column]
    record_count: int = 0
    revision: int = 1
    changed_at: datetime | None = None

    @property
    def columns_mark(self) -> str:
        """What tells whether the columns are still as somebody saw them."""
        return mark_of(
            [text for each in self.columns for text in (each.uuid, each.name)]
        )
