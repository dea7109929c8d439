"""A customer's stylesheet as text: checked, and the places where we touch it."""

import re
from dataclasses import dataclass
from xml.parsers import expat

from gateway.convert import wd_extensions
from gateway.convert.source.xml import check, undeclared

XSL = "http://www.w3.org/1999/XSL/Transform"
_ROOTS = {f"{XSL} {name}" for name in ("stylesheet", "transform", "package")}
_VERSION = re.compile(r"""(?<![\w:.-])version\s*=\s*("[^"]*"|'[^']*')""")
_DEPTH = 1000


@dataclass(frozen=True, slots=True)
class Stylesheet:
    """The text as Saxon gets it; *encoding* and *method* are what it declares.

    *random* tells whether it may call a function that never gives the same twice.
    """

    text: str
    encoding: str
    method: str
    random: bool


def prepare(text: str, *, version: str = "") -> Stylesheet:
    """Check `text` and add the extension functions; lines stay where they are.

    `version` replaces the version it declares. Raises Flaw with its line.
    """
    text = undeclared(text.replace("\r\n", "\n").replace("\r", "\n"))
    check(text, _DEPTH)
    outline = _outline(text)
    random = wd_extensions.random(text)
    if outline.root in _ROOTS:
        raw = text.encode()
        # an empty root, <xsl:stylesheet/>, has no end tag and calls nothing
        if wd_extensions.needed(text) and raw[outline.end :].startswith(b"</"):
            library = wd_extensions.library().encode()
            text = (raw[: outline.end] + library + raw[outline.end :]).decode()
        if version:
            text = _VERSION.sub(f'version="{version}"', text, count=1)
    return Stylesheet(text, outline.encoding, outline.method, random)


class _Outline:
    """What one pass over the stylesheet finds; *end* is in bytes of UTF-8."""

    def __init__(self) -> None:
        self.root = ""
        self.end = 0
        self.encoding = "UTF-8"
        self.method = ""


def _outline(text: str) -> _Outline:
    found = _Outline()
    parser = expat.ParserCreate("utf-8", " ")
    level = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal level
        level += 1
        if level == 1:
            found.root = name
        elif name == f"{XSL} output" and "name" not in attributes:
            found.encoding = attributes.get("encoding", found.encoding).strip()
            found.method = attributes.get("method", found.method).strip()

    def end(_name: str) -> None:
        nonlocal level
        level -= 1
        if level == 0:
            found.end = parser.CurrentByteIndex

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.Parse(text.encode(), True)  # noqa: FBT003  expat takes it by place
    return found
