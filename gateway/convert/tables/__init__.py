"""An operator's own tables of messages: a zip of UNECE, or JSON in our form.

Runs inside a worker: what is uploaded may be hostile.
"""

import json
from collections.abc import Sequence

from gateway.convert.tables import form, unece
from gateway.convert.tables.unzip import is_zip

__all__ = ["read_table"]


def read_table(data: bytes, name: str) -> tuple[bytes, Sequence[str]]:
    """Return the table as JSON in our form, and what was left out of it.

    `name` is the uploaded file's. Unfit says what is wrong with it, and where.
    """
    if is_zip(data):
        said, warnings = unece.read(data, name)
        table = form.check(said, name)
    else:
        table, warnings = form.check(form.parse(data, name), name), ()
    return json.dumps(table, separators=(",", ":")).encode(), warnings
