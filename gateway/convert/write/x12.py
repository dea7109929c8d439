"""ANSI X12 from XML: the ISA's fixed widths, counts, control numbers (X12.5, X12.6)."""

import re
from itertools import islice

from lxml import etree

from gateway.convert.write.base import Wanted, line_break, parsed, unwritable
from gateway.convert.write.segments import (
    Numbers,
    Segment,
    name_of,
    no_text,
    segment,
)
from gateway.convert.write.x12_text import complete, isa_text, marks_of, segment_text
from gateway.core.errors import N_

_GS_NEEDED = (1, 2, 3, 4, 5, 7, 8)
_COMPUTED = {"SE", "GE", "IEA"}
_TRANSACTION = re.compile(r"ST(\w{3,6})")
_LOOP = re.compile(r"LOOP_\w+")
_TAG = re.compile("[A-Z][A-Z0-9]{1,2}")
_NUMBER = re.compile("[0-9]{1,9}")
_WIDTH = 9  # digits of ISA13 and GS06


def write_x12(xml: bytes, wanted: Wanted) -> bytes:
    """Return the interchange; Unfit names the line of the XML that it cannot hold.

    SE, GE and IEA are made anew, whatever the XML says. ISA13, GS06 and ST02 are given
    where they are empty. Transactions stand beside their GS or inside of it.
    """
    root = parsed(xml, "X12")
    if root.tag != "X12":
        raise unwritable(f"the root is {root.tag}; it must be X12", root)
    text = _Writer(root, wanted).text()
    try:
        return text.encode(wanted.encoding)
    except LookupError:
        raise unwritable(
            f"the encoding {wanted.encoding} of xsl:output is not known", None
        ) from None
    except UnicodeEncodeError as error:
        sign = text[error.start]
        raise unwritable(
            f"{sign!r} cannot be written in {wanted.encoding}",
            None,
            N_("Declare another encoding in xsl:output, or replace the character."),
        ) from error


class _Writer:
    """Walks the XML once and keeps the text of each segment."""

    def __init__(self, root: etree._Element, wanted: Wanted) -> None:
        no_text(root)
        nodes = list(root)
        if not nodes or nodes[0].tag != "ISA":
            raise unwritable(
                "X12 must begin with ISA, the interchange's header",
                nodes[0] if nodes else root,
            )
        isa = segment(nodes[0])
        given = isa.value(13).strip()
        complete(isa)
        self._marks = marks_of(root, isa)
        self._numbers = Numbers(wanted, _identity(isa, 5), _identity(isa, 7))
        self._texts: list[str] = []
        number = given or self._numbers.next("X12", _WIDTH, isa.node)
        if not _NUMBER.fullmatch(number):
            raise unwritable(f"ISA13 {number!r} is not a number", isa.node)
        isa.put(13, number.zfill(_WIDTH))
        self._break = line_break(root)
        self._texts.append(isa_text(isa, self._marks) + self._break)
        self._group: Segment | None = None
        self._groups = self._in_group = 0
        self._references: set[str] = set()
        for node in nodes[1:]:
            self._part(node)
        self._end_group()
        self._close("IEA", self._groups, isa.value(13), isa.node)

    def text(self) -> str:
        return "".join(self._texts)

    # --- What may follow ISA -------------------------------------------------------

    def _part(self, node: etree._Element) -> None:
        tag = name_of(node)
        if tag == "GS":
            self._begin_group(node)
        elif tag == "TA1":
            self._add(segment(node))
        elif tag not in _COMPUTED:
            self._transaction(node)

    def _begin_group(self, node: etree._Element) -> None:
        self._end_group()
        inner = [n for n in node if not str(n.tag).startswith("GS")]
        one = segment(node, set(inner))
        empty = [f"GS{n:02}" for n in _GS_NEEDED if not one.value(n)]
        if empty:
            raise unwritable(f"{', '.join(empty)} is empty or left out", one.node)
        number = one.value(6) or self._numbers.next("X12-GROUP", _WIDTH, one.node)
        if not _NUMBER.fullmatch(number):
            raise unwritable(f"GS06 {number!r} is not a number of 9 digits", one.node)
        one.put(6, number)
        self._add(one)
        self._group, self._in_group = one, 0
        self._references = set()
        self._groups += 1
        for each in inner:
            if str(each.tag) not in _COMPUTED:
                self._transaction(each)

    def _end_group(self) -> None:
        if self._group is not None:
            number = self._group.value(6)
            self._close("GE", self._in_group, number, self._group.node)
        self._group = None

    def _transaction(self, node: etree._Element) -> None:
        kind = _TRANSACTION.fullmatch(name_of(node))
        if kind is None or not len(node) or node[0].tag != "ST":
            raise unwritable(
                f"{node.tag} is no transaction: it is called like ST850 and begins"
                " with ST",
                node,
            )
        if self._group is None:
            raise unwritable(f"{node.tag} stands before any GS", node)
        header = segment(node[0])
        if not header.value(1):
            header.put(1, kind[1])
        if header.value(1) != kind[1]:
            raise unwritable(
                f"ST01 is {header.value(1)!r} in a transaction that is called"
                f" {node.tag}",
                header.node,
            )
        self._in_group += 1
        if not header.value(2):
            header.put(2, self._unused())
        reference = header.value(2)
        if reference in self._references:
            raise unwritable(
                f"two transactions of a group have the number {reference} (ST02)",
                header.node,
            )
        self._references.add(reference)
        before = len(self._texts)
        self._add(header)
        self._walk(node, skip=1)
        count = len(self._texts) - before + 1
        self._close("SE", count, reference, header.node)

    def _unused(self) -> str:
        number = self._in_group
        while f"{number:04}" in self._references:
            number += 1
        return f"{number:04}"

    def _walk(self, node: etree._Element, skip: int = 0) -> None:
        no_text(node)
        for child in islice(node, skip, None):
            tag = name_of(child)
            if _LOOP.fullmatch(tag):
                self._walk(child)
            elif tag in {"ISA", "GS", "ST"} or not _TAG.fullmatch(tag):
                raise unwritable(f"{tag} cannot stand in a transaction", child)
            elif tag not in _COMPUTED:
                self._add(segment(child))

    def _close(
        self, tag: str, count: int, reference: str, node: etree._Element | None
    ) -> None:
        self._add(Segment(tag, [[[str(count)]], [[reference]]], node))

    def _add(self, one: Segment) -> None:
        self._texts.append(segment_text(one, self._marks) + self._break)


def _identity(isa: Segment, place: int) -> str:
    """Return "id:qualifier" of the side whose qualifier is at `place`."""
    return f"{isa.value(place + 1).strip()}:{isa.value(place).strip()}"
