"""XML from outside: read without DOCTYPE, entities, network or files."""

from dataclasses import dataclass
from typing import cast

from lxml import etree


@dataclass(frozen=True, slots=True)
class XmlFault:
    """What is wrong with a document; *line* counts from 1."""

    message: str
    line: int


def read_xml(data: bytes) -> etree._Element | XmlFault:
    """Return the root element of a well-formed document, else what is wrong.

    A DOCTYPE is refused: it is the door to entity bombs and to reading files.
    """
    if not data.strip():
        return XmlFault("The document is empty.", 1)
    try:
        root = etree.fromstring(data, reader())
    except etree.XMLSyntaxError as error:
        return XmlFault(f"Not well-formed XML: {_reason(error)}.", error.lineno or 1)
    if root.getroottree().docinfo.internalDTD is not None:
        return XmlFault("A DOCTYPE is not allowed.", 1)
    return root


def reader(schema: etree.XMLSchema | None = None) -> etree.XMLParser:
    """Return a parser that opens nothing, and validates if it is given a schema.

    With a schema at hand libxml2 does not follow xsi:schemaLocation.
    """
    return etree.XMLParser(
        schema=schema,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
        strip_cdata=True,
    )


def line_of(element: etree._Element) -> int:
    """Return the line of the element's start tag, 1 if it was not read from text."""
    # the stubs leave the type of sourceline open
    return cast("int | None", element.sourceline) or 1


def shown(name: str) -> str:
    """Return an element's or attribute's name as people write it."""
    space, brace, local = name.rpartition("}")
    return f"{local} (namespace {space[1:]})" if brace else local


def _reason(error: etree.XMLSyntaxError) -> str:
    return (error.msg or "unknown reason").split(", line ")[0].strip().rstrip(".")
