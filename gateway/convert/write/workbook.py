"""Excel workbooks (.xlsx) from the XML that a stylesheet sees of them."""

import io
import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from math import isfinite
from typing import Any

import xlsxwriter
from lxml import etree
from xlsxwriter.exceptions import XlsxWriterException
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from gateway.convert import safe_xml
from gateway.convert.source.places import column_name
from gateway.convert.write.base import Wanted, parsed, unwritable
from gateway.convert.write.shape import Cell, cells, inside, known, rooted

ROWS = 1_048_576
TEXT_LONGEST = 32_767
DIGITS = 15
"""Digits that a number keeps in a spreadsheet."""

_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_DURATION = re.compile(
    r"(-?)PT(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9})(\.\d{1,3})?S)?"
)
_FIRST_YEAR = 1900
_WHOLE = re.compile(r"[0-9]{1,9}")
_PLACE = re.compile(r"[A-Z]{1,3}[1-9][0-9]{0,6}")
_ERRORS = {"#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!"}
_STATES = {"visible", "hidden", "veryHidden"}
_MADE = datetime(2000, 1, 1, tzinfo=UTC).replace(tzinfo=None)  # the same each time
_FORMATS: Mapping[str, str] = {
    "date": "yyyy-mm-dd",
    "dateTime": "yyyy-mm-dd hh:mm:ss",
    "time": "hh:mm:ss",
    "duration": "[h]:mm:ss",
}


def write_workbook(xml: bytes, _wanted: Wanted) -> bytes:
    """Return the workbook; Unfit names the result's line."""
    root = parsed(xml, "XLSX")
    rooted(root, "workbook", ())
    out = io.BytesIO()
    # in memory: a worker may write no large files
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    book.set_properties({"created": _MADE})
    writer = _Writer(book)
    for sheet in inside(root, ("sheet",)):
        writer.sheet(sheet)
    if not writer.shown:
        raise unwritable("it has no sheet that is shown", safe_xml.line_of(root))
    book.close()
    return out.getvalue()


