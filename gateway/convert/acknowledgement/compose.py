"""Makes the CONTRL (ISO 9735-4) or the 997 (X12) for a received interchange."""

import re
from collections.abc import Sequence
from datetime import datetime

from gateway.convert.source.syntax import CHARACTER_SETS
from gateway.convert.unfit import Unfit
from gateway.convert.write.edifact_text import Texts, separators
from gateway.convert.write.segments import Segment
from gateway.convert.write.x12_text import Marks, complete, isa_text, segment_text
from gateway.core.interchange import (
    ACKNOWLEDGEMENTS,
    SIDE,
    Acknowledgement,
    Group,
    Message,
    Relation,
    Survey,
)

_ACCEPTED, _REFUSED = "7", "4"  # actions, 0083
_UNSPECIFIED = "18"  # error code, 0085
_SEGMENTS_IN_ERROR = "5"  # X12 718
_NAMED = 35  # characters of a reference in a file name
_HARMLESS = re.compile(r"[^A-Za-z0-9_-]")


def relations(survey: Survey) -> Sequence[Relation]:
    """Return whose control numbers an acknowledgement takes, in their order."""
    sides = _joined(survey.receiver), _joined(survey.sender)
    if survey.kind == "EDIFACT":
        return [Relation("EDIFACT", *sides)]
    groups = [Relation("X12-GROUP", *sides) for _ in _business(survey)]
    return [Relation("X12", *sides), *groups]


def acknowledge(
    survey: Survey, numbers: Sequence[str], at: datetime, *, accepted: bool
) -> Acknowledgement | None:
    """Return the acknowledgement; None if there is nothing to acknowledge.

    An interchange that could not be read is refused as a whole, one whose content
    could not be used message by message. *numbers* are those of relations().
    """
    if not acknowledgeable(survey):
        return None
    try:
        if survey.kind == "EDIFACT":
            return _contrl(survey, numbers[0], at, accepted=accepted)
        return _functional(survey, numbers, at, accepted=accepted)
    except Unfit:  # what is quoted holds a separator that nothing escapes
        return None


def acknowledgeable(survey: Survey) -> bool:
    """Whether it says who sent what to whom, and is no acknowledgement itself."""
    known = survey.sender[0] and survey.receiver[0] and survey.reference
    sides = _joined(survey.sender), _joined(survey.receiver)
    short = max(map(len, sides)) <= SIDE
    whole = survey.kind == "EDIFACT" or bool(_business(survey))
    return bool(known) and short and whole and not survey.acknowledges


def _joined(side: Sequence[str]) -> str:
    return ":".join(value for value in side[:2] if value)


def _harmless(reference: str) -> str:
    return _HARMLESS.sub("_", reference[:_NAMED])


def _says(*, accepted: bool, whole: bool) -> str:
    if accepted:
        return "accepted"
    return "rejected as a whole" if whole else "rejected"


# --- EDIFACT -------------------------------------------------------------------------


def _contrl(
    survey: Survey, number: str, at: datetime, *, accepted: bool
) -> Acknowledgement:
    identifier = survey.syntax[0] if survey.syntax[0] in CHARACTER_SETS else "UNOC"
    version = (survey.syntax[1:2] or ["3"])[0] or "3"
    four = version >= "4"
    date = f"{at:%Y%m%d}" if four else f"{at:%y%m%d}"
    header = _segment(
        "UNB",
        [identifier, version],
        survey.receiver,
        survey.sender,
        [date, f"{at:%H%M}"],
        [number],
    )
    if survey.test:
        header.put(11, "1")
    body = [
        _segment("UNH", ["1"], ["CONTRL", *(("4", "1") if four else ("D", "3")), "UN"]),
        *_verdicts(survey, accepted=accepted),
    ]
    trailers = [
        _segment("UNT", [str(len(body) + 1)], ["1"]),
        _segment("UNZ", ["1"], [number]),
    ]
    write = Texts(separators("", version)).of
    text = "".join(write(each) for each in [header, *body, *trailers])
    whole = bool(survey.fault)
    return Acknowledgement(
        name=f"CONTRL_{_harmless(survey.reference)}.edi",
        data=text.encode(CHARACTER_SETS[identifier], "replace"),
        says=f"CONTRL {number}: {_says(accepted=accepted, whole=whole)}",
    )


