"""The XML of one sheet, written row by row."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from html import unescape

from gateway.convert.source.decoding import quoted
from gateway.convert.source.places import COLUMNS, column_index

Cell = tuple[str, str]
"""The letters of its column; the rest of its tag and its text, both as XML."""


class Sheet:
    """Takes rows in their order; with *named* the first one gives the cells' names.

    ValueError if a column is beyond the last one that a spreadsheet has.
    """

    def __init__(self, name: str, state: str, *, named: bool) -> None:
        hidden = "" if state == "visible" else f" state={quoted(state)}"
        self._start = f"<sheet name={quoted(name)}{hidden}>".encode()
        self._named = named
        self._tags: dict[str, str] = {}
        self._names: dict[str, str] = {}
        self._rows: list[bytes] = []
        self._indexes: list[int] = []

    def row(self, index: int, cells: Sequence[Cell]) -> None:
        """Write a row, unless all of its cells are empty."""
        if not cells:
            return
        tags = self._tags
        for column, _ in cells:
            if column not in tags:
                tags[column] = self._tag(column)
        inside = "".join(
            [f"{tags[column]}{rest}</cell>" for column, rest in cells],
        )
        if self._named and not self._indexes:
            self._rows.append(f"<header>{inside}</header>".encode())
            self._names = {column: rest.partition(">")[2] for column, rest in cells}
            tags.clear()
        else:
            self._rows.append(f'<row index="{index}">{inside}</row>'.encode())
        self._indexes.append(index)

    def merge(self, index: int, column: str, area: str) -> None:
        """Say of a cell that it covers an area such as A1:B2."""
        at = bisect_left(self._indexes, index)
        if at == len(self._indexes) or self._indexes[at] != index:
            return  # the whole area is empty
        tag = f'<cell column="{column}"'.encode()
        merged = tag + f" merged={quoted(area)}".encode()
        self._rows[at] = self._rows[at].replace(tag, merged, 1)

    def parts(self) -> Iterable[bytes]:
        yield self._start
        yield from self._rows
        yield b"</sheet>"

    def _tag(self, column: str) -> str:
        if column_index(column) >= COLUMNS:
            raise ValueError(column)
        name = unescape(self._names.get(column, "")).strip()
        named = f" name={quoted(name)}" if name else ""
        return f'<cell column="{column}"{named}'
