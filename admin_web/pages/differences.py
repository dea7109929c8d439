"""What an order changed, as people read it: each value before and after."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import unified_diff

MOST = 200  # changes, or lines of one text
LONGEST = 2000  # characters of one value


@dataclass(frozen=True, slots=True)
class Difference:
    """One value; *lines* instead, each with its mark, if it is a long text."""

    place: str
    before: str
    after: str
    lines: Sequence[tuple[str, str]] = ()


def differences(
    before: Mapping[str, object], after: Mapping[str, object]
) -> Sequence[Difference]:
    """Return what differs; all that is there if only one side is."""
    old, new = dict(_leaves(before)), dict(_leaves(after))
    if old and new:
        places = [place for place in {**old, **new} if old.get(place) != new.get(place)]
    else:
        places = [*old, *new]
    return [_difference(p, old.get(p, ""), new.get(p, "")) for p in places[:MOST]]


def _difference(place: str, before: str, after: str) -> Difference:
    if "\n" not in before or "\n" not in after:
        return Difference(place, _cut(before), _cut(after))
    told = unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=1)
    lines = [(line[:1], _cut(line[1:])) for line in list(told)[2 : MOST + 2]]
    return Difference(place, "", "", lines)


def _leaves(value: object, place: str = "") -> Iterator[tuple[str, str]]:
    """Yield each value with its place: as2.mdn, certificates.1.state."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _leaves(inner, f"{place}.{name}" if place else str(name))
    elif isinstance(value, list) and any(isinstance(each, Mapping) for each in value):
        for number, inner in enumerate(value, 1):
            yield from _leaves(inner, f"{place}.{number}")
    elif isinstance(value, list):
        yield place, "\n".join(str(each) for each in value)
    else:
        yield place, "" if value is None else _word(value)


def _word(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
