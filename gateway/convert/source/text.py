"""Plain text to XML: one element per line."""

from gateway.convert.source.base import Described, Source
from gateway.convert.source.decoding import HEADER, bounded, decoded, escaped


def read_text(data: bytes, file: Described) -> Source:
    """Return `text/line@index`; lines end with LF, CR LF or CR."""
    warnings: list[str] = []
    text = decoded(data, file, warnings)
    text = escaped(text.replace("\r\n", "\n").replace("\r", "\n"))
    lines = text.split("\n")
    if not lines[-1]:
        lines.pop()
    body = "".join(
        [f'<line index="{index}">{line}</line>' for index, line in enumerate(lines, 1)]
    )
    return Source(f"{HEADER}<text>{body}</text>".encode(), bounded(warnings))
