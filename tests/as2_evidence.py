"""An evidence zip as its receiver has it: unpacked, checked, damaged."""

import hashlib
import subprocess
import zipfile
from io import BytesIO
from pathlib import Path

from gateway.core.model import TransferId
from gateway.engine.desk.evidence import Evidence


async def unpacked(evidence: Evidence, transfer: object, folder: Path) -> Path:
    content = await evidence.zip(TransferId(str(transfer)))
    data = b"".join([chunk async for chunk in content.chunks])
    assert len(data) == content.size
    zipfile.ZipFile(BytesIO(data)).extractall(folder)
    return folder


def verify(folder: Path) -> tuple[int, str]:
    done = subprocess.run(
        ["sh", "verify.sh"], cwd=folder, capture_output=True, text=True, check=False
    )
    assert not done.stderr
    return done.returncode, done.stdout


def rewrite_sums(folder: Path) -> None:
    """Do as someone would who changed a file and wants nobody to see it."""
    sums = folder / "SHA256SUMS"
    names = [line[66:] for line in sums.read_text().splitlines()]
    sums.write_text(
        "".join(
            f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}\n"
            for name in names
        )
    )


def flip(file: Path, at: int) -> None:
    """Change one bit of the file."""
    data = bytearray(file.read_bytes())
    data[at] ^= 1
    file.write_bytes(data)
