"""What an interchange says in its service segments; broken ones as far as they go."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from xml.sax.saxutils import unescape

from gateway.convert.acknowledgement.answers import Contrl, Functional
from gateway.convert.source import syntax, x12_syntax
from gateway.convert.source.detect import detect
from gateway.convert.unfit import Unfit
from gateway.core.interchange import (
    ACKNOWLEDGEMENTS,
    GROUPS,
    LISTED,
    Group,
    Message,
    Survey,
)

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
        self._messages = _Listed()
        self._contrl = Contrl()
        self.ended = False

    def take(self, segment: syntax.Segment) -> None:
        match segment.tag:
            case "UNB":
                self._header = segment
            case "UNG" if len(self._groups) <= GROUPS:
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
                self._messages.add(Message(identifier[0], reference, identifier))
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
            self._groups[-1] = self._messages.put_into(self._groups[-1])

    def _all(self, segment: syntax.Segment, place: int) -> list[str]:
        """Return the components at a place from 0, at least one."""
        try:
            values = segment.elements[place][0]
        except IndexError:
            return [""]
        return [unescape(v) for v in values] if self._escaped else list(values)

    def _value(self, segment: syntax.Segment) -> Callable[[int], str]:
        return lambda place: self._all(segment, place - 1)[0]


class _Listed:
    """The messages of a group, as far as they are told one by one.

    Of the others one of each sort (an acknowledgement or none) is, when it is new.
    """

    def __init__(self) -> None:
        self._left = LISTED
        self._sorts: set[bool] = set()
        self._messages: list[Message] = []
        self._unlisted = 0

    def add(self, message: Message) -> None:
        sort = message.kind in ACKNOWLEDGEMENTS
        if self._left > 0 or sort not in self._sorts:
            self._left -= 1
            self._sorts.add(sort)
            self._messages.append(message)
        else:
            self._unlisted += 1

    def __bool__(self) -> bool:
        return bool(self._messages)

    def put_into(self, group: Group) -> Group:
        """Return the group with its messages, and begin the next one."""
        whole = replace(group, messages=self._messages, unlisted=self._unlisted)
        self._messages, self._unlisted, self._sorts = [], 0, set()
        return whole


def _x12(data: bytes) -> Survey:
    interchange = x12_syntax.Interchange(data, "")
    isa = interchange.header
    sender, receiver = isa.value(6).strip(), isa.value(8).strip()
    functional = Functional(receiver, sender)
    groups: list[Group] = []
    messages = _Listed()
    ended, fault = False, ""

    def cut(value: str) -> str:
        return value.split(interchange.component, maxsplit=1)[0]

    try:
        for segment in interchange.segments():
            match segment.tag:
                case "GS" if len(groups) <= GROUPS:
                    _close(groups, messages)
                    groups.append(_group(list(map(cut, segment.elements))))
                case "ST" if groups:
                    kind, number = (cut(segment.value(place)) for place in (1, 2))
                    messages.add(Message(kind, number))
                case "IEA":
                    ended = True
                case tag:
                    functional.take(tag, segment.value)
    except Unfit:
        fault = _UNSPECIFIED
    _close(groups, messages)
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


def _close(groups: list[Group], messages: _Listed) -> None:
    """Put the messages gathered into the last group."""
    if groups:
        groups[-1] = messages.put_into(groups[-1])


def _group(said: Sequence[str]) -> Group:
    """Return the group whose GS has these values, of which some may be missing."""
    values = [*said, *[""] * 8]
    return Group(
        kind=values[0],
        reference=values[5],
        sender=[values[1]],
        receiver=[values[2]],
        version=values[7],
    )
