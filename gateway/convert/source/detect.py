"""Which reader a file needs: told by its content, never by its name."""

import re

_EDIFACT = re.compile(rb"(UNA.{6}\s*)?UNB[^A-Za-z0-9\s]", re.DOTALL)
_XML = re.compile(rb"<[?!A-Za-z_:\x80-\xff]")
_UTF16 = (b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<")
HEAD_BYTES = 1024
"""How much of a file is looked at."""


def detect(data: bytes) -> str:
    """Return the name of the reader for `data`: edifact, xml or other."""
    head = data[:HEAD_BYTES].removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n")
    if _EDIFACT.match(head):
        return "edifact"
    if _XML.match(head) or (head.startswith(_UTF16) and _utf16_xml(data)):
        return "xml"
    return "other"


def _utf16_xml(data: bytes) -> bool:
    """Whether what looks like UTF-16 begins with a tag."""
    start = data[:64].removeprefix(b"\xff\xfe").removeprefix(b"\xfe\xff")
    return start.replace(b"\0", b"").lstrip(b" \t\r\n").startswith(b"<")
