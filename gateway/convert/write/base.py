"""What a writer is told besides the XML, and how it says what it cannot write."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from lxml import etree

from gateway.convert import safe_xml
from gateway.convert.unfit import Unfit, unconvertible
from gateway.convert.wire import Ask, Lookup
from gateway.core.errors import N_

_PATH = 200  # characters of an element's path that are told


def _nothing(wanted: Sequence[Lookup]) -> Sequence[None]:
    return [None] * len(wanted)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """How the rule wants its file.

    *attributes* are the rule's; *encoding* is what the stylesheet's xsl:output
    declares; *ask* reaches the host, for control numbers.
    """

    attributes: Mapping[str, str] = field(default_factory=dict)
    encoding: str = "UTF-8"
    ask: Ask = _nothing


def parsed(xml: bytes, kind: str) -> etree._Element:
    """Return the root of the result; Unfit if it is no XML."""
    root = safe_xml.read_xml(xml)
    if isinstance(root, safe_xml.XmlFault):
        raise unwritable(
            f"the result must be XML, from which {kind} is written. {root.message}",
            root.line,
        )
    return root


def line_break(root: etree._Element) -> str:
    """Return what follows each segment, by the root's attribute; mostly nothing."""
    said = root.get("lineBreaks", "none")
    breaks = {"none": "", "LF": "\n", "CRLF": "\r\n"}
    if said not in breaks:
        raise unwritable(
            f"lineBreaks is {said!r}; it must be CRLF, LF or none",
            safe_xml.line_of(root),
        )
    return breaks[said]


def unwritable(why: str, place: etree._Element | int | None, remedy: str = "") -> Unfit:
    """Return the error; *place* is the element, or the line, of the result."""
    where, line = "Result", place
    if isinstance(place, etree._Element):  # noqa: SLF001  the type has no other name
        line = safe_xml.line_of(place)
        path = place.getroottree().getpath(place)
        where = f"Result line {line}, {path[:_PATH]}"
    elif line:
        where = f"Result line {line}"
    return unconvertible(
        "output-format",
        f"{where}: {why.rstrip('.')}.",
        line if isinstance(line, int) else None,
        remedy
        or N_(
            "Let the stylesheet write the XML that docs/output.md shows for this"
            " OUTPUT_FORMAT."
        ),
    )