class _Writer:
    """Writes sheet after sheet; one number format is made once."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self._formats: dict[str, Format] = {}
        self.shown = False

    def sheet(self, element: etree._Element) -> None:
        known(element, ("name", "state"))
        state = element.get("state", "visible")
        if state not in _STATES:
            raise unwritable(
                f"the state is {state!r}; it must be visible, hidden or veryHidden",
                safe_xml.line_of(element),
            )
        try:
            page = self._book.add_worksheet(element.get("name"))
        except XlsxWriterException as error:
            raise unwritable(
                f"the sheet's name {element.get('name')!r} cannot be used: {error}",
                safe_xml.line_of(element),
            ) from error
        if state != "visible":
            page.hide() if state == "hidden" else page.very_hidden()
        elif not self.shown:
            page.activate()
            page.set_first_sheet()
            self.shown = True
        last = 0
        for row in inside(element, ("header", "row")):
            last = _index(row, last)
            for cell in cells(row, ("column", "type", "name", "merged")):
                self._cell(page, last - 1, cell)

    def _cell(self, page: Worksheet, row: int, cell: Cell) -> None:
        kind = cell.element.get("type", "string")
        writes = _KINDS.get(kind)
        line = safe_xml.line_of(cell.element)
        if writes is None:
            raise unwritable(
                f"the type is {kind!r}; it must be one of {', '.join(_KINDS)}", line
            )
        try:
            merged = cell.element.get("merged")
            if merged:
                _merge(page, row, cell.column, merged)
            if cell.text:
                writes(self, page, row, cell)
        except (ValueError, XlsxWriterException, OverflowError) as error:
            raise unwritable(
                f"{cell.text[:40]!r} cannot be written as {kind}: {error}", line
            ) from error

    def _string(self, page: Worksheet, row: int, cell: Cell) -> None:
        if len(cell.text) > TEXT_LONGEST:
            raise ValueError(f"it has more than {TEXT_LONGEST} characters")
        page.write_string(row, cell.column, cell.text)

    def _number(self, page: Worksheet, row: int, cell: Cell) -> None:
        text = cell.text.strip()
        if not _NUMBER.fullmatch(text):
            raise ValueError("it is no number")
        digits = re.sub(r"[eE].*|[-.]", "", text).strip("0")
        if len(digits) > DIGITS:
            raise ValueError(f"it has over {DIGITS} digits; leave the type out")
        zeros = text.isdigit() and len(text) > 1 and text.startswith("0")
        form = self._format("0" * len(text)) if zeros else None
        value = float(text)
        if not isfinite(value):
            raise ValueError("it is too large for a spreadsheet")
        page.write_number(row, cell.column, value, form)

    def _boolean(self, page: Worksheet, row: int, cell: Cell) -> None:
        if cell.text not in {"true", "false"}:
            raise ValueError("it must be true or false")
        page.write_boolean(row, cell.column, cell.text == "true")

    def _error(self, page: Worksheet, row: int, cell: Cell) -> None:
        if cell.text not in _ERRORS:
            raise ValueError(f"it must be one of {', '.join(sorted(_ERRORS))}")
        page.write_formula(row, cell.column, f"={cell.text}", None, cell.text)

    def _moment(self, page: Worksheet, row: int, cell: Cell) -> None:
        kind = cell.element.get("type", "")
        value: date | time | timedelta = _MOMENTS[kind](cell.text.strip())
        if isinstance(value, datetime) and value.tzinfo is not None:
            raise ValueError("a cell has no time zone")
        if isinstance(value, date) and value.year < _FIRST_YEAR:
            raise ValueError(f"dates begin in {_FIRST_YEAR}")
        done = page.write_datetime(
            row, cell.column, value, self._format(_FORMATS[kind])
        )
        if done != 0:
            raise ValueError("it is out of range")

    def _format(self, code: str) -> Format:
        found = self._formats.get(code)
        if found is None:
            found = self._formats[code] = self._book.add_format({"num_format": code})
        return found


_KINDS: Mapping[str, Callable[[_Writer, Worksheet, int, Cell], None]] = {
    "string": _Writer._string,  # noqa: SLF001  the class's own methods
    "number": _Writer._number,  # noqa: SLF001
    "boolean": _Writer._boolean,  # noqa: SLF001
    "error": _Writer._error,  # noqa: SLF001
    **dict.fromkeys(_FORMATS, _Writer._moment),  # noqa: SLF001
}


def _merge(page: Worksheet, row: int, column: int, area: str) -> None:
    corner, colon, end = area.partition(":")
    if corner != f"{column_name(column)}{row + 1}" or not colon:
        raise ValueError(f"it does not stand at the beginning of {area!r}")
    if not _PLACE.fullmatch(end) or page.merge_range(area, "") != 0:
        raise ValueError(f"{area!r} is no area such as A1:B2")


def _index(row: etree._Element, last: int) -> int:
    """Return the row's number, the next one if it has none."""
    known(row, ("index",))
    said = row.get("index")
    if said is None and last < ROWS:
        return last + 1
    if not (said and _WHOLE.fullmatch(said) and last < int(said) <= ROWS):
        raise unwritable(
            f"the row's index {said or last + 1!r} is not after the one before or"
            f" beyond {ROWS}",
            safe_xml.line_of(row),
        )
    return int(said)


def _duration(text: str) -> timedelta:
    found = _DURATION.fullmatch(text)
    if found is None:
        raise ValueError("a duration is written as PT36H0M0S")
    sign, hours, minutes, seconds, fraction = found.groups()
    span = timedelta(
        hours=int(hours or 0),
        minutes=int(minutes or 0),
        seconds=float(f"{seconds or 0}{fraction or ''}"),
    )
    if sign and span:
        raise ValueError("a spreadsheet has no negative durations")
    return span


_MOMENTS: Mapping[str, Callable[[str], date | time | timedelta]] = {
    "date": date.fromisoformat,
    "dateTime": datetime.fromisoformat,
    "time": time.fromisoformat,
    "duration": _duration,
}
