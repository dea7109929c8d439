"""CSV (RFC 4180) from the XML that a stylesheet sees of it."""

import csv
import io
import re
from collections.abc import Mapping, Sequence

from lxml import etree

from gateway.convert import options, safe_xml
from gateway.convert.output import encoded
from gateway.convert.write.base import Wanted, parsed, unwritable
from gateway.convert.write.shape import (
    cells,
    inside,
    known,
    line_end,
    rooted,
    said_by,
    text_of,
)
from gateway.core.errors import N_

_NUMBER = re.compile(r"[+-]?[0-9][0-9 .,]*%?")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")

Row = list[str]


def write_csv(xml: bytes, wanted: Wanted) -> bytes:
    """Return the rows in the stylesheet's encoding; Unfit names the result's line."""
    root = parsed(xml, "CSV")
    rooted(root, "rows", ("delimiter", "lineBreaks"))
    table = _Table(wanted.attributes)
    for element in inside(root, ("header", "row")):
        table.take(element)
    said = wanted.attributes.get(options.CSV_DELIMITER) or root.get("delimiter") or ","
    delimiter = said_by(root, "delimiter", options.delimiter, said)
    quote = options.quote(wanted.attributes.get(options.CSV_QUOTE) or '"')
    if delimiter == quote:
        raise unwritable(
            f"{quote!r} is both the delimiter and the quotation mark",
            safe_xml.line_of(root),
            N_("Give CSV_DELIMITER and CSV_QUOTE different signs."),
        )
    out = io.StringIO(newline="")
    writer = csv.writer(
        out,
        delimiter=delimiter,
        quotechar=quote or None,
        quoting=csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE,
        lineterminator=line_end(root, "CRLF"),
    )
    for line, row in table.rows():
        try:
            writer.writerow(row)
        except csv.Error as error:
            raise unwritable(
                "a value holds the delimiter or a line break, and CSV_QUOTE is NONE",
                line,
                N_("Let the rule's attribute CSV_QUOTE name a quotation mark."),
            ) from error
    return encoded(out.getvalue(), wanted.encoding, "text")


class _Table:
    """Collects rows; a cell with a name goes into the column of that name."""

    def __init__(self, attributes: Mapping[str, str]) -> None:
        said = attributes.get(options.CSV_HEADER)
        self._named = said == "yes"  # names become a header
        self._headless = said == "no"
        self._safe = attributes.get(options.CSV_SAFE) == "yes"
        self._header: tuple[int, Row] | None = None
        self._names: dict[str, int] = {}
        self._rows: list[tuple[int, Row]] = []

    def take(self, element: etree._Element) -> None:
        line = safe_xml.line_of(element)
        if element.tag == "header":
            if self._header is not None or self._rows:
                raise unwritable("the header must come first, and once", line)
            known(element, ())
            row = self._row(element)
            self._header = line, row
            self._names = {name: column for column, name in enumerate(row)}
            return
        known(element, ("index",))
        self._rows.append((line, self._row(element)))

    def _row(self, element: etree._Element) -> Row:
        row: Row = []
        if any(cell.get("name") and not cell.get("column") for cell in element):
            return self._by_name(element)
        for cell in cells(element, ("column", "name")):
            row += [""] * (cell.column - len(row))
            row.append(self._value(cell.text))
            name = cell.element.get("name")
            if name and self._header is None:
                self._names.setdefault(name, cell.column)
        return row

    def _by_name(self, element: etree._Element) -> Row:
        row: Row = []
        for cell in inside(element, ("cell",)):
            known(cell, ("name",))
            name = cell.get("name", "")
            column = self._names.get(name)
            if column is None:
                if self._header is not None:
                    raise unwritable(
                        f"the header has no {name!r}", safe_xml.line_of(cell)
                    )
                column = self._names[name] = max(self._names.values(), default=-1) + 1
            row += [""] * (column + 1 - len(row))
            row[column] = self._value(text_of(cell))
        return row

    def _value(self, text: str) -> str:
        unsafe = self._safe and text.startswith(_FORMULA)
        return f"'{text}" if unsafe and not _NUMBER.fullmatch(text) else text

    def rows(self) -> Sequence[tuple[int, Row]]:
        """Return each row with its line in the result, the header first."""
        rows = self._rows
        header = self._header
        if header is None and self._named:
            names = [""] * (max(self._names.values(), default=-1) + 1)
            for name, column in self._names.items():
                names[column] = name
            header = 1, names
        if header is None or self._headless:
            return rows
        width = len(header[1])
        full = [(line, row + [""] * (width - len(row))) for line, row in rows]
        return [header, *full]
