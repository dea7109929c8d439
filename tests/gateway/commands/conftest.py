"""A data folder made by `init`, and a way to run commands in this process."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.__main__ import main

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch):
    for name in ("SFTP", "AS2", "ADMIN"):
        monkeypatch.setenv(f"GATEWAY_{name}_PORT", "0")


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command line; return its exit code, standard output and error."""

    def once(*words: object) -> tuple[int, str, str]:
        code = main([str(word) for word in words])
        return code, *capsys.readouterr()

    return once


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make keys and database once: an RSA key takes its time."""
    folder = tmp_path_factory.mktemp("made") / "data"
    assert main(["init", "--data", str(folder)]) == 0
    return folder


@pytest.fixture
def data(made: Path, tmp_path: Path) -> Path:
    """Return a copy, modes and all."""
    return shutil.copytree(made, tmp_path / "data")
