"""A UN/EDIFACT directory as UNECE publishes it: a zip of texts, to our form.

Read are the segment directory (EDSD, TRSD) and each message's segment table, whose
groups are drawn with lines at the right, in characters of code page 437 or in ASCII.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from gateway.convert.tables.form import wrong
from gateway.convert.tables.unzip import Unzip

_LINE = 200  # characters; no line of a directory is longer
_HEAD = 120  # lines in which a message says what it is
_ELEMENTS = 99  # of a segment
_LOST = 20  # messages named that could not be read

_SEGMENTS = re.compile(r"(?:EDSD|TRSD)\.\w{3}", re.IGNORECASE)
_MESSAGE = re.compile(r"([A-Z]{6})[_.]?([DS])?[_.]?(\d\d[AB])", re.IGNORECASE)
_TYPE = re.compile(r"\bMessage Type\s*:\s*([A-Z]{6})\b")
_VERSION = re.compile(r"\bVersion\s*:\s*([A-Z])\b")
_RELEASE = re.compile(r"\bRelease\s*:\s*(\d\d[A-Z])\b")

_SEGMENT_HEAD = re.compile(r"[\s*+#|X-]{2,8}([A-Z]{3})\s{2,}[A-Z]")
_ELEMENT = re.compile(r"(\d{3})\s.{0,5}?\s*(?:([CES])\d{3}|\d{4})\s")
_REPEATED = re.compile(r"\s[MC]\s+(\d\d?)(?:\s|$)")
_TABLE = re.compile(r"segment table\s*$", re.IGNORECASE)
_DRAWN = str.maketrans(dict.fromkeys("─│┐┘├┤┴┬┼└┌-+|Ä", " "))
_GROUP_ROW = re.compile(r"\s*\d{0,5}\b.*?Segment group\s+(\d+)\s+[MC]\s+(\d+)(?!\d)")
_ROW = re.compile(r"\s*\d{0,5}[\s*+#X]*?\b([A-Z]{3})\s+\S.*?\s[MC]\s+(\d+)(?!\d)")
_ENDS = re.compile("[┘┴+]")


class _Crooked(Exception):
    """A segment table that cannot be understood; says in which line."""


def read(data: bytes, name: str) -> tuple[Mapping[str, Any], Sequence[str]]:
    """Return the directory in our form, not checked yet, and what was left out.

    Unfit if the zip is refused or holds no message of a directory.
    """
    segments: dict[str, str] = {}
    messages: dict[str, Sequence[Any]] = {}
    releases: Counter[str] = Counter()
    lost: list[str] = []
    for file, body in Unzip(name, _is_wanted).files(data):
        lines = [line[:_LINE] for line in _text(body).splitlines()]
        if _SEGMENTS.fullmatch(file):
            segments.update(_segments(lines))
            continue
        kind, release = _identity(lines, file)
        try:
            nodes = _nodes(lines)
        except _Crooked as why:
            lost.append(f"{kind or file[:20]} was left out: {why}.")
            continue
        if nodes:
            messages[kind] = nodes
            releases[release] += 1
    if not messages:
        raise wrong(
            name,
            "it holds no segment table of a message, as the files of a UN/EDIFACT"
            " directory do (ORDERS_D.97A)" + (f"; {lost[0][:-1]}" if lost else ""),
        )
    if len(releases) > 1:
        found = ", ".join(sorted(releases)[:5])
        raise wrong(name, f"its messages are of several directories ({found})")
    if not segments:
        raise wrong(name, "it holds no segment directory (EDSD or TRSD)")
    (release,) = releases
    said = {
        "directory": release,
        "source": f"UN/EDIFACT directory {release}, UNECE",
        "segments": segments,
        "messages": dict(sorted(messages.items())),
    }
    more = [f"{len(lost) - _LOST} more were left out."] if len(lost) > _LOST else []
    return said, [*lost[:_LOST], *more]


def _is_wanted(name: str) -> bool:
    return bool(_SEGMENTS.fullmatch(name) or _MESSAGE.fullmatch(name))


def _text(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError:
        return body.decode("cp437")  # it has a character for every byte


def _identity(lines: Sequence[str], file: str) -> tuple[str, str]:
    """Return type and directory (D97A) of a message, from its text or file name."""
    head = "\n".join(lines[:_HEAD])
    said = [found[1] if (found := each.search(head)) else "" for each in _SAID]
    named = _MESSAGE.fullmatch(file.upper())
    by_name = [each or "" for each in named.groups()] if named else ["", "", ""]
    kind, version, release = (a or b for a, b in zip(said, by_name, strict=True))
    return kind, f"{version or 'D'}{release}"


_SAID = (_TYPE, _VERSION, _RELEASE)


def _segments(lines: Sequence[str]) -> Mapping[str, str]:
    """Return for each segment which of its elements are composite."""
    found: dict[str, str] = {}
    tag = ""
    for line in lines:
        if head := _SEGMENT_HEAD.match(line):
            tag = head[1]
            found.setdefault(tag, "")
        elif tag and (element := _ELEMENT.match(line)):
            repeated = _REPEATED.search(line, element.end())
            flags = ("c" if element[2] else "s") * int(repeated[1] if repeated else 1)
            found[tag] = (found[tag] + flags)[:_ELEMENTS]
    return found


def _nodes(lines: Sequence[str]) -> Sequence[Any]:
    """Return the nodes of the last segment table; none if there is no table."""
    starts = [number for number, line in enumerate(lines) if _TABLE.search(line)]
    tree = _Tree()
    for number in range(starts[-1], len(lines)) if starts else ():
        plain = lines[number].translate(_DRAWN)
        if group := _GROUP_ROW.match(plain):
            tree.open(int(group[1]), int(group[2]))
        elif row := _ROW.match(plain):
            ends = len(_ENDS.findall(lines[number][row.end() :]))
            tree.add([row[1], int(row[2])], ends, f"line {number + 1}")
            if row[1] == "UNT":
                break
    return tree.whole()


class _Tree:
    """Nodes as they are read; a row may end the groups that it is the last of."""

    def __init__(self) -> None:
        self._root: list[Any] = []
        self._open = [self._root]

    def open(self, number: int, limit: int) -> None:
        inner: list[Any] = []
        self._open[-1].append([number, limit, inner])
        self._open.append(inner)

    def add(self, node: Sequence[Any], ends: int, where: str) -> None:
        self._open[-1].append(node)
        if ends >= len(self._open):
            raise _Crooked(f"{where} ends more groups than are open")
        del self._open[len(self._open) - ends :]

    def whole(self) -> Sequence[Any]:
        if len(self._open) > 1:
            raise _Crooked("its segment table ends within a group")
        return self._root
