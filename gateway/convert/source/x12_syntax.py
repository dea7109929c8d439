"""The syntax of an ANSI X12 interchange (X12.5, X12.6): bytes to segments."""

import codecs
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from gateway.convert.source.segmented import NOT_XML, PADDING, SegmentedText
from gateway.convert.unfit import unreadable
from gateway.core.errors import N_

ISA_LENGTHS = (2, 10, 2, 10, 2, 15, 2, 15, 6, 4, 1, 5, 9, 1, 1, 1)
"""How many characters ISA01 to ISA16 have; they are filled up with spaces."""

_ISA_SIZE = 3 + sum(ISA_LENGTHS) + len(ISA_LENGTHS) + 1  # with its terminator: 106
_REPEATING = "00402"  # the first version whose ISA11 is the repetition separator
_TAG = re.compile(r"[A-Z][A-Z0-9]{1,2}")
_ENCODING_REMEDY = N_("Correct the rule's attribute ENCODING, or the file.")


class Segment(NamedTuple):
    """One segment: number from 1, where it starts, tag, the text of its elements."""

    number: int
    offset: int
    tag: str
    elements: Sequence[str]

    def value(self, number: int) -> str:
        """Return an element by its number (from 1); empty if there is none."""
        return self.elements[number - 1] if number <= len(self.elements) else ""


class Interchange(SegmentedText):
    """The text of one interchange; says in which line things stand.

    *repetition* is empty before version 00402 or when ISA11 names none.
    """

    code = "x12-syntax"

    def __init__(self, data: bytes, name: str, encoding: str = "") -> None:
        """Decode `data` and read its ISA; Unfit if it is no interchange.

        Without an *encoding* it is UTF-8 or else ISO 8859-1, since X12 does not say.
        """
        self.name = name
        self.warnings: list[str] = []
        self.text = self._decode(data, encoding)
        self.header = self._isa()
        self.element = self.text[3]
        self.component = self.text[_ISA_SIZE - 2]
        self.terminator = self.text[_ISA_SIZE - 1]
        self.repetition = ""
        sign = self.header.value(11)
        if self.header.value(12) >= _REPEATING and not (sign.isalnum() or sign == " "):
            self.repetition = sign
        self._distinct()

    def segments(self) -> Iterator[Segment]:
        """Yield the segments behind the ISA; Unfit names the first that is broken."""
        self._printable()
        yield self.header
        place, text, number = _ISA_SIZE, self.text, 1
        while (end := text.find(self.terminator, place)) >= 0:
            raw = text[place:end].lstrip()
            offset = end - len(raw)
            place = end + 1
            if not raw:
                continue
            number += 1
            tag, *elements = raw.split(self.element)
            if not _TAG.fullmatch(tag):
                raise self.unfit(
                    f"{tag[:20]!r} is not a segment tag of two or three capitals or"
                    " digits",
                    number,
                    "",
                    offset,
                )
            yield Segment(number, offset, tag, elements)
        rest = text[place:]
        if rest.strip(PADDING):
            tag_there = _TAG.match(rest.lstrip())
            shown = tag_there[0] if tag_there else ""
            raise self.cut_short(place, number + 1, shown, self.terminator)

    def _decode(self, data: bytes, encoding: str) -> str:
        data = data.removeprefix(codecs.BOM_UTF8).lstrip(b" \t\r\n")
        try:
            return data.decode(encoding or "utf-8")
        except LookupError as error:
            raise unreadable(
                "x12-syntax",
                f"{self.name}: the encoding {encoding!r} is not known.",
                None,
                _ENCODING_REMEDY,
            ) from error
        except UnicodeError as error:
            if encoding:
                at = error.start if isinstance(error, UnicodeDecodeError) else 0
                line = data.count(b"\n", 0, at) + 1
                raise unreadable(
                    "x12-syntax",
                    f"{self.name}, line {line}: byte {at + 1} does not fit the encoding"
                    f" {encoding}.",
                    line,
                    _ENCODING_REMEDY,
                ) from error
        self.warnings.append("The characters are not UTF-8; read as ISO 8859-1.")
        return data.decode("iso8859-1")

    def _isa(self) -> Segment:
        """Return the ISA, which has 106 characters with its terminator (X12.5)."""
        text = self.text
        if len(text) <= len("ISA") or not text.startswith("ISA"):
            raise self.unfit("there is no ISA with its separators", 1, "ISA", 0)
        sign = text[3]
        place = len("ISA")
        values = []
        for number, length in enumerate(ISA_LENGTHS, 1):
            value = text[place + 1 : place + 1 + length]
            if text[place : place + 1] != sign or sign in value:
                wrong = number - (text[place : place + 1] != sign)
                raise self.unfit(
                    f"ISA{wrong:02} has not the {ISA_LENGTHS[wrong - 1]} characters it"
                    " must have, filled up with spaces (element separator"
                    f" {sign!r})",
                    1,
                    "ISA",
                    0,
                )
            values.append(value)
            place += 1 + length
        if len(text) < _ISA_SIZE:
            raise self.unfit("the file ends within the ISA", 1, "ISA", 0)
        return Segment(1, 0, "ISA", values)

    def _distinct(self) -> None:
        """Raise Unfit unless the separators are different signs, no letters."""
        signs = [self.element, self.component, self.terminator, *self.repetition]
        if len(set(signs)) < len(signs) or any(s.isalnum() or s == " " for s in signs):
            shown = " ".join(map(repr, signs))
            raise self.unfit(
                f"the separators {shown} are not different signs; they stand behind"
                " the tag, in ISA16, behind ISA16 and, from version 00402 on, in ISA11",
                1,
                "ISA",
                0,
            )

    def _printable(self) -> None:
        """Raise Unfit for control characters that are not separators."""
        signs = {self.element, self.component, self.terminator, self.repetition}
        free = "".join(map(re.escape, signs))
        pattern = re.compile(f"(?![{free}])[{NOT_XML}]")
        bad = pattern.search(self.text.rstrip(PADDING))
        if bad is not None:
            raise self.forbidden(bad.start(), self.terminator)