def _verdicts(survey: Survey, *, accepted: bool) -> Sequence[Segment]:
    reference = [survey.reference]
    if survey.fault and not accepted:
        refused = ([_REFUSED], [survey.fault])
        return [_segment("UCI", reference, survey.sender, survey.receiver, *refused)]
    below = [[_ACCEPTED]] if accepted else [[_REFUSED], [_UNSPECIFIED]]
    if not survey.whole:  # what says nothing of the messages is for all of them
        return [_segment("UCI", reference, survey.sender, survey.receiver, *below)]
    parts = [_segment("UCI", reference, survey.sender, survey.receiver, [_ACCEPTED])]
    for group in survey.groups:
        if group.reference:
            sides = group.sender, group.receiver
            parts.append(_segment("UCF", [group.reference], *sides, *below))
        else:
            parts += [
                _segment("UCM", [each.reference], each.identifier, *below)
                for each in group.messages
                if each.kind not in ACKNOWLEDGEMENTS
            ]
    return parts


def _segment(tag: str, *elements: Sequence[str]) -> Segment:
    return Segment(tag, [[list(values)] for values in elements])


# --- X12 -----------------------------------------------------------------------------


def _business(survey: Survey) -> Sequence[Group]:
    """Return the groups without those that acknowledge."""
    return [
        group
        for group in survey.groups
        if not {message.kind for message in group.messages} & ACKNOWLEDGEMENTS
    ]


def _functional(
    survey: Survey, numbers: Sequence[str], at: datetime, *, accepted: bool
) -> Acknowledgement:
    groups = _business(survey)
    number, *each_number = numbers
    version, element, component, repetition, terminator = survey.syntax
    isa = Segment("ISA", [])
    for place, value in {
        5: (survey.receiver[1:2] or [""])[0],
        6: survey.receiver[0],
        7: (survey.sender[1:2] or [""])[0],
        8: survey.sender[0],
        9: f"{at:%y%m%d}",
        10: f"{at:%H%M}",
        11: repetition,
        12: version,
        13: number.zfill(9),
        15: "T" if survey.test else "P",
        16: component,
    }.items():
        isa.put(place, value)
    complete(isa)
    repeats = "" if repetition.isalnum() else repetition
    marks = Marks(element, terminator, component, repeats)
    parts = [isa_text(isa, marks)]
    answers = [
        each
        for group, own in zip(groups, each_number, strict=True)
        for each in _group_answer(group, own, at, accepted=accepted)
    ]
    trailer = _segment("IEA", [str(len(groups))], [number.zfill(9)])
    parts += [segment_text(each, marks) for each in [*answers, trailer]]
    return Acknowledgement(
        name=f"997_{_harmless(survey.reference)}.x12",
        data="".join(parts).encode("iso8859-1", "replace"),
        says=f"997 {number}: {_says(accepted=accepted, whole=bool(survey.fault))}",
        content_type="application/EDI-X12",
    )


def _group_answer(
    group: Group, number: str, at: datetime, *, accepted: bool
) -> Sequence[Segment]:
    count = str(len(group.messages) + group.unlisted)
    listed = [] if group.unlisted else group.messages
    verdict = ["A"] if accepted else ["R"]
    body = [
        _segment("ST", ["997"], ["0001"]),
        _segment("AK1", [group.kind], [group.reference]),
        *(s for each in listed for s in _message_answer(each, verdict)),
        _segment("AK9", verdict, [count], [count], [count if accepted else "0"]),
    ]
    return [
        _segment(
            "GS",
            ["FA"],
            group.receiver,
            group.sender,
            [f"{at:%Y%m%d}"],
            [f"{at:%H%M}"],
            [number],
            ["X"],
            [group.version],
        ),
        *body,
        _segment("SE", [str(len(body) + 1)], ["0001"]),
        _segment("GE", ["1"], [number]),
    ]


def _message_answer(message: Message, verdict: list[str]) -> Sequence[Segment]:
    code = [[_SEGMENTS_IN_ERROR]] if verdict == ["R"] else []
    return [
        _segment("AK2", [message.kind], [message.reference]),
        _segment("AK5", verdict, *code),
    ]
