"""Excel workbooks to XML: sheets, rows and cells with their types."""

from gateway.convert import options
from gateway.convert.source.base import Described, Source
from gateway.convert.source.decoding import HEADER, attribute, bounded
from gateway.convert.source.ole2 import OLE2
from gateway.convert.source.xls import read_xls
from gateway.convert.source.xlsx import read_xlsx
from gateway.convert.unfit import unreadable
from gateway.core.errors import N_

ZIP = b"PK\x03\x04"


def read_workbook(data: bytes, file: Described) -> Source:
    """Return `workbook/sheet@name/row@index/cell@column`; Unfit if it is broken.

    Formulas have the value that the spreadsheet program stored with them.
    """
    wanted = attribute(file, options.SHEET)
    named = attribute(file, options.SHEET_HEADER) == "yes"
    warnings: list[str] = []
    read = read_xls if data.startswith(OLE2) else read_xlsx
    parts = [f"{HEADER}<workbook>".encode()]
    for sheet in read(data, file, wanted, named=named, warnings=warnings):
        parts += sheet.parts()
    if wanted and len(parts) == 1:
        raise unreadable(
            "workbook",
            f"{file.name}: it has no sheet {wanted!r}.",
            None,
            N_(
                "Correct the rule's attribute SHEET, or ask for a file with this sheet."
            ),
        )
    parts.append(b"</workbook>")
    return Source(b"".join(parts), bounded(warnings))
