"""Text files: their encoding, what XML cannot hold, lines; text written as XML."""

import codecs
import re
from collections.abc import Callable, Mapping

from gateway.convert import options
from gateway.convert.source.base import Described
from gateway.convert.unfit import Unfit, unreadable
from gateway.core.errors import N_

HEADER = '<?xml version="1.0" encoding="UTF-8"?>\n'
REPLACED = "\ufffd"
"""Stands for a character that XML 1.0 does not allow."""
WARNINGS = 100
"""How many warnings a file may give; what goes beyond is counted."""

_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_SPECIAL = re.compile("[&<>\r]")
_PAIRS = 32
_PADDING = "\x00\x1a"  # what some systems fill a last block with

_TEXT: Mapping[int, str] = {
    ord("&"): "&amp;",
    ord("<"): "&lt;",
    ord(">"): "&gt;",
    ord("\r"): "&#13;",  # else an XML reader makes it a line feed
}
_ATTRIBUTE: Mapping[int, str] = {
    **_TEXT,
    ord('"'): "&quot;",
    ord("\t"): "&#9;",
    ord("\n"): "&#10;",
}


def decoded(data: bytes, file: Described, warnings: list[str]) -> str:
    """Return the text of a file without what XML does not allow.

    A byte order mark tells the encoding, else the rule's attribute ENCODING, else it
    is UTF-8 (or UTF-16, where every other byte is zero). Unfit names the line.
    """
    codec = _codec(data, file)
    try:
        text = data.decode(codec)
    except UnicodeError as error:
        at = error.start if isinstance(error, UnicodeDecodeError) else 0
        line = data.count(b"\n", 0, at) + 1
        raise unreadable(
            "text-encoding",
            f"{file.name}, line {line}: byte {at + 1} does not fit the"
            f" encoding {codec}.",
            line,
            N_(
                "Write the file's encoding into the rule's attribute ENCODING, for"
                " example windows-1251; SOURCE_FORMAT=FILE passes a file on unread."
            ),
        ) from error
    text = text.removeprefix("\ufeff").rstrip(_PADDING)
    return printable(text, lambda at: f"line {line_at(text, at)}", warnings)


def _codec(data: bytes, file: Described) -> str:
    for mark, name in _MARKS:
        if data.startswith(mark):
            return name
    said = attribute(file, options.ENCODING)
    if said:
        return options.encoding(said)
    head = data[: 2 * _PAIRS]
    odd, even = head[1::2], head[::2]
    if odd and not any(odd) and all(even):
        return "utf-16-le"
    if odd and not any(even) and all(odd):
        return "utf-16-be"
    return "utf-8"


def attribute(file: Described, name: str) -> str:
    return file.attributes.get(name, "")


def printable(text: str, where: Callable[[int], str], warnings: list[str]) -> str:
    """Return `text` with U+FFFD for what XML does not allow, and warn of it.

    `where` tells the place of the first one, from its offset in `text`.
    """
    first = _NOT_XML.search(text)
    if first is None:
        return text
    cleaned, count = _NOT_XML.subn(REPLACED, text)
    if len(warnings) >= WARNINGS:  # it will not be shown; finding the place takes time
        warnings.append("")
        return cleaned
    place = where(first.start())
    what = f"The character U+{ord(first[0]):04X} in {place}"
    more = f" and {count - 1} more" if count > 1 else ""
    warnings.append(f"{what}{more}: XML cannot hold it; replaced by U+FFFD.")
    return cleaned


def line_at(text: str, offset: int) -> int:
    """Return the line (from 1) of a place; lines end with LF, CR LF or CR."""
    feeds = text.count("\n", 0, offset)
    returns = text.count("\r", 0, offset) - text.count("\r\n", 0, offset)
    return 1 + feeds + returns


def escaped(text: str) -> str:
    """Return `text` as it stands between two tags."""
    return text.translate(_TEXT) if _SPECIAL.search(text) else text


def quoted(text: str) -> str:
    """Return `text` as an attribute's value with its quotation marks."""
    return f'"{text.translate(_ATTRIBUTE)}"'


def bounded(warnings: list[str]) -> list[str]:
    """Return the first warnings, and how many more there are."""
    if len(warnings) <= WARNINGS:
        return warnings
    return [*warnings[:WARNINGS], f"{len(warnings) - WARNINGS} more warnings"]


def broken(code: str, file: Described, line: int, message: str, remedy: str) -> Unfit:
    """Return the error of a file that cannot be read, with its line."""
    end = "" if message.endswith("?") else "."
    return unreadable(code, f"{file.name}, line {line}: {message}{end}", line, remedy)
