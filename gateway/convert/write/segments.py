"""From the elements of an interchange's XML to segments: the readers' shape again.

`<NAD><NAD01>BY</NAD01><NAD02><NAD0201>9</NAD0201></NAD02></NAD>`: an element's place
is in its name, the same name again is a repetition, components are numbered in turn.
"""

import re
from collections import Counter
from collections.abc import Container
from dataclasses import dataclass, field
from functools import lru_cache

from lxml import etree

from gateway.convert.safe_xml import shown
from gateway.convert.wire import Lookup
from gateway.convert.write.base import Wanted, unwritable
from gateway.core.errors import N_
from gateway.core.interchange import CONTROL_NUMBER, SIDE

Element = list[list[str]]
"""Repetitions (one, mostly) of component values."""

Node = etree._Element | None  # noqa: SLF001  the type has no other name
"""Where something stands in the XML; None if it does not."""

_PLACE = re.compile(r"\d\d")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")


@dataclass(slots=True)
class Segment:
    """One segment: *elements* from place 1 on, *node* in the XML, if it is there."""

    tag: str
    elements: list[Element]
    node: Node = None

    def value(self, place: int, component: int = 1) -> str:
        """Return a value, places from 1; empty if there is none."""
        try:
            return self.elements[place - 1][0][component - 1]
        except IndexError:
            return ""

    def put(self, place: int, *values: str) -> None:
        """Set the element at `place` to these components."""
        while len(self.elements) < place:
            self.elements.append([])
        self.elements[place - 1] = [list(values)]


def segment(node: etree._Element, beside: Container[etree._Element] = ()) -> Segment:
    """Return the segment that an element describes; Unfit if it describes none.

    What stands *beside* its elements in it is no part of it.
    """
    tag = name_of(node)
    elements: list[Element] = []
    _blank(node.text, node)
    for child in node:
        if child in beside:
            continue
        place = _place(child, tag)
        while len(elements) < place:
            elements.append([])
        elements[place - 1].append(_components(child))
        _blank(child.tail, node)
    return Segment(tag, elements, node)


def name_of(node: etree._Element) -> str:
    """Return the element's name; Unfit if it is in a namespace."""
    name = str(node.tag)
    if name.startswith("{"):
        raise unwritable(f"{shown(name)} must be in no namespace", node)
    return name


def no_text(node: etree._Element) -> None:
    """Raise Unfit if there is text beside the element's children."""
    for text in (node.text, *(child.tail for child in node)):
        _blank(text, node)


def _blank(text: str | None, node: etree._Element) -> None:
    if text and not text.isspace():
        raise unwritable(
            f"the text {text.strip()[:30]!r} stands directly in {node.tag}; values"
            f" stand in elements such as {node.tag}01",
            node,
        )


def _components(node: etree._Element) -> list[str]:
    if not len(node):
        return [_text(node)]
    _blank(node.text, node)
    name = str(node.tag)
    values: list[str] = []
    for child in node:
        place = _place(child, name)
        if len(child):
            raise unwritable(
                f"{child.tag} holds elements; a component holds only text",
                child,
            )
        if place <= len(values):
            raise unwritable(
                f"{child.tag} comes twice or out of order in {name}", child
            )
        while len(values) < place - 1:
            values.append("")
        values.append(_text(child))
        _blank(child.tail, node)
    return values


def _place(node: etree._Element, parent: str) -> int:
    """Return the number behind the parent's name."""
    name = str(node.tag)
    number = _number(name, parent)
    if not number:
        raise unwritable(
            f"{shown(name)} cannot stand in {parent}; its parts are {parent}01,"
            f" {parent}02 and so on",
            node,
        )
    return number


@lru_cache(maxsize=4096)
def _number(name: str, parent: str) -> int:
    number = name.removeprefix(parent)
    return int(number) if number != name and _PLACE.fullmatch(number) else 0


def _text(node: etree._Element) -> str:
    text = node.text or ""
    if text.isprintable():
        return text
    bad = _CONTROL.search(text)
    if bad is None:
        return text
    if text.isspace():  # only the XML's own indentation
        return ""
    raise unwritable(
        f"{node.tag} holds the control character U+{ord(bad[0]):04X}, for example a"
        " line break",
        node,
        N_("Take it out in the stylesheet, for example by normalize-space()."),
    )


def trim(elements: list[Element]) -> None:
    """Take empty elements, repetitions and components off the end."""
    for element in elements:
        for values in element:
            while values and not values[-1]:
                values.pop()
        while element and not element[-1]:
            element.pop()
    while elements and not elements[-1]:
        elements.pop()


@dataclass(slots=True)
class Numbers:
    """Gives the control numbers that the XML leaves empty, from the host."""

    wanted: Wanted
    sender: str
    receiver: str
    asked: Counter[str] = field(default_factory=Counter)

    def next(self, kind: str, width: int, node: Node) -> str:
        """Return the next number of the relation; Unfit if its width is used up."""
        if max(len(self.sender), len(self.receiver)) > SIDE:
            raise unwritable(
                f"the identification of sender or receiver is longer than {SIDE}"
                " characters",
                node,
            )
        self.asked[kind] += 1
        lookup: Lookup = (
            CONTROL_NUMBER,
            (kind, self.sender, self.receiver, str(self.asked[kind])),
        )
        [number] = self.wanted.ask([lookup])
        if number is None or len(number) > width:
            raise unwritable(
                f"there is no {kind} control number of {width} digits left for"
                f" {self.sender} to {self.receiver}",
                node,
                N_(
                    "Let the stylesheet write the control numbers, or agree on other"
                    " identifications with the partner."
                ),
            )
        return number
