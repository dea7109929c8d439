"""EDIFACT and EANCOM to XML: UNB, one element per message, groups by directory."""

from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

from gateway.convert.source.base import Described, Source
from gateway.convert.source.directory import Directory, directory, service
from gateway.convert.source.numbered import numbered
from gateway.convert.source.placing import NOWHERE, Placing
from gateway.convert.source.syntax import Composite, Interchange, Segment

_WARNINGS = 100
_HEADER = '<?xml version="1.0" encoding="UTF-8"?>\n'


def read_edifact(data: bytes, file: Described) -> Source:
    """Return the interchange as XML (ISO 9735); Unfit names segment, tag and line.

    Wrong counts and references are warnings, as is a message or directory that is not
    known: its segments then stand side by side without groups.
    """
    interchange = Interchange(data, file.name)
    reader = _Reader(interchange, file.directories)
    for segment in interchange.segments():
        reader.take(segment)
    return reader.done()


class _Reader:
    """Walks the segments and writes their XML."""

    def __init__(self, interchange: Interchange, uploaded: Mapping[str, str]) -> None:
        self._interchange = interchange
        self._uploaded = uploaded
        self._out: list[str] = []
        self._root = "EDIFACT"
        self._header: Segment | None = None  # UNB
        self._group: Segment | None = None  # UNG
        self._message: Segment | None = None  # UNH
        self._type = ""
        self._messages = self._in_group = self._groups = 0
        self._directory: Directory | None = None
        self._placing = Placing((), self._out)
        self._ended = False
        self._warnings = list(interchange.warnings)
        self._last: Segment | None = None

    def take(self, segment: Segment) -> None:
        """Write one more segment; Unfit if it cannot stand here."""
        self._last = segment
        service = _SERVICES.get(segment.tag)
        if service is not None:
            service(self, segment)
            return
        if self._message is None:
            raise self._unfit(segment, "it stands outside of any message")
        self._place(segment)

    def done(self) -> Source:
        """Return the XML; Unfit if the end is missing."""
        if not self._ended:
            last = self._last
            if last is None:
                raise self._interchange.unfit("the file holds no segment", 1, "UNB", 0)
            raise self._unfit(
                last, "the file ends after this segment without UNZ: it is cut short"
            )
        warnings = self._warnings[:_WARNINGS]
        if len(self._warnings) > _WARNINGS:
            warnings.append(f"{len(self._warnings) - _WARNINGS} more warnings")
        text = "".join(self._out)
        xml = f"{_HEADER}<{self._root}>{text}</{self._root}>"
        return Source(xml.encode(), warnings)

    # --- Service segments ----------------------------------------------------------

    def _unb(self, segment: Segment) -> None:
        if self._header is not None:
            raise self._unfit(
                segment, "a second interchange begins; send each in a file of its own"
            )
        self._header = segment
        self._write(segment)

    def _ung(self, segment: Segment) -> None:
        self._between(segment)
        if self._group is not None:
            raise self._unfit(segment, "the group before it has no UNE")
        self._group = segment
        self._in_group = 0
        self._groups += 1
        self._write(segment)

    def _unh(self, segment: Segment) -> None:
        self._between(segment)
        kind, version, release = (segment.value(1, n) for n in range(3))
        if not (kind and version and release):
            raise self._unfit(
                segment, "UNH02 does not name message type, version and release"
            )
        if not kind.isalnum() or not kind.isascii() or kind[0].isdigit():
            raise self._unfit(segment, f"{kind[:20]!r} is not a message type")
        if segment.value(1, 4).startswith("EAN"):
            self._root = "EANCOM"
        self._message, self._type = segment, kind
        self._messages += 1
        self._in_group += 1
        name = version + release
        self._directory = directory(name, self._uploaded)
        nodes = (self._directory or service()).messages.get(kind, ())
        self._placing = Placing(nodes, self._out)
        if not nodes:
            what = f"{kind} is not known in {name}"
            if self._directory is None:
                what = f"directory {name} is not known"
            self._warn(segment, f"{what}; written without groups")
        self._out.append(f"<{kind}>")
        self._write(segment)

    def _unt(self, segment: Segment) -> None:
        if self._message is None:
            raise self._unfit(segment, "there is no UNH before it")
        self._placing.close()
        count = segment.number - self._message.number + 1
        self._counted(segment, count, "segments in the message")
        self._referred(segment, self._message.value(0), "UNH01")
        self._write(segment)
        self._out.append(f"</{self._type}>")
        self._message = None

    def _une(self, segment: Segment) -> None:
        self._between(segment)
        if self._group is None:
            raise self._unfit(segment, "there is no UNG before it")
        self._counted(segment, self._in_group, "messages in the group")
        self._referred(segment, self._group.value(4), "UNG05")
        self._write(segment)
        self._group = None

    def _unz(self, segment: Segment) -> None:
        self._between(segment)
        if self._group is not None:
            raise self._unfit(segment, "the last group has no UNE")
        if self._groups:
            self._counted(segment, self._groups, "groups in the interchange")
        else:
            self._counted(segment, self._messages, "messages in the interchange")
        self._referred(segment, self._header.value(4) if self._header else "", "UNB05")
        self._write(segment)
        self._ended = True

    def _between(self, segment: Segment) -> None:
        """Raise Unfit unless messages may begin here."""
        if self._header is None:
            raise self._unfit(segment, "there is no UNB before it")
        if self._ended:
            raise self._unfit(segment, "it follows UNZ, the end of the interchange")
        if self._message is not None:
            raise self._unfit(
                segment,
                f"the message begun in segment {self._message.number} has no UNT",
            )

    def _counted(self, segment: Segment, count: int, what: str) -> None:
        said = segment.value(0)
        if said.lstrip("0") != str(count).lstrip("0"):
            self._warn(segment, f"it counts {said or 'no'} {what}, there are {count}")

    def _referred(self, segment: Segment, reference: str, where: str) -> None:
        said = segment.value(1)
        if said != reference:
            self._warn(segment, f"its reference {said!r} is not {where}, {reference!r}")

    # --- Segments of a message -----------------------------------------------------

    def _place(self, segment: Segment) -> None:
        """Open and close groups until the segment fits, then write it."""
        odd = self._placing.place(segment.tag)
        if odd == NOWHERE:
            odd = f"{odd} in {self._type}; written where it stands"
        if odd:
            self._warn(segment, odd)
        self._write(segment)

    def _write(self, segment: Segment) -> None:
        tag, interchange = segment.tag, self._interchange
        flags = (self._directory or service()).composites.get(tag, ())
        if interchange.escaped and interchange.plain(segment.text):
            self._out.append(self._plain(tag, segment.text, flags))
            return
        many = len(flags)
        parts = [f"<{tag}>"]
        for place, element in enumerate(segment.elements, 1):
            composite = place <= many and flags[place - 1]
            for values in element:
                if any(values):
                    parts.append(self._element(tag, place, values, composite=composite))
                elif len(element) > 1:  # or the others would change their places
                    parts.append(numbered(tag, place).simple(""))
        parts.append(f"</{tag}>")
        self._out.append("".join(parts))

    def _plain(self, tag: str, text: str, flags: Sequence[bool]) -> str:
        """Return the XML of a segment without released signs and repetitions."""
        marks, many = self._interchange.separators, len(flags)
        component = marks.component
        parts = [f"<{tag}>"]
        for place, value in enumerate(text.split(marks.element)):
            if not value or not place:
                continue
            composite = place <= many and flags[place - 1]
            values = value.split(component) if component in value else (value,)
            parts.append(_element_xml(tag, place, values, composite=composite))
        parts.append(f"</{tag}>")
        return "".join(parts)

    def _element(
        self, tag: str, place: int, values: Composite, *, composite: bool
    ) -> str:
        if not self._interchange.escaped:
            values = [escape(value) for value in values]
        return _element_xml(tag, place, values, composite=composite)

    def _warn(self, segment: Segment, message: str) -> None:
        line = self._interchange.line(segment.offset) if self._roomy else 0
        self._warnings.append(
            f"Segment {segment.number} ({segment.tag}), line {line}: {message}."
        )

    @property
    def _roomy(self) -> bool:
        """Whether a warning will be shown; finding its line takes time."""
        return len(self._warnings) < _WARNINGS

    def _unfit(self, segment: Segment, message: str) -> Exception:
        return self._interchange.unfit(
            message, segment.number, segment.tag, segment.offset
        )


def _element_xml(tag: str, place: int, values: Composite, *, composite: bool) -> str:
    """Return an element, with its components inside if it is or must be composite."""
    names = numbered(tag, place)
    if composite or any(values[1:]):
        return names.composite(values)
    return names.simple(values[0]) if values[0] else ""


_SERVICES = {
    "UNB": _Reader._unb,  # noqa: SLF001  the class's own methods
    "UNG": _Reader._ung,  # noqa: SLF001
    "UNH": _Reader._unh,  # noqa: SLF001
    "UNT": _Reader._unt,  # noqa: SLF001
    "UNE": _Reader._une,  # noqa: SLF001
    "UNZ": _Reader._unz,  # noqa: SLF001
}
