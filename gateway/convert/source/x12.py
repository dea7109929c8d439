"""ANSI X12 to XML: ISA, GS around its transactions (ST850 ...), loops by table."""

import re
from collections.abc import Mapping
from xml.sax.saxutils import escape

from gateway.convert.source.base import Described, Source
from gateway.convert.source.directory import Directory, x12_directory
from gateway.convert.source.numbered import numbered
from gateway.convert.source.placing import NOWHERE, Placing
from gateway.convert.source.x12_syntax import Interchange, Segment
from gateway.convert.unfit import Unfit

_WARNINGS = 100
_HEADER = '<?xml version="1.0" encoding="UTF-8"?>\n'
_AROUND = 3  # X12, GS and the transaction stand around the loops
_WITHIN = 3  # a segment, an element and a component stand in them
_SET = re.compile("[0-9A-Z]{3}")
_PICTURES = 0x2400  # Unicode's pictures of the control characters


def read_x12(data: bytes, file: Described) -> Source:
    """Return the interchange as XML (X12.5, X12.6); Unfit names segment and line.

    Wrong counts and control numbers are warnings, as is a transaction set that is not
    known: its segments then stand side by side without loops.
    """
    interchange = Interchange(data, file.name, file.attributes.get("ENCODING", ""))
    reader = _Reader(interchange, file.directories, file.depth)
    for segment in interchange.segments():
        reader.take(segment)
    return reader.done()


