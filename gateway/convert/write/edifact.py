"""EDIFACT and EANCOM from XML: escaping, counts, references (ISO 9735)."""

import re
from itertools import islice

from lxml import etree

from gateway.convert.safe_xml import line_of
from gateway.convert.source.syntax import CHARACTER_SETS, character_set
from gateway.convert.write.base import Wanted, line_break, parsed, unwritable
from gateway.convert.write.edifact_text import Texts, separators
from gateway.convert.write.segments import (
    Numbers,
    Segment,
    name_of,
    no_text,
    segment,
)
from gateway.core.errors import N_

REFERENCE = 14  # characters of UNB05, UNG05 and UNH01
_ROOTS = ("EDIFACT", "EANCOM")
_COMPUTED = {"UNT", "UNE", "UNZ"}
_TAG = re.compile("[A-Z][A-Z0-9]{2}")
_GROUP = re.compile(r"GROUP_\d+")
_NEEDED = {"UNB02": (2, "the sender"), "UNB03": (3, "the recipient")}


def write_edifact(xml: bytes, wanted: Wanted) -> bytes:
    """Return the interchange; Unfit names the line of the XML that it cannot hold.

    UNT, UNE and UNZ are made anew, whatever the XML says. UNB05, UNG05 and UNH01
    are given where they are empty.
    """
    root = parsed(xml, "EDIFACT")
    if root.tag not in _ROOTS:
        raise unwritable(f"the root is {root.tag}; it must be EDIFACT or EANCOM", root)
    return _Writer(root, wanted).bytes()


