"""From a file's bytes to the XML that a stylesheet sees: one reader per format."""

from collections.abc import Callable

from gateway.convert.source.base import Described, Source
from gateway.convert.source.detect import detect
from gateway.convert.source.edifact import read_edifact
from gateway.convert.source.other import read_other
from gateway.convert.source.x12 import read_x12
from gateway.convert.source.xml import read_xml

Reader = Callable[[bytes, Described], Source]

READERS: dict[str, Reader] = {
    "edifact": read_edifact,
    "x12": read_x12,
    "xml": read_xml,
    "other": read_other,
}
"""A new format is a reader here and a name in `detect`."""

__all__ = ["READERS", "Described", "Source", "read_source"]


def read_source(data: bytes, file: Described) -> Source:
    """Return the XML of `data`, whatever it is; Unfit says why it cannot be read."""
    return READERS[detect(data)](data, file)
