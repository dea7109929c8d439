"""One X12 segment as text, and the ISA with its fixed widths (X12.5)."""

from dataclasses import astuple, dataclass

from lxml import etree

from gateway.convert.write.base import unwritable
from gateway.convert.write.segments import Segment, trim
from gateway.core.errors import N_

REPEATING = "00402"
"""The first version whose ISA11 is the repetition separator."""
_WIDTHS = (2, 10, 2, 10, 2, 15, 2, 15, 6, 4, 1, 5, 9, 1, 1, 1)
_DEFAULTS = {
    1: "00",
    3: "00",
    5: "ZZ",
    7: "ZZ",
    11: "U",
    12: "00401",
    13: "0",
    14: "0",
    15: "P",
    16: ":",
}
_NEEDED = {6: "the sender", 8: "the receiver", 9: "the date", 10: "the time"}
_SIGNS = (11, 16)
_PICTURES = 0x2400


@dataclass(frozen=True, slots=True)
class Marks:
    """The separators of an interchange; *repetition* is empty if not in use."""

    element: str
    terminator: str
    component: str
    repetition: str

    @property
    def signs(self) -> set[str]:
        return set(astuple(self)) - {""}


def complete(isa: Segment) -> None:
    """Fill in what goes without saying; Unfit for what is missing or too long."""
    for place, value in _DEFAULTS.items():
        if not isa.value(place):
            isa.put(place, value)
    for place, what in _NEEDED.items():
        if not isa.value(place).strip():
            raise unwritable(f"ISA{place:02}, {what}, is empty or left out", isa.node)
    for place, width in enumerate(_WIDTHS, 1):
        value = isa.value(place)
        if place in _SIGNS and "\u2400" <= value <= "\u241f":
            value = chr(ord(value) - _PICTURES)  # as the reader shows control signs
        if len(value) > width:
            raise unwritable(
                f"ISA{place:02} {value!r} is longer than {width} characters", isa.node
            )
        isa.put(place, value.ljust(width))


def marks_of(root: etree._Element, isa: Segment) -> Marks:
    """Return the separators that the root's attributes and the ISA name."""
    signs = []
    for name, usual in (("elementSeparator", "*"), ("segmentTerminator", "~")):
        value = root.get(name, usual)
        if len(value) != 1:
            raise unwritable(f"{name} {value!r} must be one character", root)
        signs.append(value)
    repetition = isa.value(11) if isa.value(12) >= REPEATING else ""
    if repetition.isalnum():
        repetition = ""
    marks = Marks(signs[0], signs[1], isa.value(16), repetition)
    used = [sign for sign in astuple(marks) if sign]
    if len(set(used)) < len(used) or any(s.isalnum() or s == " " for s in used):
        raise unwritable(
            f"the separators {used} (element, segment, ISA16, ISA11) must be different"
            " signs, neither letters nor digits nor spaces",
            isa.node,
        )
    return marks


def isa_text(isa: Segment, marks: Marks) -> str:
    """Return the complete header, 106 characters."""
    values = [isa.value(place) for place in range(1, len(_WIDTHS) + 1)]
    for place, value in enumerate(values, 1):
        if place not in _SIGNS:
            _free(value, f"ISA{place:02}", isa, marks)
    return marks.element.join(["ISA", *values]) + marks.terminator


def segment_text(one: Segment, marks: Marks) -> str:
    """Return the segment with its terminator; Unfit if it cannot be written."""
    trim(one.elements)
    parts = [one.tag]
    for element in one.elements:
        name = f"{one.tag}{len(parts):02}"
        if len(element) > 1 and not marks.repetition:
            raise unwritable(
                f"{name} comes {len(element)} times in {one.tag}; repetitions need"
                f" version {REPEATING} or later (ISA12) and their separator in ISA11",
                one.node,
            )
        for values in element:
            for value in values:
                _free(value, name, one, marks)
        repeated = [marks.component.join(values) for values in element]
        parts.append(marks.repetition.join(repeated))
    return marks.element.join(parts) + marks.terminator


def _free(value: str, name: str, one: Segment, marks: Marks) -> None:
    """Raise Unfit for a separator in a value: X12 has no way to escape it."""
    if value.isalnum():
        return
    for sign in marks.signs:
        if sign in value:
            raise unwritable(
                f"{name} {value[:30]!r} holds {sign!r}, which is a separator here; X12"
                " cannot escape it",
                one.node,
                N_(
                    "Replace the character in the stylesheet, or choose other"
                    " separators: docs/output.md tells how."
                ),
            )
