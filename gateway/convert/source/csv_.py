"""CSV to XML: rows of cells, with the names of a header if the rule says so."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Protocol

from gateway.convert import options
from gateway.convert.source.base import Described, Source
from gateway.convert.source.decoding import (
    HEADER,
    attribute,
    bounded,
    broken,
    decoded,
    escaped,
    quoted,
)
from gateway.convert.source.places import COLUMNS, column_name
from gateway.core.errors import N_

VALUE_LONGEST = 1 << 20
"""Characters of one value."""

_CANDIDATES = "\t;|,"
_SAMPLE = 64 << 10
_SAMPLE_ROWS = 100
_SAID = re.compile(r"\Asep=([^\r\n])(?:\r\n|\n|\r)")
_REMEDY = N_(
    "Ask the sender for a correct file, or give the rule's attributes CSV_DELIMITER and"
    " CSV_QUOTE the signs that the file uses."
)

Row = Sequence[str]


class Rows(Protocol):
    """What csv.reader gives; *line_num* is the last line it read."""

    line_num: int

    def __iter__(self) -> Iterator[list[str]]: ...
    def __next__(self) -> list[str]: ...


@dataclass(frozen=True, slots=True)
class Dialect:
    """How rows are written; *quote* is empty if values are never quoted."""

    delimiter: str
    quote: str

    def reader(self, text: str, *, strict: bool = True) -> Rows:
        return csv.reader(
            io.StringIO(text, newline=""),
            delimiter=self.delimiter,
            quotechar=self.quote or None,
            quoting=csv.QUOTE_MINIMAL if self.quote else csv.QUOTE_NONE,
            strict=strict,
        )


def read_csv(data: bytes, file: Described) -> Source:
    """Return `rows/row@index/cell@column`; Unfit names the line that is broken."""
    warnings: list[str] = []
    text = decoded(data, file, warnings)
    said = _SAID.match(text)
    dialect = _dialect(text[said.end() :] if said else text, file, said)
    if dialect.delimiter == dialect.quote:
        why = f"{dialect.quote!r} is both the delimiter and the quotation mark"
        raise broken("csv-syntax", file, 1, why, _REMEDY)
    out = _Writer(attribute(file, options.CSV_HEADER) == "yes", warnings)
    for line, row in _rows(text, dialect, file):
        if said and line == 1:
            continue
        out.take(line, row)
    root = f"<rows delimiter={quoted(dialect.delimiter)}>"
    xml = f"{HEADER}{root}{''.join(out.parts)}</rows>"
    return Source(xml.encode(), bounded(warnings))


class _Writer:
    """Turns rows into XML; the first one is the header if *named*."""

    def __init__(self, named: bool, warnings: list[str]) -> None:  # noqa: FBT001  a kind
        self.parts: list[str] = []
        self._named = named
        self._names: Row | None = None
        self._index = 0
        self._warnings = warnings
        self._width = 0
        self._tags: list[str] = []

    def take(self, line: int, row: Row) -> None:
        self._index += 1
        if not row:
            return  # an empty line; it counts, as in a spreadsheet
        if not self._width:
            self._width = len(row)
            if self._named:
                self._header(row)
                return
        elif len(row) != self._width:
            self._ragged(line, row)
        while len(self._tags) < len(row):
            self._tags.append(self._tag(len(self._tags)))
        cells = [
            f"{tag}>{value}</cell>" if value else f"{tag}/>"
            for tag, value in zip(self._tags, _escaped(row), strict=False)
        ]
        self.parts.append(f'<row index="{self._index}">{"".join(cells)}</row>')

    def _tag(self, column: int) -> str:
        tag = f'<cell column="{column_name(column)}"'
        if self._names is not None and column < len(self._names):
            name = self._names[column]
            return f"{tag} name={quoted(name)}" if name else tag
        return tag

    def _header(self, row: Row) -> None:
        self._names = [name.strip() for name in row]
        twice = [name for name, n in Counter(self._names).items() if n > 1 and name]
        if twice:
            self._warnings.append(f"The header has the name {twice[0]!r} twice.")
        cells = [
            f'<cell column="{column_name(column)}">{value}</cell>'
            for column, value in enumerate(_escaped(self._names))
        ]
        self.parts.append(f"<header>{''.join(cells)}</header>")

    def _ragged(self, line: int, row: Row) -> None:
        self._warnings.append(
            f"Line {line} has {len(row)} values, the first row has {self._width}."
        )


def _escaped(row: Row) -> Row:
    joined = "\x00".join(row)  # no text that was decoded holds it
    clean = escaped(joined)
    return row if clean is joined else clean.split("\x00")


def _rows(text: str, dialect: Dialect, file: Described) -> Iterator[tuple[int, Row]]:
    """Yield each row with the line in which it begins; an empty line is []."""
    csv.field_size_limit(VALUE_LONGEST)
    reader = dialect.reader(text)
    while True:
        line = reader.line_num + 1
        try:
            row = next(reader, None)
        except csv.Error as error:
            raise _broken(error, file, line) from error
        if row is None:
            return
        if len(row) > COLUMNS:
            raise broken(
                "csv-syntax",
                file,
                line,
                f"it has {len(row)} values; at most {COLUMNS} are read",
                _REMEDY,
            )
        yield line, row


def _broken(error: csv.Error, file: Described, line: int) -> Exception:
    said = str(error)
    if "unexpected end" in said:
        why = "the row that begins here has a quotation mark that is never closed"
    elif "field limit" in said:
        why = (
            f"the row that begins here has a value of more than {VALUE_LONGEST}"
            " characters; is a quotation mark not closed?"
        )
    elif "expected after" in said:
        why = "in the row that begins here something follows a closing quotation mark"
    else:
        why = f"the row that begins here cannot be read: {said}"
    return broken("csv-syntax", file, line, why, _REMEDY)


def _dialect(text: str, file: Described, said: re.Match[str] | None) -> Dialect:
    """Return the dialect: the rule's, else what the first line says, else guessed."""
    quote_said = attribute(file, options.CSV_QUOTE)
    quote = options.quote(quote_said) if quote_said else '"'
    delimiter_said = attribute(file, options.CSV_DELIMITER)
    if delimiter_said:
        return Dialect(options.delimiter(delimiter_said), quote)
    return Dialect(said[1] if said else _sniffed(text, quote), quote)


def _sniffed(text: str, quote: str) -> str:
    """Return the sign that cuts the first rows into equally many values.

    Tab, semicolon and bar come before the comma, which also stands in numbers.
    """
    sample = text[:_SAMPLE]
    if len(text) > _SAMPLE:
        sample = sample[: max(sample.rfind("\n"), sample.rfind("\r")) + 1]
    found: list[tuple[float, str]] = []
    for sign in _CANDIDATES.replace(quote, ""):
        counts = _widths(sample, Dialect(sign, quote))
        if not counts:
            continue
        width, rows = Counter(counts).most_common(1)[0]
        if width > 1:
            found.append((rows / len(counts), sign))
    best = max((share for share, _ in found), default=0)
    return next((sign for share, sign in found if share == best), ",")


def _widths(sample: str, dialect: Dialect) -> list[int]:
    reader = dialect.reader(sample, strict=False)
    try:
        return [len(row) for row in islice(reader, _SAMPLE_ROWS) if row]
    except csv.Error:
        return []