class _Writer:
    """Walks the XML once and keeps the text of each segment."""

    def __init__(self, root: etree._Element, wanted: Wanted) -> None:
        no_text(root)
        self._break = line_break(root)
        nodes = list(root)
        self._una = ""
        if nodes and nodes[0].tag == "UNA":
            self._una = nodes.pop(0).text or " "
        if not nodes or nodes[0].tag != "UNB":
            raise unwritable(
                f"{root.tag} must begin with UNB, the interchange's header",
                nodes[0] if nodes else root,
            )
        self._header = self._unb(nodes.pop(0))
        version = self._header.value(1, 2)
        try:
            marks = separators(self._una, version)
        except ValueError:
            raise unwritable(
                f"UNA {self._una!r} must be six different signs in <UNA>:+.? '</UNA>",
                self._header.node,
            ) from None
        self._write = Texts(marks).of
        self._numbers = Numbers(wanted, *_sides(self._header))
        self._texts: list[tuple[str, str, int]] = []  # with tag and line
        self._references: set[str] = set()
        self._reference = self._given(self._header, 5, "EDIFACT")
        self._add(self._header)
        self._group: Segment | None = None
        self._in_group = self._groups = self._messages = 0
        for node in nodes:
            self._part(node)
        self._end()

    def bytes(self) -> bytes:
        """Return the interchange in the character set that UNB01 names."""
        identifier = self._header.value(1)
        coded = self._header.value(1, 4)
        codec = character_set(identifier, coded) or CHARACTER_SETS["UNOC"]
        text = "".join(text for text, _, _ in self._texts)
        start = f"UNA{self._una}{self._break}" if self._una else ""
        try:
            return (start + text).encode(codec)
        except UnicodeEncodeError:
            pass
        for text, tag, line in self._texts:
            try:
                text.encode(codec)
            except UnicodeEncodeError as error:
                sign = text[error.start]
                raise unwritable(
                    f"{sign!r} in {tag} cannot be written in {identifier}"
                    f" ({codec}), the character set of UNB01",
                    line,
                    N_(
                        "Replace the character in the stylesheet, or name another"
                        " character set in UNB0101: UNOW is UTF-8."
                    ),
                ) from error
        raise AssertionError("no segment holds what the whole held")

    def _unb(self, node: etree._Element) -> Segment:
        header = segment(node)
        if not header.value(1):
            header.put(1, "UNOC", header.value(1, 2) or "3")
        for name, (place, what) in _NEEDED.items():
            if not header.value(place):
                raise unwritable(f"{name}01, {what}, is empty or left out", header.node)
        if not header.value(4):
            raise unwritable(
                "UNB04, date and time, is empty or left out",
                header.node,
                N_("Write it, for example with format-dateTime(current-dateTime())."),
            )
        identifier = header.value(1)
        if identifier not in CHARACTER_SETS:
            raise unwritable(
                f"the syntax identifier {identifier} in UNB0101 is not known; known:"
                f" {', '.join(CHARACTER_SETS)}",
                header.node,
            )
        return header

    def _given(self, one: Segment, place: int, kind: str) -> str:
        """Return the reference at `place`; one of the host's if it is empty."""
        reference = one.value(place)
        if not reference:
            reference = self._numbers.next(kind, REFERENCE, one.node)
            one.put(place, reference)
        elif len(reference) > REFERENCE:
            raise unwritable(
                f"{one.tag}{place:02} {reference!r} is longer than {REFERENCE}"
                " characters",
                one.node,
            )
        return reference

    def _add(self, one: Segment) -> None:
        line = line_of(one.node) if one.node is not None else 0
        self._texts.append((self._write(one) + self._break, one.tag, line))

    # --- What may follow UNB -------------------------------------------------------

    def _part(self, node: etree._Element) -> None:
        tag = name_of(node)
        if tag in _COMPUTED:
            return
        if tag == "UNG":
            self._begin_group(segment(node))
        elif not len(node) or node[0].tag != "UNH":
            raise unwritable(f"{tag} does not begin with UNH, as a message must", node)
        else:
            self._message(node)

    def _begin_group(self, one: Segment) -> None:
        if self._messages and not self._groups:
            raise unwritable(
                "UNG stands behind a message that is in no group", one.node
            )
        self._end_group()
        self._given(one, 5, "EDIFACT-GROUP")
        self._add(one)
        self._group, self._in_group = one, 0
        self._groups += 1

    def _end_group(self) -> None:
        if self._group is not None:
            reference = self._group.value(5)
            self._close("UNE", self._in_group, reference, self._group.node)
        self._group = None

    def _message(self, node: etree._Element) -> None:
        header = segment(node[0])
        kind = header.value(2)
        if kind != node.tag:
            raise unwritable(
                f"UNH0201 is {kind!r} in a message that is called {node.tag}",
                header.node,
            )
        self._messages += 1
        self._in_group += 1
        if not header.value(1):
            header.put(1, self._free())
        reference = self._given(header, 1, "")
        if reference in self._references:
            raise unwritable(
                f"two messages have the reference {reference} (UNH01)", header.node
            )
        self._references.add(reference)
        before = len(self._texts)
        self._add(header)
        self._walk(node, skip=1)
        count = len(self._texts) - before + 1
        self._close("UNT", count, reference, header.node)

    def _free(self) -> str:
        number = self._messages
        while str(number) in self._references:
            number += 1
        return str(number)

    def _walk(self, node: etree._Element, skip: int = 0) -> None:
        no_text(node)
        for child in islice(node, skip, None):
            tag = name_of(child)
            if _GROUP.fullmatch(tag):
                self._walk(child)
            elif tag in {"UNA", "UNB", "UNG", "UNH"} or not _TAG.fullmatch(tag):
                raise unwritable(f"{tag} cannot stand in a message", child)
            elif tag not in _COMPUTED:
                self._add(segment(child))

    def _end(self) -> None:
        self._end_group()
        count = self._groups or self._messages
        self._close("UNZ", count, self._reference, self._header.node)

    def _close(
        self, tag: str, count: int, reference: str, node: etree._Element | None
    ) -> None:
        self._add(Segment(tag, [[[str(count)]], [[reference]]], node))


def _sides(header: Segment) -> tuple[str, str]:
    """Return sender and receiver of UNB02 and UNB03 as "id:qualifier"."""
    one, other = (
        ":".join(value for value in header.elements[place][0][:2] if value)
        for place in (1, 2)
    )
    return one, other
