import os
import tempfile
from pathlib import Path

import pytest


@pytest.fixture
def samples() -> Path:
    return Path(__file__).parents[2] / "samples"


@pytest.fixture
def saxon():
    """A Saxon in this process; its standard error goes to a file of its own."""
    from saxon_here import saxon_here  # noqa: PLC0415  only where it is needed

    kept = os.dup(2)
    with tempfile.TemporaryFile() as log:
        os.dup2(log.fileno(), 2)
        try:
            yield saxon_here()
        finally:
            os.dup2(kept, 2)
            os.close(kept)
