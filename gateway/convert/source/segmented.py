"""What EDIFACT and X12 have in common: a text of segments, and where its faults are."""

from typing import ClassVar

from gateway.convert.unfit import Unfit, unreadable
from gateway.core.errors import N_

NOT_XML = "\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff"
"""The characters that XML cannot hold, as a regular expression names them."""

PADDING = "\x00\x1a \t\r\n"
"""What may fill a file up behind its last segment."""

REMEDY = N_(
    "Ask the sender for a correct interchange, or repair the file and resend it."
)


class SegmentedText:
    """An interchange's text; says in which segment and line things stand."""

    code: ClassVar[str]
    name: str
    text: str

    def unfit(self, message: str, segment: int, tag: str, offset: int) -> Unfit:
        """Return what is wrong with a segment that starts at `offset`."""
        line = self.line(offset)
        where = f"segment {segment}" + (f" ({tag})" if tag else "")
        return unreadable(
            self.code,
            f"{self.name}, {where}, line {line}: {message}.",
            line,
            REMEDY,
        )

    def line(self, offset: int) -> int:
        """Return the line (from 1) of a place in the text."""
        text = self.text[:offset]
        return 1 + max(text.count("\n"), text.count("\r"))

    def forbidden(self, at: int, terminator: str) -> Unfit:
        """Return that the character there is not allowed."""
        number = self.text.count(terminator, 0, at) + 1
        character = f"U+{ord(self.text[at]):04X}"
        return self.unfit(f"the character {character} is not allowed", number, "", at)

    def cut_short(self, place: int, number: int, tag: str, terminator: str) -> Unfit:
        """Return that the last segment, which begins at `place`, does not end."""
        rest = self.text[place:]
        return self.unfit(
            f"the file ends before the segment's terminator {terminator!r}: it is cut"
            " short or text follows its end",
            number,
            tag,
            place + len(rest) - len(rest.lstrip()),
        )
