"""Which reader a file gets: the rule's choice, its content, then its name."""

import codecs
import re
from collections.abc import Mapping
from pathlib import PurePath

from gateway.convert import options
from gateway.convert.source.base import Described
from gateway.convert.source.decoding import attribute
from gateway.convert.source.detect import detect
from gateway.convert.source.ole2 import OLE2
from gateway.convert.source.workbook import ZIP

_JSON = re.compile(rb"\{\s*[\"}]|\[\s*[\[{\"\]]")
_ENDINGS: Mapping[str, str] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".json": "json",
    ".txt": "text",
}
_TYPES: Mapping[str, str] = {
    "text/csv": "csv",
    "application/json": "json",
}
_CSV = (options.CSV_DELIMITER, options.CSV_QUOTE, options.CSV_HEADER)
_ZIPPED = {".xlsx", ".xlsm", ".xltx", ".xltm"}
_OLE2 = {".xls", ".xlt", *_ZIPPED}  # with a password the new ones look like the old
_ZIPPED_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_OLE2_TYPE = "application/vnd.ms-excel"


def choose(head: bytes, file: Described) -> str:
    """Return the name of the reader for a file that begins with `head`.

    Where the content cannot tell, the file's ending does, then its content type, then
    whether the rule says how to read CSV.
    """
    said = attribute(file, options.SOURCE_FORMAT)
    if said:
        return options.source_format(said)
    if attribute(file, options.FIXED_WIDTH):
        return "fixed"
    found = detect(head)
    return _of_other(head, file) if found == "other" else found


def _of_other(head: bytes, file: Described) -> str:
    ending = PurePath(file.name).suffix.lower()
    kind = file.content_type.partition(";")[0].strip().lower()
    if head.startswith((ZIP, OLE2)):
        return "workbook" if _is_workbook(head, ending, kind) else "other"
    if _is_binary(head):
        return "other"
    named = _ENDINGS.get(ending, "")
    if named != "csv" and _JSON.match(head.removeprefix(b"\xef\xbb\xbf").lstrip()):
        return "json"
    if named in {"", "text"} and any(attribute(file, name) for name in _CSV):
        return "csv"
    return named or _TYPES.get(kind, "other")


def _is_binary(head: bytes) -> bool:
    """Whether this is no text in any encoding: zero bytes, but no UTF-16."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return False
    return head.startswith(b"%PDF") or b"\0\0" in head.rstrip(b"\0")


def _is_workbook(head: bytes, ending: str, kind: str) -> bool:
    if head.startswith(ZIP):
        return ending in _ZIPPED or kind.startswith(_ZIPPED_TYPE)
    return ending in _OLE2 or kind == _OLE2_TYPE
