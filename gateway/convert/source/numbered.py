"""The names of elements by their places, made once: BGM02, C00101."""

from collections.abc import Sequence
from functools import lru_cache

_KEPT = 20  # components whose names are kept; more are rare


class Numbered:
    """One element: the tags around it and around its components."""

    __slots__ = ("_inner", "after", "before", "name")

    def __init__(self, name: str) -> None:
        self.name = name
        self.before, self.after = f"<{name}>", f"</{name}>"
        self._inner: list[tuple[str, str]] = []

    def simple(self, value: str) -> str:
        """Return the element with this value, which is XML already."""
        return f"{self.before}{value}{self.after}"

    def composite(self, values: Sequence[str]) -> str:
        """Return the element with its components; "" if all of them are empty."""
        tags = self._inner
        if len(values) > len(tags):
            tags = [_tags(self.name, number) for number in range(1, len(values) + 1)]
            self._inner = tags[:_KEPT]
        inner = [
            before + value + after
            for value, (before, after) in zip(values, tags, strict=False)
            if value
        ]
        return f"{self.before}{''.join(inner)}{self.after}" if inner else ""


def _tags(name: str, number: int) -> tuple[str, str]:
    return f"<{name}{number:02}>", f"</{name}{number:02}>"


@lru_cache(maxsize=2000)
def numbered(tag: str, place: int) -> Numbered:
    """Return the element at a place of a segment, from 1."""
    return Numbered(f"{tag}{place:02}")
