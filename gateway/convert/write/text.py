"""Plain text from lines, or as the stylesheet writes it itself."""

from gateway.convert import safe_xml
from gateway.convert.output import encoded
from gateway.convert.write.base import Wanted
from gateway.convert.write.shape import inside, known, line_end, rooted, text_of


def write_text(result: bytes, wanted: Wanted) -> bytes:
    """Return the lines of `text/line`; a result that is no XML stays as it is.

    Unfit names the result's line.
    """
    root = safe_xml.read_xml(result)
    if isinstance(root, safe_xml.XmlFault):
        return result  # made by xsl:output method="text", in its own encoding
    rooted(root, "text", ("lineBreaks",))
    end = line_end(root, "LF")
    lines = []
    for line in inside(root, ("line",)):
        known(line, ("index",))
        lines.append(text_of(line) + end)
    return encoded("".join(lines), wanted.encoding, "text")
