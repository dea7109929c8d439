"""CSV files: read to rows, with every fault and its line; rows written to CSV.

Pure; big files are handled in a thread by the caller.
"""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from gateway.core.desk.dictionary_files import (
    DELIMITERS,
    ENCODINGS,
    CsvFault,
    CsvFile,
)
from gateway.core.dictionary import Column
from gateway.core.errors import N_, Invalid
from gateway.engine.desk.dictionary_rows import (
    LONGEST_VALUE,
    MOST_CELLS,
    Row,
    faulty_value,
)

MOST_FAULTS = 20  # that are told; the others are counted
MARKS = {b"\xef\xbb\xbf": "utf-8", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_SEPARATOR = re.compile(r'sep=([,;\t|])"?\r?\n')  # a line that Excel knows
_FORMULA = re.compile(r"[=+\-@\t\r]")
_NUMBER = re.compile(r"[+-]?[0-9][0-9 .,]*")


class _Lines(Protocol):
    """What `csv.reader` returns; its type has no public name."""

    @property
    def line_num(self) -> int: ...
    def __iter__(self) -> Iterator[list[str]]: ...
    def __next__(self) -> list[str]: ...


@dataclass(slots=True)
class CsvRead:
    """A file as it was read; the rows count only if there is no fault."""

    delimiter: str = ""
    encoding: str = ""
    rows: list[Row] = field(default_factory=list)
    faults: list[CsvFault] = field(default_factory=list)
    fault_count: int = 0

    def wrong(self, line: int, message: str) -> None:
        """Note a fault."""
        self.fault_count += 1
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(CsvFault(line, message))


def read(file: CsvFile, columns: Sequence[Column] | None) -> CsvRead:
    """Return the rows, their values in the order of `columns`; never fails.

    Without columns those of the first line are the first row.
    """
    found = CsvRead()
    text = _text(file, found)
    if text is None:
        return found
    first = 0
    if named := _SEPARATOR.match(text):
        found.delimiter, first = named[1], 1
        text = text[named.end() :]
    head = text.split("\n", 1)[0]
    recognised = found.delimiter or max(DELIMITERS, key=head.count)
    found.delimiter = file.delimiter or recognised
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=found.delimiter, strict=True
    )
    try:
        _read(reader, file, columns, found, first)
    except csv.Error as error:
        line = reader.line_num + first
        found.wrong(
            line,
            N_("Line {line} of the CSV file: {error}.").format(line=line, error=error),
        )
    if len(found.rows) * len(columns or ()) > MOST_CELLS:
        found.wrong(
            0,
            N_("The records hold more than {most} values in all.").format(
                most=MOST_CELLS
            ),
        )
    return found


def rows_of(found: CsvRead) -> Sequence[Row]:
    """Return the rows; Invalid tells the first fault, its line, and how many more."""
    if not found.faults:
        return found.rows
    fault, more = found.faults[0], found.fault_count - 1
    message = fault.message
    if more:
        message = N_("{why} (More faults: {more}.)").format(why=message, more=more)
    line = {"line": str(fault.line)} if fault.line else {}
    raise Invalid(message, data={"records": message} | line)


def written(rows: Sequence[Sequence[str]], *, spreadsheet: bool) -> bytes:
    """Return the rows as CSV lines."""
    into = io.StringIO(newline="")
    writer = csv.writer(into)
    for row in rows:
        writer.writerow([harmless(value) for value in row] if spreadsheet else row)
    return into.getvalue().encode()


def harmless(value: str) -> str:
    """Return the value so that a spreadsheet takes it for no formula."""
    if _FORMULA.match(value) and not _NUMBER.fullmatch(value):
        return f"'{value}"
    return value


def _text(file: CsvFile, found: CsvRead) -> str | None:
    by_mark = next((MARKS[m] for m in MARKS if file.data.startswith(m)), "")
    encoding = file.encoding or by_mark or ENCODINGS[0]
    if encoding not in ENCODINGS or file.delimiter not in {"", *DELIMITERS}:
        known = f"encoding: {', '.join(ENCODINGS)}; delimiter: , ; tab |"
        found.wrong(
            0,
            N_("The file cannot be read in this way; known are {known}.").format(
                known=known
            ),
        )
        return None
    found.encoding = encoding
    codec = "utf-8-sig" if encoding == "utf-8" else encoding
    try:
        text = file.data.decode(codec)
    except UnicodeDecodeError as error:
        line = file.data.count(b"\n", 0, error.start) + 1
        found.wrong(
            line,
            N_(
                "Line {line} of the CSV file is not {upper} (byte {start}); save the "
                "file as UTF-8 or choose its encoding."
            ).format(line=line, upper=encoding.upper(), start=error.start),
        )
        return None
    if not text.strip() and not file.header:
        found.wrong(1, N_("The CSV file is empty."))
        return None
    return text


def _read(
    reader: _Lines,
    file: CsvFile,
    columns: Sequence[Column] | None,
    found: CsvRead,
    first: int,
) -> None:
    order: Sequence[int] = range(len(columns or ()))
    width = len(order)
    if columns is None or file.header:
        header = [name.strip() for name in next(reader, [])]
        width, line = len(header), max(reader.line_num, 1) + first
        if columns is None:
            if not width:
                found.wrong(
                    1, N_("The CSV file is empty; its first line names columns.")
                )
            order = range(width)
            found.rows.append(tuple(header))
        else:
            places = _order(header, columns, line, found)
            if places is None:
                return
            order = places
    what = N_("its header has") if file.header else N_("the dictionary has columns:")
    for row in filter(None, reader):  # empty lines are no rows
        line = reader.line_num + first
        if len(row) != width:
            found.wrong(
                line,
                N_(
                    "Line {line} of the CSV file has {count} values; {what} {width}."
                ).format(line=line, count=len(row), what=what, width=width),
            )
        elif (place := faulty_value(row)) is not None:
            found.wrong(
                line,
                N_(
                    "Line {line} of the CSV file: value {value} is longer than "
                    "{most} characters or holds the character NUL."
                ).format(line=line, value=place + 1, most=LONGEST_VALUE),
            )
        else:
            found.rows.append(tuple(row[index] for index in order))


def _order(
    header: Sequence[str], columns: Sequence[Column], line: int, found: CsvRead
) -> Sequence[int] | None:
    """Return where each column stands in the header (by name or uuid)."""
    wanted = [c.name for c in columns]
    named = [next((c.name for c in columns if c.uuid == n), n) for n in header]
    if sorted(named) != sorted(wanted):
        found.wrong(
            line,
            N_(
                "The first line of the CSV file must name the columns {listed}; it "
                "names {nothing}."
            ).format(listed=", ".join(wanted), nothing=", ".join(header) or "nothing"),
        )
        return None
    return [named.index(name) for name in wanted]
