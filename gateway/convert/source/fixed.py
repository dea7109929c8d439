"""Lines of fixed width to XML: cut by the layout in the rule's FIXED_WIDTH."""

from collections.abc import Sequence

from gateway.convert import options
from gateway.convert.options import Record
from gateway.convert.source.base import Described, Source
from gateway.convert.source.decoding import (
    HEADER,
    attribute,
    bounded,
    broken,
    decoded,
    escaped,
)
from gateway.core.errors import N_

_REMEDY = N_(
    "Correct the layout in the rule's attribute FIXED_WIDTH, or ask the sender for a"
    " file that keeps to it."
)


def read_fixed(data: bytes, file: Described) -> Source:
    """Return `records/NAME@line/FIELD`; Unfit names the line that does not fit.

    Blanks around a value are dropped. A line that ends early has empty fields and is
    warned of; one that is longer than its layout would lose data and is an error.
    """
    warnings: list[str] = []
    text = decoded(data, file, warnings)
    records = options.fixed_width(attribute(file, options.FIXED_WIDTH))
    out: list[str] = []
    for line, content in enumerate(_lines(text), 1):
        if not content.strip():
            continue
        record = _kind(records, content)
        if record is None:
            raise broken(
                "fixed-width",
                file,
                line,
                f"no record of the layout begins like {content[:20]!r}",
                _REMEDY,
            )
        if len(content) < record.width:
            warnings.append(
                f"Line {line} has {len(content)} characters, {record.name} has"
                f" {record.width}."
            )
        elif content[record.width :].strip():
            raise broken(
                "fixed-width",
                file,
                line,
                f"it has {len(content)} characters, {record.name} ends at"
                f" {record.width}",
                _REMEDY,
            )
        out.append(_element(record, line, content))
    xml = f"{HEADER}<records>{''.join(out)}</records>"
    return Source(xml.encode(), bounded(warnings))


def _lines(text: str) -> Sequence[str]:
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _kind(records: Sequence[Record], line: str) -> Record | None:
    for record in records:
        if line.startswith(record.prefix):
            return record
    return None


def _element(record: Record, line: int, content: str) -> str:
    fields = "".join(
        [
            f"<{field.name}>{escaped(content[field.start : field.end].strip(' '))}"
            f"</{field.name}>"
            for field in record.fields
        ]
    )
    return f'<{record.name} line="{line}">{fields}</{record.name}>'
