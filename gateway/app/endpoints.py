"""`run/endpoints.json`: where the listeners are, while the process runs."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def published(
    file: Path, listeners: Mapping[str, Mapping[str, object]]
) -> Iterator[None]:
    """Write the file in one piece; remove it at the end."""
    text = json.dumps({"pid": os.getpid(), **listeners}, indent=2)
    temp = file.with_name(f".{file.name}.new")
    temp.write_text(text + "\n")
    temp.replace(file)
    try:
        yield
    finally:
        file.unlink(missing_ok=True)
