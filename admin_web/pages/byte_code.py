"""Compiled templates, kept where Python keeps its own: a start need not make them anew.

Without it 80 templates cost each start about a second.
"""

import sys
from contextlib import suppress
from pathlib import Path
from pickle import UnpicklingError

from jinja2 import BytecodeCache, FileSystemBytecodeCache
from jinja2.bccache import Bucket
from typing_extensions import override

# what a file says that a power cut left half written
UNREADABLE = (OSError, EOFError, ValueError, TypeError, UnpicklingError)


class _BesidePython(FileSystemBytecodeCache):
    """Jinja checks each file against its template's text; what it cannot write is lost.

    The folder may be another user's (a package installed for the machine).
    """

    @override
    def dump_bytecode(self, bucket: Bucket) -> None:
        with suppress(OSError):
            super().dump_bytecode(bucket)

    @override
    def load_bytecode(self, bucket: Bucket) -> None:
        try:
            super().load_bytecode(bucket)
        except UNREADABLE:
            bucket.reset()


def byte_code(folder: Path) -> BytecodeCache | None:
    """Return a cache in `folder`, which Python makes; None if none is to be written."""
    if sys.dont_write_bytecode:
        return None
    with suppress(OSError):
        folder.mkdir(exist_ok=True)
    return _BesidePython(str(folder), "template-%s.bin")
