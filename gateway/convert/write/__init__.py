"""From the XML of a rule's result to the file that the rule wants."""

from collections.abc import Callable

from gateway.convert.write.base import Wanted, unwritable
from gateway.convert.write.csv_ import write_csv
from gateway.convert.write.edifact import write_edifact
from gateway.convert.write.json_ import write_json
from gateway.convert.write.text import write_text
from gateway.convert.write.x12 import write_x12
from gateway.core.errors import N_

Writer = Callable[[bytes, Wanted], bytes]


def _write_workbook(xml: bytes, wanted: Wanted) -> bytes:
    # only here: the library takes a tenth of a second to load
    from gateway.convert.write.workbook import write_workbook  # noqa: PLC0415

    return write_workbook(xml, wanted)


WRITERS: dict[str, Writer] = {
    "EDIFACT": write_edifact,
    "X12": write_x12,
    "CSV": write_csv,
    "JSON": write_json,
    "TEXT": write_text,
    "XLSX": _write_workbook,
}
"""A new format is a writer here and a name in OutputFormat."""

__all__ = ["WRITERS", "Wanted", "write"]


def write(kind: str, xml: bytes, wanted: Wanted) -> bytes:
    """Return the file of format *kind*; Unfit names the line that it cannot hold."""
    if kind in {"", "XML"}:
        return xml
    writer = WRITERS.get(kind)
    if writer is None:
        raise unwritable(
            f"this gateway writes no {kind}",
            None,
            N_("Correct the attribute OUTPUT_FORMAT of the rule."),
        )
    return writer(xml, wanted)
