"""What calamine does not tell of an old workbook's cells (MS-XLS, BIFF8).

Error values, the zeros of number formats, and how far the cells of all sheets reach.
"""

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from gateway.convert.source.number_formats import format_of

_BOF, _EOF, _BOUNDSHEET, _FORMAT, _XF = 0x809, 0x0A, 0x85, 0x41E, 0xE0
_BOOLERR, _FORMULA, _NUMBER, _RK, _MULRK = 0x205, 0x06, 0x203, 0x27E, 0xBD
_LABEL, _LABELSST, _FILEPASS, _DIMENSIONS = 0x204, 0xFD, 0x2F, 0x200
_SIZES: Mapping[int, str] = {10: "<4H", 14: "<2I2H"}  # of Excel 95, and since
_NONSENSE = 1 << 32
_CELLS = {_BOOLERR, _FORMULA, _NUMBER, _RK, _MULRK, _LABEL, _LABELSST}
_BIFF8 = 0x600
_ERRORS: Mapping[int, str] = {
    0x00: "#NULL!",
    0x07: "#DIV/0!",
    0x0F: "#VALUE!",
    0x17: "#REF!",
    0x1D: "#NAME?",
    0x24: "#NUM!",
    0x2A: "#N/A",
}

Place = tuple[int, int]
"""Row and column, from 0."""
Record = tuple[int, bytes]


@dataclass(slots=True)
class Extras:
    """Of one sheet: errors and digits to fill up to, by place; its last place."""

    errors: dict[Place, str] = field(default_factory=dict)
    zeros: dict[Place, int] = field(default_factory=dict)
    rows: int = 0
    columns: int = 0


def extras(stream: bytes) -> Mapping[str, Extras]:
    """Return what the stream says of each sheet, by name.

    Nothing of a workbook that is encrypted or older than Excel 97. Broken records are
    calamine's to complain of.
    """
    codes: dict[int, str] = {}
    numbers: list[int] = []
    sheets: dict[str, int] = {}
    first = True
    for kind, body in _records(stream, 0):
        if first and (kind != _BOF or body[:2] != _BIFF8.to_bytes(2, "little")):
            return {}
        first = False
        if kind == _FILEPASS:
            return {}
        if kind == _FORMAT and len(body) > 5:  # noqa: PLR2004  its fixed part
            codes[int.from_bytes(body[:2], "little")] = _text(body[2:], 2)
        elif kind == _XF and len(body) >= 4:  # noqa: PLR2004  its second word
            numbers.append(int.from_bytes(body[2:4], "little"))
        elif kind == _BOUNDSHEET and len(body) > 7:  # noqa: PLR2004  its fixed part
            sheets[_text(body[6:], 1)] = int.from_bytes(body[:4], "little")
    zeros = [format_of(number, codes.get(number, "")).zeros for number in numbers]
    return {name: _sheet(stream, at, zeros) for name, at in sheets.items()}


def _records(stream: bytes, at: int) -> Iterator[Record]:
    """Yield the records of one part of the stream, without those of charts in it."""
    depth = 0
    while at + 4 <= len(stream):
        kind, length = struct.unpack_from("<2H", stream, at)
        at += 4
        if kind == _BOF:
            depth += 1
        elif kind == _EOF:
            depth -= 1
            if depth <= 0:
                return
        if depth <= 1:
            yield kind, stream[at : at + length]
        at += length


def _text(body: bytes, width: int) -> str:
    """Return a text that begins with its length in `width` bytes and a flag."""
    count = int.from_bytes(body[:width], "little")
    wide = body[width] & 1
    raw = body[width + 1 :]
    return (
        raw[: 2 * count].decode("utf-16-le", "replace")
        if wide
        else raw[:count].decode("latin-1")
    )


def _sheet(stream: bytes, at: int, zeros: list[int]) -> Extras:
    found = Extras()
    filling = any(zeros)
    for kind, body in _records(stream, at):
        if kind == _DIMENSIONS:
            _measure(found, body)
        if kind not in _CELLS or len(body) < 8:  # noqa: PLR2004  the shortest cell
            continue
        row, column = struct.unpack_from("<2H", body)
        last = int.from_bytes(body[-2:], "little") if kind == _MULRK else column
        found.rows = max(found.rows, row + 1)
        found.columns = max(found.columns, last + 1)
        if error := _error(kind, body):
            found.errors[row, column] = error
        styles = _styles(kind, body) if filling else []
        found.zeros |= {
            (row, column + offset): zeros[style]
            for offset, style in enumerate(styles)
            if style < len(zeros) and zeros[style]
        }
    return found


def _measure(found: Extras, body: bytes) -> None:
    """Take over what the sheet itself says of where it begins and ends."""
    layout = _SIZES.get(len(body))
    if layout is None:
        return
    first, last, left, right = struct.unpack_from(layout, body)
    if first > last or left > right:
        last = right = _NONSENSE
    found.rows, found.columns = max(found.rows, last), max(found.columns, right)


def _styles(kind: int, body: bytes) -> list[int]:
    """Return the format of each cell that the record holds."""
    if kind == _MULRK:
        return [each[0] for each in struct.iter_unpack("<HI", _cells(body))]
    return [int.from_bytes(body[4:6], "little")]


def _cells(body: bytes) -> bytes:
    inside = body[4:-2]
    return inside[: len(inside) // 6 * 6]


def _error(kind: int, body: bytes) -> str:
    if kind == _BOOLERR:
        return _ERRORS.get(body[6], "") if body[7] else ""
    if kind != _FORMULA:
        return ""
    is_error = body[12:14] == b"\xff\xff" and body[6] == 2  # noqa: PLR2004  its kind
    return _ERRORS.get(body[8], "") if is_error else ""
