"""Workbooks of Excel 97-2003 (.xls), by calamine and what it leaves out."""

import io
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta

import python_calamine

from gateway.convert.source.base import Described
from gateway.convert.source.biff import Extras, extras
from gateway.convert.source.decoding import escaped, printable
from gateway.convert.source.number_formats import duration, plain
from gateway.convert.source.ole2 import Broken, Container
from gateway.convert.source.places import column_name
from gateway.convert.source.sheet import Cell, Sheet
from gateway.convert.unfit import Unfit, unreadable
from gateway.core.errors import N_

Value = int | float | str | bool | time | date | datetime | timedelta

CELLS_MOST = 8_000_000
"""Cells of the rectangles that all sheets have, empty ones too."""

_NUMBER = ' type="number">'
_PANIC = "PanicException"  # of a library in Rust; no Exception, so nobody catches it
_LOCKED = "it is protected with a password"
_Visible = python_calamine.SheetVisibleEnum


def read_xls(
    data: bytes, file: Described, wanted: str, *, named: bool, warnings: list[str]
) -> Iterator[Sheet]:
    """Yield each sheet, or only the one that is *wanted*; Unfit if it is broken."""
    more = _extras(data, file)
    try:
        with python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data)) as book:
            for about in book.sheets_metadata:
                if about.typ != python_calamine.SheetTypeEnum.WorkSheet:
                    continue
                if wanted in {"", about.name}:
                    sheet = Sheet(about.name, _state(about.visible), named=named)
                    cells = book.get_sheet_by_name(about.name)
                    _fill(sheet, cells, more.get(about.name, Extras()), warnings)
                    yield sheet
    except (python_calamine.CalamineError, OSError) as error:
        locked = isinstance(error, python_calamine.PasswordError)
        why = _LOCKED if locked else f"it is broken: {error}"
        raise _unfit(file, why) from error
    except BaseException as error:
        if type(error).__name__ != _PANIC and not isinstance(error, ValueError):
            raise
        raise _unfit(file, "it is broken: a record makes no sense") from error


def _extras(data: bytes, file: Described) -> Mapping[str, Extras]:
    """Return what calamine does not tell; Unfit for what would be too much for it."""
    try:
        container = Container(data)
    except Broken as error:
        raise _unfit(file, str(error)) from error
    if "EncryptedPackage" in container.names:
        raise _unfit(file, _LOCKED)
    if "Workbook" not in container.names:
        return {}  # of Excel 95, or no workbook at all: calamine knows
    try:
        found = extras(container.stream("Workbook"))
    except Broken as error:
        raise _unfit(file, str(error)) from error
    cells = sum(each.rows * each.columns for each in found.values())
    if cells > CELLS_MOST:
        raise _unfit(
            file,
            f"its sheets reach over {cells} cells; at most {CELLS_MOST} are read",
        )
    return found


def _unfit(file: Described, why: str) -> Unfit:
    return unreadable(
        "workbook",
        f"{file.name}: {why}.",
        None,
        N_(
            "Open the workbook in a spreadsheet program, save it as .xlsx and"
            " resend it."
        ),
    )


def _fill(
    sheet: Sheet,
    cells: python_calamine.CalamineSheet,
    more: Extras,
    warnings: list[str],
) -> None:
    if cells.start is None:
        return
    left = cells.start[1]  # rows begin there, but all of them are given
    letters = [column_name(left + index) for index in range(cells.width)]
    errors, zeros = more.errors, more.zeros
    for index, row in enumerate(cells.iter_rows()):
        written: Sequence[Cell] = [
            _cell(column, value, warnings)
            for column, value in zip(letters, row, strict=True)
            if value != ""
        ]
        if errors or zeros:
            written = _amended(dict(written), index, letters, left, more)
        sheet.row(index + 1, written)
    for (top, first), (bottom, right) in cells.merged_cell_ranges or ():
        corner = column_name(first)
        area = f"{corner}{top + 1}:{column_name(right)}{bottom + 1}"
        sheet.merge(top + 1, corner, area)


def _amended(
    written: dict[str, str], row: int, letters: Sequence[str], left: int, more: Extras
) -> Sequence[Cell]:
    """Return the cells of a row with its errors and the zeros of its formats."""
    for place, column in enumerate(letters, left):
        error = more.errors.get((row, place))
        digits = more.zeros.get((row, place), 0)
        rest = written.get(column, "")
        if error and not rest:
            written[column] = f' type="error">{error}'
        elif digits and rest.startswith(_NUMBER) and rest[len(_NUMBER) :].isdigit():
            written[column] = _NUMBER + rest[len(_NUMBER) :].zfill(digits)
    return [(column, written[column]) for column in letters if column in written]


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