class _Reader:
    """Walks the segments and writes their XML."""

    def __init__(
        self, interchange: Interchange, uploaded: Mapping[str, str], depth: int
    ) -> None:
        self._interchange = interchange
        self._uploaded = uploaded
        self._deepest = depth - _AROUND - _WITHIN
        self._out: list[str] = []
        self._group: Segment | None = None  # GS
        self._transaction: Segment | None = None  # ST
        self._type = ""
        self._groups = self._in_group = 0
        self._directory = Directory()
        self._known = False
        self._placing = Placing((), self._out)
        self._ended = False
        self._warnings = list(interchange.warnings)
        self._last = interchange.header

    def take(self, segment: Segment) -> None:
        """Write one more segment; Unfit if it cannot stand here."""
        self._last = segment
        control = _CONTROLS.get(segment.tag)
        if control is not None:
            control(self, segment)
            return
        if self._transaction is None:
            raise self._unfit(segment, "it stands outside of any transaction (ST, SE)")
        self._place(segment)

    def done(self) -> Source:
        """Return the XML; Unfit if the end is missing."""
        if not self._ended:
            raise self._unfit(
                self._last,
                "the file ends after this segment without IEA: it is cut short",
            )
        warnings = self._warnings[:_WARNINGS]
        if len(self._warnings) > _WARNINGS:
            warnings.append(f"{len(self._warnings) - _WARNINGS} more warnings")
        text = "".join(self._out)
        return Source(f"{_HEADER}<X12>{text}</X12>".encode(), warnings)

    # --- Control segments ----------------------------------------------------------

    def _isa(self, segment: Segment) -> None:
        if segment is not self._interchange.header:
            raise self._unfit(
                segment, "a second interchange begins; send each in a file of its own"
            )
        values = [
            chr(_PICTURES + ord(value)) if value < " " and len(value) == 1 else value
            for value in segment.elements
        ]
        inner = "".join(
            f"<ISA{number:02}>{escape(value)}</ISA{number:02}>"
            for number, value in enumerate(values, 1)
        )
        self._out.append(f"<ISA>{inner}</ISA>")

    def _ta1(self, segment: Segment) -> None:
        self._between(segment)
        if self._group is not None:
            raise self._unfit(segment, "it may only stand outside of the groups")
        self._write(segment)

    def _gs(self, segment: Segment) -> None:
        self._between(segment)
        if self._group is not None:
            raise self._unfit(
                segment, f"the group begun in segment {self._group.number} has no GE"
            )
        self._group = segment
        self._in_group = 0
        self._groups += 1
        self._directory = x12_directory(segment.value(8), self._uploaded)
        self._out.append(f"<GS>{self._elements(segment)}")

    def _st(self, segment: Segment) -> None:
        self._between(segment)
        if self._group is None:
            raise self._unfit(segment, "there is no GS before it")
        kind = segment.value(1)
        if not _SET.fullmatch(kind):
            raise self._unfit(segment, f"ST01, {kind[:20]!r}, is no transaction set")
        self._transaction, self._type = segment, f"ST{kind}"
        self._in_group += 1
        nodes = self._directory.messages.get(kind, ())
        self._known = bool(nodes)
        if not nodes:
            self._warn(
                segment, f"transaction set {kind} is not known; written without loops"
            )
        self._out.append(f"<{self._type}>")
        self._placing = Placing(nodes, self._out)
        self._write(segment)

    def _se(self, segment: Segment) -> None:
        begun = self._transaction
        if begun is None:
            raise self._unfit(segment, "there is no ST before it")
        self._placing.close()
        count = segment.number - begun.number + 1
        self._counted(segment, count, "segments in the transaction")
        self._referred(segment, begun.value(2), "ST02")
        self._write(segment)
        self._out.append(f"</{self._type}>")
        self._transaction = None

    def _ge(self, segment: Segment) -> None:
        self._between(segment)
        if self._group is None:
            raise self._unfit(segment, "there is no GS before it")
        self._counted(segment, self._in_group, "transactions in the group")
        self._referred(segment, self._group.value(6), "GS06")
        self._known = True
        self._write(segment)
        self._out.append("</GS>")
        self._group = None

    def _iea(self, segment: Segment) -> None:
        self._between(segment)
        if self._group is not None:
            raise self._unfit(
                segment, f"the group begun in segment {self._group.number} has no GE"
            )
        self._counted(segment, self._groups, "groups in the interchange")
        self._referred(segment, self._interchange.header.value(13), "ISA13")
        self._write(segment)
        self._ended = True

    def _between(self, segment: Segment) -> None:
        """Raise Unfit unless a control segment may stand here."""
        if self._ended:
            raise self._unfit(segment, "it follows IEA, the end of the interchange")
        if self._transaction is not None:
            raise self._unfit(
                segment,
                f"the transaction begun in segment {self._transaction.number} has no"
                " SE",
            )

    def _counted(self, segment: Segment, count: int, what: str) -> None:
        said = segment.value(1)
        if said.lstrip("0") != str(count).lstrip("0"):
            self._warn(segment, f"it counts {said or 'no'} {what}, there are {count}")

    def _referred(self, segment: Segment, number: str, where: str) -> None:
        said = segment.value(2)
        if said.lstrip("0") != number.lstrip("0"):
            self._warn(
                segment, f"its control number {said!r} is not {where}, {number!r}"
            )

    # --- Segments of a transaction -------------------------------------------------

    def _place(self, segment: Segment) -> None:
        """Open and close loops until the segment fits, then write it."""
        if segment.tag == "HL":
            odd = self._placing.place_below("HL", segment.value(1), segment.value(2))
            if self._placing.depth > self._deepest:
                raise self._unfit(
                    segment, f"the levels are nested more than {self._deepest} deep"
                )
        else:
            odd = self._placing.place(segment.tag)
        if odd == NOWHERE:
            odd = f"{odd} in {self._type[2:]}; written where it stands"
        if odd:
            self._warn(segment, odd)
        self._write(segment)

    def _write(self, segment: Segment) -> None:
        tag = segment.tag
        self._out.append(f"<{tag}>{self._elements(segment)}</{tag}>")

    def _elements(self, segment: Segment) -> str:
        """Return the elements that are not empty, repetitions one after the other."""
        tag = segment.tag
        flags = self._directory.composites.get(tag, ())
        repetition = self._interchange.repetition
        many = len(flags)
        parts = []
        for place, text in enumerate(segment.elements, 1):
            if not text:
                continue
            composite = place <= many and flags[place - 1]
            repeats = repetition and repetition in text
            parts += [
                self._element(segment, place, each, composite=composite)
                for each in (text.split(repetition) if repeats else [text])
            ]
        return "".join(parts)

    def _element(
        self, segment: Segment, place: int, text: str, *, composite: bool
    ) -> str:
        component = self._interchange.component
        names = numbered(segment.tag, place)
        if not composite and component in text:
            if self._known:  # the table says that it has no components
                self._warn(
                    segment,
                    f"{names.name} holds the component separator {component!r}; kept"
                    " as text",
                )
            else:
                composite = True
        if not composite:
            return names.simple(escape(text))
        values = [escape(value) for value in text.split(component)]
        return names.composite(values) or names.simple("")

    def _warn(self, segment: Segment, message: str) -> None:
        # finding a line takes time, so only for what will be shown
        roomy = len(self._warnings) < _WARNINGS
        line = self._interchange.line(segment.offset) if roomy else 0
        self._warnings.append(
            f"Segment {segment.number} ({segment.tag}), line {line}: {message}."
        )

    def _unfit(self, segment: Segment, message: str) -> Unfit:
        return self._interchange.unfit(
            message, segment.number, segment.tag, segment.offset
        )


_CONTROLS = {
    "ISA": _Reader._isa,  # noqa: SLF001  the class's own methods
    "TA1": _Reader._ta1,  # noqa: SLF001
    "GS": _Reader._gs,  # noqa: SLF001
    "ST": _Reader._st,  # noqa: SLF001
    "SE": _Reader._se,  # noqa: SLF001
    "GE": _Reader._ge,  # noqa: SLF001
    "IEA": _Reader._iea,  # noqa: SLF001
}
