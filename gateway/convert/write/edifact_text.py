"""One EDIFACT segment as text: separators, release character, repetitions."""

from gateway.convert.source.syntax import Separators
from gateway.convert.write.base import unwritable
from gateway.convert.write.segments import Segment, trim

_UNA = 6


def separators(una: str, version: str) -> Separators:
    """Return the separators that six characters name; ValueError if they cannot.

    Without any they are the usual ones; syntax version 4 has repetitions.
    """
    if not una:
        return Separators(repetition="*" if version >= "4" else "")
    if len(una) != _UNA:
        raise ValueError(una)
    marks = Separators(
        component=una[0],
        element=una[1],
        release=una[3].strip(),
        repetition=una[4].strip() if version >= "4" else "",
        terminator=una[5],
    )
    signs = marks.signs
    if len(set(signs)) < len(signs) or any(c.isalnum() or c.isspace() for c in signs):
        raise ValueError(una)
    return marks


class Texts:
    """Writes segments with these separators."""

    def __init__(self, marks: Separators) -> None:
        self._marks = marks
        self._escapes = {ord(c): marks.release + c for c in marks.signs}

    def of(self, one: Segment) -> str:
        """Return the segment with its terminator; Unfit if it cannot be written."""
        marks = self._marks
        trim(one.elements)
        parts = [one.tag]
        for element in one.elements:
            if len(element) == 1:
                parts.append(self._components(element[0], one))
            elif element and not marks.repetition:
                raise unwritable(
                    f"{one.tag}{len(parts):02} comes {len(element)} times in"
                    f" {one.tag}; repetitions need syntax version 4 (UNB0102)",
                    one.node,
                )
            else:
                repeated = [self._components(values, one) for values in element]
                parts.append(marks.repetition.join(repeated))
        return marks.element.join(parts) + marks.terminator

    def _components(self, values: list[str], one: Segment) -> str:
        if self._marks.release:
            escaped = [value.translate(self._escapes) for value in values]
            return self._marks.component.join(escaped)
        for value in values:
            if any(sign in value for sign in self._marks.signs):
                raise unwritable(
                    f"{value[:30]!r} in {one.tag} holds a separator, and UNA names no"
                    " release character",
                    one.node,
                )
        return self._marks.component.join(values)
