"""The XML of a result held against the shape that its writer expects."""

from collections.abc import Callable, Collection, Iterator
from typing import NamedTuple

from lxml import etree

from gateway.convert import safe_xml
from gateway.convert.source.places import COLUMNS, column_index
from gateway.convert.write.base import unwritable


class Cell(NamedTuple):
    """A cell: its column from 0, its element, its text."""

    column: int
    element: etree._Element
    text: str


def rooted(root: etree._Element, name: str, allowed: Collection[str]) -> None:
    """Raise Unfit unless the root is what the format needs."""
    if root.tag != name:
        raise unwritable(
            f"the root is {safe_xml.shown(root.tag)}, it must be {name}",
            safe_xml.line_of(root),
        )
    known(root, allowed)


def known(element: etree._Element, allowed: Collection[str]) -> None:
    """Raise Unfit if the element has an attribute that would be lost."""
    for name in element.keys():  # noqa: SIM118  an element iterates over its children
        if name not in allowed:
            raise unwritable(
                f"{element.tag} has the attribute {safe_xml.shown(str(name))}, which"
                " cannot be written",
                safe_xml.line_of(element),
            )


def inside(
    element: etree._Element, allowed: Collection[str]
) -> Iterator[etree._Element]:
    """Yield the children; Unfit for another name, and for text between them."""
    _no_text(element, element.text)
    for child in element:
        if child.tag not in allowed:
            raise unwritable(
                f"{element.tag} holds {safe_xml.shown(child.tag)}; it may hold"
                f" {' and '.join(allowed)}",
                safe_xml.line_of(child),
            )
        _no_text(element, child.tail)
        yield child


def _no_text(element: etree._Element, text: str | None) -> None:
    if text and not text.isspace():
        raise unwritable(
            f"{safe_xml.shown(element.tag)} holds the text {text.strip()[:40]!r} beside"
            " elements",
            safe_xml.line_of(element),
        )


def text_of(element: etree._Element) -> str:
    """Return the text of an element that has nothing else in it."""
    if len(element):
        raise unwritable(
            f"{safe_xml.shown(element.tag)} holds {safe_xml.shown(element[0].tag)}; it"
            " may hold text only",
            safe_xml.line_of(element[0]),
        )
    return element.text or ""


def cells(row: etree._Element, allowed: Collection[str]) -> Iterator[Cell]:
    """Yield the cells of a row; one without a column stands after the one before."""
    last = -1
    for element in inside(row, ("cell",)):
        known(element, allowed)
        said = element.get("column")
        column = last + 1 if said is None else _column(element, said)
        if column <= last or column >= COLUMNS:
            raise unwritable(
                f"the column {said or column + 1} is not after the one before or beyond"
                f" {COLUMNS}",
                safe_xml.line_of(element),
            )
        last = column
        yield Cell(column, element, text_of(element))


def _column(element: etree._Element, said: str) -> int:
    if not (said.isascii() and said.isalpha() and said.isupper() and len(said) <= 3):  # noqa: PLR2004  XFD
        raise unwritable(
            f"{said!r} is no column; columns are A to XFD", safe_xml.line_of(element)
        )
    return column_index(said)


def line_end(root: etree._Element, usual: str) -> str:
    """Return what ends each line, by the root's attribute lineBreaks."""
    said = root.get("lineBreaks", usual)
    if said not in {"LF", "CRLF"}:
        raise unwritable(
            f"lineBreaks is {said!r}; it must be LF or CRLF", safe_xml.line_of(root)
        )
    return "\n" if said == "LF" else "\r\n"


def said_by(
    root: etree._Element, name: str, parse: Callable[[str], str], value: str
) -> str:
    """Return an option that stands in the XML; Unfit with its line if it is wrong."""
    try:
        return parse(value)
    except ValueError as error:
        raise unwritable(f"{name} {error}", safe_xml.line_of(root)) from error
