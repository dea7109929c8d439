import os
import subprocess
import sys

import pytest

from gateway.adapters import lock
from gateway.core.errors import ConfigError


def test_a_second_holder_is_told_who_has_the_data_directory(tmp_path):
    path = tmp_path / "data" / "run" / "lock"
    with lock.held(path), pytest.raises(ConfigError) as refused:  # noqa: SIM117 - the inner one must fail
        with lock.held(path):
            pass
    assert f"(process {os.getpid()})" in str(refused.value)
    assert str(tmp_path / "data") in str(refused.value)


def test_the_lock_is_free_again_afterwards_even_if_its_file_stays(tmp_path):
    path = tmp_path / "lock"
    path.write_text("99999 and something longer than a process number")
    with lock.held(path):
        assert path.read_text() == f"{os.getpid()}\n"
    with lock.held(path):
        pass


def test_a_process_that_died_holds_nothing(tmp_path):
    path = tmp_path / "lock"
    program = f"""
import os, pathlib
from gateway.adapters import lock
with lock.held(pathlib.Path({str(path)!r})):
    os.kill(os.getpid(), 9)
"""
    died = subprocess.run([sys.executable, "-c", program], check=False)
    assert died.returncode == -9
    assert path.exists()
    with lock.held(path):
        pass


def test_a_holder_that_has_not_written_its_number_yet_is_unknown(tmp_path):
    path = tmp_path / "lock"
    with lock.held(path):
        path.write_text("")
        with pytest.raises(ConfigError, match=r"\(process unknown\)"), lock.held(path):
            pass


def test_a_place_where_no_lock_can_be_is_named(tmp_path):
    (tmp_path / "file").touch()
    with (
        pytest.raises(ConfigError, match="could not be opened: File exists"),
        lock.held(tmp_path / "file" / "lock"),
    ):
        pass
