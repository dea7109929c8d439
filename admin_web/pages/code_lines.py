"""Documents shown line by line, XML with its colours: `<ol class="code">`."""

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from markupsafe import Markup

MOST_CHARACTERS = 120_000
MOST_LINES = 2_000
LONG_LINE = 400  # nobody reads XML that stands on one
DEEPEST = 40
_DECLARED = re.compile(rb"""\A<\?xml[^>]*?encoding\s*=\s*["']([\w.-]+)["']""")
_BOMS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
_PIECE = re.compile(
    r"(?P<c><!--.*?(?:-->|\Z))"
    r"|(?P<plain><[?!].*?(?:>|\Z))"
    r"|(?P<open></?)(?P<name>[^\s<>/]+)(?P<rest>(?:[^<>\"']|\"[^\"]*\"|'[^']*')*)",
    re.DOTALL,
)
_TAG = re.compile(
    r"<!--.*?(?:-->|\Z)|<!\[CDATA\[.*?(?:\]\]>|\Z)|<(?:[^<>\"']|\"[^\"]*\"|'[^']*')*>",
    re.DOTALL,
)
_VALUE = re.compile(r"\"[^\"]*\"|'[^']*'")


@dataclass(frozen=True, slots=True)
class Lines:
    """What is shown; *cut* if that is not all, *binary* if it is no text.

    *indented*: the document itself has no such line ends.
    """

    shown: Sequence[Markup]
    cut: bool = False
    binary: bool = False
    indented: bool = False


def lines_of(data: bytes) -> Lines:
    """Return the beginning of the document as lines."""
    text = text_of(data[: 4 * MOST_CHARACTERS])
    if text is None:
        return Lines((), binary=True)
    part = text[:MOST_CHARACTERS]
    marked_up = part.lstrip().startswith("<")
    indented = marked_up and max(map(len, part.split("\n"))) > LONG_LINE
    if indented:
        part = _indented(part)
    pieces = _coloured(part) if marked_up else iter([("", part)])
    found = list(islice(_lines(pieces), MOST_LINES + 1))
    cut = len(data) > 4 * MOST_CHARACTERS or len(text) > MOST_CHARACTERS
    cut = cut or len(found) > MOST_LINES
    return Lines(found[:MOST_LINES], cut=cut, indented=indented)


def text_of(data: bytes) -> str | None:
    """Return the text in the encoding that it has or declares; None if it is none."""
    declared = _DECLARED.match(data)
    encoding = declared[1].decode() if declared else "utf-8"
    for mark, of_mark in _BOMS:
        if data.startswith(mark):
            data, encoding = data.removeprefix(mark), of_mark
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        if encoding != "utf-8" or error.end < len(data) - 1:
            return None
        text = data[: error.start].decode()  # a character that was cut in two
    except LookupError:  # an encoding that nobody knows
        return None
    return None if "\0" in text else text.replace("\r\n", "\n").replace("\r", "\n")


def _indented(text: str) -> str:
    """Return XML with a line for each tag that directly follows another one."""
    made, depth, end = [], 0, 0
    opened = False  # whether the tag before was a start tag
    for found in _TAG.finditer(text):
        tag = found[0]
        closes = tag.startswith("</")
        depth -= closes
        if end and found.start() == end and not (closes and opened):
            made.append("\n" + "  " * min(max(depth, 0), DEEPEST))
        else:
            made.append(text[end : found.start()])
        made.append(tag)
        end = found.end()
        opened = not closes and tag[1] not in "?!" and not tag.endswith("/>")
        depth += opened
    return "".join([*made, text[end:]])


def _coloured(text: str) -> Iterator[tuple[str, str]]:
    """Yield pieces with their class: n name, x of XSLT, s value, c comment."""
    end = 0
    for found in _PIECE.finditer(text):
        yield "", text[end : found.start()]
        end = found.end()
        if found["c"]:
            yield "c", found["c"]
        elif found["plain"]:
            yield "", found["plain"]
        else:
            yield "", found["open"]
            yield ("x" if found["name"].startswith("xsl:") else "n"), found["name"]
            yield from _values(found["rest"])
    yield "", text[end:]


def _values(rest: str) -> Iterator[tuple[str, str]]:
    end = 0
    for value in _VALUE.finditer(rest):
        yield "", rest[end : value.start()]
        yield "s", value[0]
        end = value.end()
    yield "", rest[end:]


def _lines(pieces: Iterator[tuple[str, str]]) -> Iterator[Markup]:
    line: list[str] = []
    for kind, text in pieces:
        first, *more = text.split("\n")
        line.append(_marked(kind, first))
        for part in more:
            yield Markup("".join(line))  # noqa: S704 - each piece is escaped
            line = [_marked(kind, part)]
    last = "".join(line)
    if last:
        yield Markup(last)  # noqa: S704 - each piece is escaped


def _marked(kind: str, text: str) -> str:
    # not Markup.format: it takes ten times as long, and there are many pieces
    safe = html.escape(text)
    if not kind or not text:
        return safe
    return f"<i>{safe}</i>" if kind == "n" else f'<i class="{kind}">{safe}</i>'
