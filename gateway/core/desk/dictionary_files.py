"""Dictionaries from CSV files and to them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from gateway.core.desk.actor import Actor
from gateway.core.desk.content import Content
from gateway.core.dictionary import Dictionary

DELIMITERS = (",", ";", "\t", "|")
ENCODINGS = ("utf-8", "utf-16", "windows-1251", "windows-1252")


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvFile:
    """A CSV file; an empty delimiter or encoding is to be recognised.

    *header*: its first line names the columns, by name or uuid, in any order. Without
    it the values stand in the order of the columns.
    """

    data: bytes
    delimiter: str = ""
    encoding: str = ""
    header: bool = True


@dataclass(frozen=True, slots=True)
class CsvFault:
    """What is wrong in a line, which counts from 1; line 0: in the file."""

    line: int
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvPreview:
    """What a file would bring: how it was read, its first rows, the first faults.

    *total* counts its rows, *fault_count* its faults; with any it cannot be loaded.
    *mark* belongs to this file read in this way for the dictionary as it is now.
    """

    delimiter: str
    encoding: str
    rows: Sequence[Sequence[str]]
    total: int
    faults: Sequence[CsvFault]
    fault_count: int
    mark: str


class DictionaryFileDesk(Protocol):
    """All or nothing: a file with a fault changes nothing."""

    async def preview(self, uuid: str, file: CsvFile) -> CsvPreview:
        """Read the file and keep nothing."""
        ...

    async def load(
        self,
        actor: Actor,
        uuid: str,
        file: CsvFile,
        *,
        append: bool = False,
        seen: str | None = None,
    ) -> Dictionary:
        """Put the file's rows in the place of the records, or behind them.

        Invalid, with the line, if it has a fault. Conflict if `seen` is the mark of a
        preview of another file, or the dictionary has changed since.
        """
        ...

    async def create(self, actor: Actor, name: str, file: CsvFile) -> Dictionary:
        """Make a dictionary with the columns that the first line names."""
        ...

    async def export(self, uuid: str, *, spreadsheet: bool) -> Content:
        """Return the records as CSV, in the order in which they stand.

        For a spreadsheet: values that it would take for formulas begin with an
        apostrophe, and it is told that the file is UTF-8.
        """
        ...
