"""The syntax of an EDIFACT interchange (ISO 9735): bytes to segments."""

import codecs
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import astuple, dataclass
from typing import NamedTuple
from xml.sax.saxutils import escape

from gateway.convert.source.segmented import NOT_XML, PADDING, REMEDY, SegmentedText
from gateway.convert.unfit import unreadable

CHARACTER_SETS = {
    "UNOA": "ascii",
    "UNOB": "ascii",
    "UNOC": "iso8859-1",
    "UNOD": "iso8859-2",
    "UNOE": "iso8859-5",
    "UNOF": "iso8859-7",
    "UNOG": "iso8859-3",
    "UNOH": "iso8859-4",
    "UNOI": "iso8859-6",
    "UNOJ": "iso8859-8",
    "UNOK": "iso8859-9",
    "UNOW": "utf-8",
    "UNOX": "iso2022_jp",
    "UNOY": "utf-8",
    "KECA": "euc_kr",
}
"""Syntax identifier (UNB0101) to codec, ISO 9735-1 annex and UN code list 0001."""

_START = re.compile(
    rb"(UNA.{6}\s*)?UNB.(?P<identifier>[A-Z]{3}[A-Z0-9])"
    rb"(?:(?P<component>[^\w\s])4(?P=component)\w{0,6}(?P=component)(?P<coded>\d))?",
    re.DOTALL,
)
_CODED = {"3": "cp850", "7": "utf-8"}
"""Character encoding (UNB0104, code list 0133), which goes before the identifier."""
_WIDE = {
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
    b"U\0": "utf-16-le",
    b"\0U": "utf-16-be",
}
"""How a file in two-byte characters (UNOY, ISO 10646) begins."""
_UNA = re.compile(r"UNA(.)(.)(.)(.)(.)(.)", re.DOTALL)
_TAG = re.compile(r"[A-Z][A-Z0-9]{2}")
_NOT_XML = re.compile(f"[{NOT_XML}]")

Composite = Sequence[str]
Element = Sequence[Composite]


@dataclass(frozen=True, slots=True)
class Separators:
    """The six characters of UNA; *repetition* and *release* are empty if not in use."""

    component: str = ":"
    element: str = "+"
    release: str = "?"
    repetition: str = ""
    terminator: str = "'"

    @property
    def signs(self) -> str:
        return "".join(astuple(self))


def character_set(identifier: str, coded: str = "") -> str | None:
    """Return the codec of UNB0101 and UNB0104; None if it is not known."""
    return _CODED.get(coded) or CHARACTER_SETS.get(identifier)


class Segment(NamedTuple):
    """One segment: number from 1, where it starts, tag, its text.

    *split* takes a text apart: most segments are read in a simpler way.
    """

    number: int
    offset: int
    tag: str
    text: str
    split: Callable[[str], Sequence[Element]]

    @property
    def elements(self) -> Sequence[Element]:
        """The elements: lists of repetitions, these are lists of component values.

        There is one repetition before syntax version 4.
        """
        return self.split(self.text)

    def value(self, element: int, component: int = 0) -> str:
        """Return one value, counted from 0; empty if the segment ends before it."""
        try:
            return self.elements[element][0][component]
        except IndexError:
            return ""


