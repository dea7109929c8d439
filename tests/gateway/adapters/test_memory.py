import subprocess
import sys

import pytest

from gateway.adapters.memory import give_back_large_blocks

HASHES = """
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from argon2 import PasswordHasher
from gateway.adapters.memory import give_back_large_blocks

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

hasher = PasswordHasher(time_cost=1, memory_cost=19 * 1024, parallelism=1)
if sys.argv[1] == "given back":
    assert give_back_large_blocks()
before = resident()
with ThreadPoolExecutor(2) as threads:
    for _ in range(3):
        list(threads.map(hasher.hash, ["a", "b"]))
    print(resident() - before)
"""


def growth(how):
    done = subprocess.run(
        [sys.executable, "-c", HASHES, how], capture_output=True, text=True, check=True
    )
    return int(done.stdout)


@pytest.mark.skipif(not give_back_large_blocks(), reason="the C library is not glibc")
def test_hashing_passwords_leaves_no_memory_behind():
    assert growth("kept") > 15_000_000  # what it is for
    assert growth("given back") < 5_000_000
