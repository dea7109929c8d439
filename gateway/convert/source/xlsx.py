"""Workbooks of Office Open XML (.xlsx, .xlsm): sheets row by row."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from html import unescape

from gateway.convert.source.base import Described
from gateway.convert.source.decoding import escaped, printable
from gateway.convert.source.number_formats import (
    NUMBER,
    Format,
    format_of,
    plain,
    shown,
)
from gateway.convert.source.package import Package
from gateway.convert.source.places import AREA_MOST, COLUMNS, column_index, column_name
from gateway.convert.source.sheet import Cell, Sheet
from gateway.convert.unfit import Unfit

_ATTRIBUTES = r"""(?:\s+[\w:.-]+\s*=\s*(?:"[^"]*"|'[^']*'))*"""
_CELL = re.compile(
    rf"""<c(?:\ r="([A-Z]{{1,3}})[0-9]+")?({_ATTRIBUTES})\s*
    (?:/>|>(?:<v>([^<]*)</v></c>|(.*?)</c>))""",
    re.VERBOSE | re.DOTALL,
)
_ROW = re.compile(rf"<row({_ATTRIBUTES})\s*>")
_VALUE = re.compile(rf"<v{_ATTRIBUTES}\s*>([^<]*)</v>")
_TEXT = re.compile(rf"<t{_ATTRIBUTES}\s*>([^<]*)</t>")
_PHONETIC = re.compile(rf"<rPh{_ATTRIBUTES}\s*>.*?</rPh>", re.DOTALL)
_MERGED = re.compile(rf"<mergeCell({_ATTRIBUTES})\s*/?>")
_ATTRIBUTE = re.compile(r"""([\w:.-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_REFERENCE = re.compile(r"([A-Za-z]{1,3})([0-9]{1,7})")
_WHOLE = re.compile(r"[0-9]{1,9}")
_CODED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_REMEMBERED = 1000  # values of a format: dates come again and again

Emit = Callable[[str], str]
"""From the text of a cell's value to what follows its column in the tag."""


def read_xlsx(
    data: bytes, file: Described, wanted: str, *, named: bool, warnings: list[str]
) -> Iterator[Sheet]:
    """Yield each sheet, or only the one that is *wanted*; Unfit if it is not there."""
    package = Package(data, file)
    book = _Book(package, warnings)
    for name, state, part in book.sheets():
        if wanted in {"", name}:
            sheet = Sheet(name, state, named=named)
            _Reader(book, part).fill(sheet)
            yield sheet


class _Book:
    """What all sheets share: formats, texts, the calendar."""

    def __init__(self, package: Package, warnings: list[str]) -> None:
        self.package = package
        self.warnings = warnings
        offices = [
            part
            for kind, part in package.related("").values()
            if kind == "officeDocument"
        ]
        self._part = offices[0] if offices else "xl/workbook.xml"
        self._root = package.small(self._part)
        related = package.related(self._part)
        self._sheet_parts = {
            key: part for key, (kind, part) in related.items() if kind == "worksheet"
        }
        self._others = dict(related.values())
        settings = self._root.find("{*}workbookPr")
        said = settings.get("date1904", "") if settings is not None else ""
        self.since_1904 = said in {"1", "true"}
        self.formats = self._read_formats()
        self._texts: list[str] | None = None

    def sheets(self) -> Iterator[tuple[str, str, str]]:
        """Yield name, state and part of the worksheets in their order."""
        for each in self._root.iterfind("{*}sheets/{*}sheet"):
            ids = [
                str(value) for key, value in each.items() if str(key).endswith("}id")
            ]
            part = self._sheet_parts.get(ids[0] if ids else "")
            if part is not None:  # a chart has no cells
                yield each.get("name", ""), each.get("state", "visible"), part

    def text(self, index: str) -> str:
        if self._texts is None:
            self._texts = list(self._read_texts())
        at = _whole(index)
        if at is None:
            raise ValueError(index)
        return self._texts[at]

    def _read_texts(self) -> Iterator[str]:
        part = self._others.get("sharedStrings", "")
        if not part:
            return
        *items, _ = self.package.elements(part, "si")
        for item in items:
            for _ in range(item.count("<si/>")):
                yield ""
            plain = item.startswith("<si><t>") and item.count("<t>") == 1
            if plain and item.endswith("</t>"):
                yield self.decoded(item[len("<si><t>") : -len("</t>")])
            else:
                yield self.decoded(self.joined(item))

    @staticmethod
    def joined(item: str) -> str:
        """Return the text of an item in several styles, without its reading aid."""
        if "<rPh" in item:
            item = _PHONETIC.sub("", item)
        return "".join(_TEXT.findall(item))

    def decoded(self, text: str) -> str:
        """Return `text`, which stays escaped, with what _x0000_ stands for."""
        if "&#" not in text and ("_x" not in text or not _CODED.search(text)):
            return text
        text = _CODED.sub(lambda code: chr(int(code[1], 16)), unescape(text))
        return escaped(printable(text, lambda _: "a cell", self.warnings))

    def _read_formats(self) -> Sequence[Format]:
        part = self._others.get("styles", "")
        if not part:
            return ()
        root = self.package.small(part)
        codes = {
            each.get("numFmtId", ""): each.get("formatCode", "")
            for each in root.iterfind("{*}numFmts/{*}numFmt")
        }
        numbers = [
            each.get("numFmtId", "0") for each in root.iterfind("{*}cellXfs/{*}xf")
        ]
        return [
            format_of(_whole(number) or 0, codes.get(number, "")) for number in numbers
        ]


class _Reader:
    """Reads the rows of one sheet."""

    def __init__(self, book: _Book, part: str) -> None:
        self._book = book
        self._part = part
        self._emits: dict[str, Emit] = {}
        self._kinds: Mapping[str, Emit] = {
            "s": lambda value: f">{book.text(value)}" if value else "",
            "str": lambda value: f">{book.decoded(value)}" if value else "",
            "b": lambda value: f' type="boolean">{_boolean(value)}' if value else "",
            "e": lambda value: f' type="error">{value}' if value else "",
            "d": lambda value: f' type="{_iso(value)}">{value}' if value else "",
        }

    def fill(self, sheet: Sheet) -> None:
        """Write every row into `sheet`."""
        index, width, tail = 0, 0, ""
        for tail in self._book.package.elements(self._part, "row"):
            at = tail.rfind("<row")
            start = _ROW.match(tail, at) if at >= 0 else None
            if start is None:
                continue
            index += tail.count("<row", 0, start.end())
            said = _whole(_attributes(start[1]).get("r", ""))
            index = index if said is None else said
            try:
                cells = self._cells(tail[start.end() :], index)
                sheet.row(index, cells)
            except ValueError as error:
                raise self._book.package.unfit(
                    f"row {index} has a cell beyond column XFD", self._part
                ) from error
            if cells:
                width = max(width, column_index(cells[-1][0]) + 1)
                if width * index > AREA_MOST:
                    raise self._too_wide(f"{cells[-1][0]}{index}")
        for merged in _MERGED.findall(tail):
            area = _attributes(merged).get("ref", "")
            corner = _REFERENCE.match(area)
            if corner is not None:
                sheet.merge(int(corner[2]), corner[1].upper(), area)

    def _cells(self, row: str, index: int) -> Sequence[Cell]:
        cells = []
        last = ""
        emits = self._emits
        for letters, attributes, value, inside in _CELL.findall(row):
            if letters:
                column, kind = letters, attributes
            else:
                column, kind = _placed(attributes, last)
            last = column
            emit = emits.get(kind)
            if emit is None:
                emit = emits[kind] = self._emit(_attributes(kind))
            try:
                rest = emit(value or (self._value(inside) if inside else ""))
            except (ValueError, ArithmeticError, IndexError) as error:
                raise self._book.package.unfit(
                    f"the cell {column}{index} does not hold what its type says",
                    self._part,
                ) from error
            if len(rest) > 1:
                cells.append((column, rest))
        return cells

    def _too_wide(self, cell: str) -> Unfit:
        return self._book.package.unfit(
            f"its cells reach to {cell}, over more than {AREA_MOST:,} cells: delete"
            " those that stand alone, far from the others",
            self._part,
        )

    def _value(self, inside: str) -> str:
        """Return the value of a cell that has more in it, such as a formula."""
        found = _VALUE.search(inside)
        if found is not None:
            return found[1]
        return self._book.joined(inside) if "<is" in inside else ""

    def _emit(self, attributes: Mapping[str, str]) -> Emit:
        kind = attributes.get("t", "n")
        if kind == "inlineStr":
            return lambda value: f">{self._book.decoded(value)}"
        known = self._kinds.get(kind)
        if known is not None:
            return known
        style = attributes.get("s", "")
        formats = self._book.formats
        number = _whole(style)
        form = (
            formats[number] if number is not None and number < len(formats) else NUMBER
        )
        if form == NUMBER:
            return lambda value: f' type="number">{plain(value)}' if value else ""
        since_1904 = self._book.since_1904

        @lru_cache(_REMEMBERED)
        def formatted(value: str) -> str:
            if not value:
                return ""
            kind, text = shown(value, form, since_1904=since_1904)
            return f' type="{kind}">{text}'

        return formatted


def _attributes(text: str) -> Mapping[str, str]:
    return {
        name: unescape(double or single)
        for name, double, single in _ATTRIBUTE.findall(text)
    }


def _placed(attributes: str, last: str) -> tuple[str, str]:
    """Return a cell's column, the next one if it has none, and its other attributes."""
    said = _attributes(attributes)
    place = _REFERENCE.fullmatch(said.get("r", ""))
    if place is not None:
        column = place[1].upper()
    else:
        following = column_index(last) + 1
        if following >= COLUMNS:
            raise ValueError(following)
        column = column_name(following)
    kept = "".join(f' {name}="{said[name]}"' for name in ("s", "t") if name in said)
    return column, kept


def _whole(text: str) -> int | None:
    """Return a number of at most nine digits; None for anything else."""
    return int(text) if _WHOLE.fullmatch(text) else None


def _boolean(value: str) -> str:
    return "true" if value in {"1", "true"} else "false"


def _iso(value: str) -> str:
    return "dateTime" if "T" in value else "date"
