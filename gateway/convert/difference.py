"""Two documents compared as people read them: XML pretty, segments on their lines."""

import re
from collections.abc import Sequence
from difflib import unified_diff
from itertools import islice

from lxml import etree

from gateway.convert.safe_xml import XmlFault, read_xml

MOST = 400  # lines that are shown
LONGEST = 1000  # characters of a line
COMPARED = 4000  # lines of a document that are compared
LARGEST = 4 << 20  # bytes of a document that is made pretty
_EDIFACT = re.compile(r"(?:UNA.{6}\s*)?UNB\+")
_SEGMENT = re.compile(r"(?<!\?)'(?!\n)")


def difference(before: bytes, after: bytes) -> tuple[Sequence[str], bool]:
    """Return the lines of a unified diff, without its head, and whether it is cut.

    Nothing if the documents are the same but for how XML is indented.
    """
    old, new = _lines(before), _lines(after)
    if old is None or new is None:
        if before == after:
            return [], False
        return [f"-{len(before)} bytes", f"+{len(after)} bytes"], False
    if old == new:
        return [], False
    cut = max(len(old), len(new)) > COMPARED
    told = unified_diff(old[:COMPARED], new[:COMPARED], lineterm="", n=2)
    lines = list(islice(told, 2, MOST + 3))
    if not lines:  # it differs beyond what is compared
        lines = [f"-{len(old)} lines", f"+{len(new)} lines"]
    return [line[:LONGEST] for line in lines[:MOST]], cut or len(lines) > MOST


def _lines(data: bytes) -> list[str] | None:
    """Return the document line by line; None if it is no text."""
    if data.lstrip()[:1] == b"<" and len(data) <= LARGEST:
        root = read_xml(data)
        if not isinstance(root, XmlFault):
            _strip(root)
            etree.indent(root)
            return etree.tostring(root, encoding="unicode").splitlines()
    try:
        text = data.decode()
    except UnicodeDecodeError:
        if b"\0" in data[:LARGEST]:
            return None
        text = data.decode("latin-1")
    if "\0" in text[:LARGEST]:
        return None
    if _EDIFACT.match(text):
        text = _SEGMENT.sub("'\n", text)
    elif text.startswith("ISA") and len(text) > 105:  # noqa: PLR2004  ISA's length
        text = text.replace(text[105], text[105] + "\n")
    return text.splitlines()


def _strip(root: etree._Element) -> None:
    """Take away the white space between elements, which means nothing."""
    for element in root.iter():
        if len(element) and not (element.text or "").strip():
            element.text = None
        if element.tail and not element.tail.strip():
            parent = element.getparent()
            if parent is None or not _mixed(parent):
                element.tail = None


def _mixed(element: etree._Element) -> bool:
    texts = (element.text, *(child.tail for child in element))
    return any(text and text.strip() for text in texts)