class Interchange(SegmentedText):
    """The text of one interchange; says in which line things stand.

    *escaped* tells whether values come with & < > written as in XML.
    """

    code = "edifact-syntax"

    def __init__(self, data: bytes, name: str) -> None:
        """Decode `data`; Unfit if it is no interchange."""
        self.name = name
        self.warnings: list[str] = []
        self._wide = False
        self.text = self._decode(data)
        self.separators, self._begin = self._una()
        # once for all values, unless a separator looks like a part of an escape
        self.escaped = not set("&<>;#") & set(self.separators.signs)
        if self.escaped:
            self.text = escape(self.text)

    def _decode(self, data: bytes) -> str:
        data = self._narrow(data).removeprefix(codecs.BOM_UTF8).lstrip()
        start = _START.match(data)
        if start is None:
            raise unreadable(
                "edifact-syntax",
                f"{self.name}, segment 1 (UNB), line 1: there is no UNB with a syntax"
                " identifier such as UNOC.",
                1,
                REMEDY,
            )
        identifier = start["identifier"].decode()
        coded = (start["coded"] or b"").decode()
        codec = "utf-8" if self._wide else character_set(identifier, coded)
        if codec is None:
            self.warnings.append(
                f"Syntax identifier {identifier} is not known; read as ISO 8859-1."
            )
            return data.decode("iso8859-1")
        try:
            return data.decode(codec)
        except UnicodeDecodeError as error:
            if codec != "ascii":
                line = data.count(b"\n", 0, error.start) + 1
                raise unreadable(
                    "edifact-syntax",
                    f"{self.name}, line {line}: byte {error.start + 1} does not fit"
                    f" the character set {identifier} ({codec}).",
                    line,
                    REMEDY,
                ) from error
        self.warnings.append(
            f"There are characters that {identifier} does not allow; read as"
            " ISO 8859-1."
        )
        return data.decode("iso8859-1")

    def _narrow(self, data: bytes) -> bytes:
        """Return two-byte characters as UTF-8, all else as it is."""
        codec = _WIDE.get(data[:2])
        if codec is None:
            return data
        try:
            text = data.decode(codec)
        except UnicodeDecodeError as error:
            raise unreadable(
                "edifact-syntax",
                f"{self.name}: byte {error.start + 1} does not fit the character set"
                f" UNOY ({codec}).",
                None,
                REMEDY,
            ) from error
        self._wide = True
        return text.removeprefix("\ufeff").encode()

    def _una(self) -> tuple[Separators, int]:
        """Return the separators and where the first segment begins."""
        una = _UNA.match(self.text)
        if una is None:
            version = self.text[9:10]  # UNB+UNOC:4
            return Separators(repetition="*" if version >= "4" else ""), 0
        component, element, _decimal, release, repetition, terminator = una.groups()
        release = release.strip()
        used = [component, element, terminator, *([release] if release else [])]
        if len(set(used)) < len(used) or any(c.isalnum() or c == " " for c in used):
            raise self.unfit(
                f"the separators {una[0][3:]!r} are not six different signs",
                1,
                "UNA",
                0,
            )
        repetition = repetition.strip()
        if repetition in used or repetition.isalnum():
            repetition = ""
        begin = una.end()
        version = self.text[begin:].lstrip()[9:10]
        if version < "4":
            repetition = ""
        return Separators(component, element, release, repetition, terminator), begin

    def segments(self, tags: Collection[str] = ()) -> Iterator[Segment]:
        """Yield the segments in order; Unfit names the first that is broken.

        With *tags* only those, which is much faster.
        """
        bad = _NOT_XML.search(self.text.rstrip(PADDING))
        if bad is not None:
            raise self.forbidden(bad.start(), self.separators.terminator)
        split = self._splitter()
        known: set[str] = set()
        for number, (offset, raw) in enumerate(self._raw(), 1):
            if tags and raw[:3] not in tags:
                continue
            tag = raw.split(self.separators.element, 1)[0]
            if tag not in known:
                tag = tag.split(self.separators.component)[0].strip()
                if not _TAG.fullmatch(tag):
                    raise self.unfit(
                        f"{tag[:20]!r} is not a segment tag of three capitals or"
                        " digits",
                        number,
                        "",
                        offset,
                    )
                known.add(tag)
            yield Segment(number, offset, tag, raw, split)

    def plain(self, text: str) -> bool:
        """Whether a segment's text is taken apart by its separators alone."""
        marks = self.separators
        return not (
            (marks.release and marks.release in text)
            or (marks.repetition and marks.repetition in text)
        )

    def _raw(self) -> Iterator[tuple[int, str]]:
        """Yield each segment's offset and text without its terminator."""
        text, marks = self.text, self.separators
        end, release = marks.terminator, marks.release
        place = start = self._begin
        count = 0
        while (cut := text.find(end, start)) >= 0:
            start = cut + 1
            if release and text[cut - 1] == release and _released(text, cut, release):
                continue
            raw = text[place:cut].lstrip()
            place = start
            if raw:
                count += 1
                yield cut - len(raw), raw
        rest = text[place:]
        if rest.strip(PADDING):
            tag = _TAG.match(rest.lstrip())
            raise self.cut_short(place, count + 1, tag[0] if tag else "", end)

    def _splitter(self) -> Callable[[str], Sequence[Element]]:
        """Return what takes a segment's text apart."""
        marks = self.separators
        release, component, repetition = (
            marks.release,
            marks.component,
            marks.repetition,
        )
        unescape = (
            re.compile(re.escape(release) + "(.)", re.DOTALL) if release else None
        )

        def parts(text: str, at: str) -> list[str]:
            if not release or release not in text:
                return text.split(at)
            return _split_released(text, at, release)

        def components(text: str) -> list[str]:
            if unescape is None or release not in text:
                return text.split(component)
            return [unescape.sub(r"\1", value) for value in parts(text, component)]

        def repeats(text: str) -> Element:
            if not repetition or repetition not in text:
                return (components(text),)
            return [components(each) for each in parts(text, repetition)]

        def split(text: str) -> Sequence[Element]:
            _tag, *elements = parts(text, marks.element)
            return [repeats(each) for each in elements]

        return split


def _released(text: str, at: int, release: str, start: int = 0) -> bool:
    """Whether the sign at this place is data: an odd number of releases before it."""
    before = at
    while before > start and text[before - 1] == release:
        before -= 1
    return (at - before) % 2 == 1


def _split_released(text: str, at: str, release: str) -> list[str]:
    """Split `text` at the signs that no release character stands before."""
    parts: list[str] = []
    start = place = 0
    while True:
        cut = text.find(at, place)
        if cut < 0:
            parts.append(text[start:])
            return parts
        place = cut + 1
        if not _released(text, cut, release, start):
            parts.append(text[start:cut])
            start = place
