"""From a file's bytes to the XML that a stylesheet sees: one reader per format."""

from collections.abc import Callable

from gateway.convert.source.base import Described, Source
from gateway.convert.source.choose import choose
from gateway.convert.source.csv_ import read_csv
from gateway.convert.source.edifact import read_edifact
from gateway.convert.source.fixed import read_fixed
from gateway.convert.source.json_ import read_json
from gateway.convert.source.other import read_other
from gateway.convert.source.text import read_text
from gateway.convert.source.workbook import read_workbook
from gateway.convert.source.x12 import read_x12
from gateway.convert.source.xml import read_xml

Reader = Callable[[bytes, Described], Source]

READERS: dict[str, Reader] = {
    "edifact": read_edifact,
    "x12": read_x12,
    "xml": read_xml,
    "workbook": read_workbook,
    "csv": read_csv,
    "json": read_json,
    "fixed": read_fixed,
    "text": read_text,
    "other": read_other,
}
"""A new format is a reader here and a name in `choose`."""

__all__ = ["READERS", "Described", "Source", "choose", "read_source"]


def read_source(data: bytes, file: Described) -> Source:
    """Return the XML of `data`, whatever it is; Unfit says why it cannot be read."""
    return READERS[choose(data, file)](data, file)
