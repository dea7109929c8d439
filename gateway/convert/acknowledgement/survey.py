"""What an interchange says in its service segments; broken ones as far as they go."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from xml.sax.saxutils import unescape

from gateway.convert.acknowledgement.answers import Contrl, Functional
from gateway.convert.source import syntax, x12_syntax
from gateway.convert.source.detect import detect
from gateway.convert.unfit import Unfit
from gateway.core.interchange import Group, Message, Survey

_SERVICE = {"UNB", "UNG", "UNH", "UNZ", *Contrl.TAGS}
_IDENTIFIER = re.compile(rb"(UNB[^A-Za-z0-9\s])[A-Z]{3}[A-Z0-9]")
_CONTROLS = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_MISSING, _UNSPECIFIED, _CHARACTERS = "13", "18", "21"  # error codes, 0085
_SUSPECTS = re.compile(
    rb"UNH[^A-Za-z0-9\s].{0,40}?[^A-Za-z0-9]CONTRL[^A-Za-z0-9]"
    rb"|[^A-Za-z0-9]GS([^A-Za-z0-9\s])FA\1",
    re.DOTALL,
)


def suspected(head: bytes) -> bool:
    """Whether a file that begins so looks like a CONTRL or 997; cheap, may be wrong."""
    return detect(head) in {"edifact", "x12"} and bool(_SUSPECTS.search(head))


def survey(data: bytes) -> Survey | None:
    """Return what the interchange says; None if there is not even a header."""
    reader = {"edifact": _edifact, "x12": _x12}.get(detect(data))
    try:
        return reader(data) if reader else None
    except Unfit:
        return None


def _edifact(data: bytes) -> Survey | None:
    made = _walked(data, "")
    if made is None:  # what matters to us is ASCII, whatever the characters are
        made = _walked(_CONTROLS.sub(b" ", data), _CHARACTERS)
    return made or _walked(_IDENTIFIER.sub(rb"\1UNOC", data, count=1), _CHARACTERS)


def _walked(data: bytes, fault: str) -> Survey | None:
    """Return what can be read; None if that is nothing at all."""
    try:
        interchange = syntax.Interchange(data, "")
    except Unfit:
        return None
    walk = _Edifact(interchange.escaped)
    try:
        for segment in interchange.segments(_SERVICE):
            walk.take(segment)
    except Unfit:
        fault = fault or _UNSPECIFIED
    made = walk.made()
    if made is None:
        return None
    return replace(made, fault=fault or ("" if walk.ended else _MISSING))


class _Edifact:
    """Gathers the service segments of EDIFACT."""

    def __init__(self, escaped: bool) -> None:  # noqa: FBT001  one of two ways
        self._escaped = escaped
        self._header: syntax.Segment | None = None
        self._groups: list[Group] = []
        self._messages: list[Message] = []
        self._contrl = Contrl()
        self.ended = False

    def take(self, segment: syntax.Segment) -> None:
        match segment.tag:
            case "UNB":
                self._header = segment
            case "UNG":
                self._close()
                self._groups.append(
                    Group(
                        kind=segment.value(0),
                        reference=self._all(segment, 4)[0],
                        sender=self._all(segment, 1),
                        receiver=self._all(segment, 2),
                    )
                )
            case "UNH":
                identifier = self._all(segment, 1)
                reference = self._all(segment, 0)[0]
                self._messages.append(Message(identifier[0], reference, identifier))
            case "UNZ":
                self.ended = True
            case tag:
                self._contrl.take(tag, self._value(segment))

    def made(self) -> Survey | None:
        self._close()
        header = self._header
        if header is None:
            return None
        return Survey(
            kind="EDIFACT",
            sender=self._all(header, 1),
            receiver=self._all(header, 2),
            reference=self._all(header, 4)[0],
            syntax=self._all(header, 0),
            test=header.value(10) == "1",
            groups=self._groups,
            answers=self._contrl.answers,
        )

    def _close(self) -> None:
        """Put the messages gathered into their group, or one that is none."""
        if not self._groups and self._messages:
            self._groups.append(Group())
        if self._groups and self._messages:
            self._groups[-1] = replace(self._groups[-1], messages=self._messages)
        self._messages = []

    def _all(self, segment: syntax.Segment, place: int) -> list[str]:
        """Return the components at a place from 0, at least one."""
        try:
            values = segment.elements[place][0]
        except IndexError:
            return [""]
        return [unescape(v) for v in values] if self._escaped else list(values)

    def _value(self, segment: syntax.Segment) -> Callable[[int], str]:
        return lambda place: self._all(segment, place - 1)[0]


def _x12(data: bytes) -> Survey:
    interchange = x12_syntax.Interchange(data, "")
    isa = interchange.header
    sender, receiver = isa.value(6).strip(), isa.value(8).strip()
    functional = Functional(receiver, sender)
    groups: list[Group] = []
    messages: list[list[Message]] = []
    ended, fault = False, ""

    def cut(value: str) -> str:
        return value.split(interchange.component, maxsplit=1)[0]

    try:
        for segment in interchange.segments():
            match segment.tag:
                case "GS":
                    messages.append([])
                    values = [cut(segment.value(place)) for place in range(1, 9)]
                    groups.append(_group(values, messages[-1]))
                case "ST" if groups:
                    kind, number = (cut(segment.value(place)) for place in (1, 2))
                    message = Message(kind, number)
                    messages[-1].append(message)
                case "IEA":
                    ended = True
                case tag:
                    functional.take(tag, segment.value)
    except Unfit:
        fault = _UNSPECIFIED
    return Survey(
        kind="X12",
        sender=[sender, isa.value(5).strip()],
        receiver=[receiver, isa.value(7).strip()],
        reference=isa.value(13),
        syntax=[
            isa.value(12),
            interchange.element,
            interchange.component,
            interchange.repetition or isa.value(11),
            interchange.terminator,
        ],
        test=isa.value(15) == "T",
        groups=groups,
        answers=functional.answers,
        fault=fault or ("" if ended else _MISSING),
    )


def _group(values: Sequence[str], messages: list[Message]) -> Group:
    """Return the group whose GS has these eight values."""
    return Group(
        kind=values[0],
        reference=values[5],
        sender=[values[1]],
        receiver=[values[2]],
        version=values[7],
        messages=messages,
    )
