"""Which reader a file needs: told by its content alone."""

import re

_EDIFACT = re.compile(rb"(UNA.{6}\s*)?UNB[^A-Za-z0-9\s]", re.DOTALL)
_X12 = re.compile(rb"ISA(?P<sign>[^A-Za-z0-9\s]).{2}(?P=sign)", re.DOTALL)
_X12_BYTES = 106  # of an ISA, which has 16 element separators
_X12_SIGNS = 16
_XML = re.compile(rb"<[?!A-Za-z_:\x80-\xff]")
_UTF16 = (b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<")
HEAD_BYTES = 1024
"""How much of a file is looked at."""


def detect(data: bytes) -> str:
    """Return the name of the reader for `data`: edifact, x12, xml or other."""
    head = data[:HEAD_BYTES].removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n")
    if _EDIFACT.match(head) or _EDIFACT.match(_narrow(head)):
        return "edifact"
    if (isa := _X12.match(head)) and _is_isa(head, isa["sign"]):
        return "x12"
    if _XML.match(head) or (head.startswith(_UTF16) and _utf16_xml(data)):
        return "xml"
    return "other"


def _is_isa(head: bytes, sign: bytes) -> bool:
    """Whether as many separators follow ISA as it must have, filled up or not."""
    return head[:_X12_BYTES].count(sign) >= _X12_SIGNS


def _utf16_xml(data: bytes) -> bool:
    """Whether what looks like UTF-16 begins with a tag."""
    return _narrow(data).lstrip(b" \t\r\n").startswith(b"<")


def _narrow(data: bytes) -> bytes:
    """Return the start of UTF-16 as ASCII, if it is some."""
    start = data[:64].removeprefix(b"\xff\xfe").removeprefix(b"\xfe\xff")
    return start.replace(b"\0", b"")
