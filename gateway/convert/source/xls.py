"""Workbooks of Excel 97-2003 (.xls), by calamine."""

import io
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

import python_calamine

from gateway.convert.source.base import Described
from gateway.convert.source.decoding import escaped, printable
from gateway.convert.source.number_formats import duration, plain
from gateway.convert.source.places import column_name
from gateway.convert.source.sheet import Cell, Sheet
from gateway.convert.unfit import unreadable
from gateway.core.errors import N_

Value = int | float | str | bool | time | date | datetime | timedelta

_Visible = python_calamine.SheetVisibleEnum


def read_xls(
    data: bytes, file: Described, wanted: str, *, named: bool, warnings: list[str]
) -> Iterator[Sheet]:
    """Yield each sheet, or only the one that is *wanted*; Unfit if it is broken."""
    try:
        with python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data)) as book:
            for about in book.sheets_metadata:
                if about.typ != python_calamine.SheetTypeEnum.WorkSheet:
                    continue
                if wanted in {"", about.name}:
                    sheet = Sheet(about.name, _state(about.visible), named=named)
                    _fill(sheet, book.get_sheet_by_name(about.name), warnings)
                    yield sheet
    except (python_calamine.CalamineError, OSError) as error:
        locked = isinstance(error, python_calamine.PasswordError)
        why = "it is protected with a password" if locked else f"it is broken: {error}"
        raise unreadable(
            "workbook",
            f"{file.name}: {why}.",
            None,
            N_(
                "Open the workbook in a spreadsheet program, save it as .xlsx and"
                " resend it."
            ),
        ) from error


def _fill(
    sheet: Sheet, cells: python_calamine.CalamineSheet, warnings: list[str]
) -> None:
    if cells.start is None:
        return
    left = cells.start[1]  # rows begin there, but all of them are given
    letters = [column_name(left + index) for index in range(cells.width)]
    for index, row in enumerate(cells.iter_rows(), 1):
        sheet.row(
            index,
            [
                _cell(column, value, warnings)
                for column, value in zip(letters, row, strict=True)
                if value != ""
            ],
        )
    for (top, first), (bottom, right) in cells.merged_cell_ranges or ():
        corner = column_name(first)
        area = f"{corner}{top + 1}:{column_name(right)}{bottom + 1}"
        sheet.merge(top + 1, corner, area)


def _state(visible: python_calamine.SheetVisibleEnum) -> str:
    if visible == _Visible.Visible:
        return "visible"
    return "hidden" if visible == _Visible.Hidden else "veryHidden"


def _cell(column: str, value: Value, warnings: list[str]) -> Cell:
    if isinstance(value, str):
        text = printable(value, lambda _: "a cell", warnings)
        return column, f">{escaped(text)}"
    kind, shown = _typed(value)
    return column, f' type="{kind}">{shown}'


def _typed(value: Value) -> tuple[str, str]:
    """Return the type of what is no text, and how it is written."""
    match value:
        case bool():
            found = "boolean", str(value).lower()
        case datetime():
            found = "dateTime", value.isoformat(timespec=_precision(value))
        case date():
            found = "date", value.isoformat()
        case time():
            found = "time", value.isoformat(_precision(value))
        case timedelta():
            found = "duration", duration(value)
        case _:
            found = "number", plain(repr(value))
    return found


def _precision(value: datetime | time) -> str:
    return "milliseconds" if value.microsecond else "seconds"
