"""A dictionary: a look-up table of named columns and records."""

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.core.model import DictionaryId


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Dictionary:
    """The table without its records."""

    id: DictionaryId
    name: str
    columns: Sequence[Column]
    record_count: int = 0
