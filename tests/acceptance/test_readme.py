"""The README's tour and `make run`'s commands do what they say."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from drive.process import GatewayProcess
from drive.sftp import needs_openssh
from drive.world import eventually

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(180)]

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"


@pytest.fixture
def demo(tmp_path: Path):
    process = GatewayProcess(
        tmp_path / "data",
        {"GATEWAY_SERVER_PUBLIC_HOST": "localhost"},
        options=("--demo",),
    )
    process.start()
    yield process
    process.clear()


def shell(demo: GatewayProcess, script: str) -> subprocess.CompletedProcess[str]:
    """Run a script beside the data folder, as a person would paste it."""
    return subprocess.run(
        ["bash", "-e"],
        input=script,
        cwd=demo.data.parent,
        env={**os.environ, "PYTHONPATH": str(ROOT)},  # noqa: TID251 - handed on
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def wait_for_tour(demo: GatewayProcess) -> str:
    """Return what was printed, once the demo's data is there."""
    eventually(lambda: "Ctrl-C stops." in demo.log, "the tour is printed", 60)
    return demo.log


@needs_openssh
@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl here")
def test_the_five_minute_tour_works_as_it_is_written(demo: GatewayProcess):
    wait_for_tour(demo)
    text = README.read_text()
    tour = re.search(r"## Five-minute tour.*?```sh\n(.*?)```", text, re.DOTALL)
    assert tour is not None
    port = demo.endpoints["admin"]["port"]
    script = tour[1].replace("localhost:8443", f"localhost:{port}")
    program = f"{sys.executable} -m gateway"
    script = script.replace(".venv/bin/envelope-gateway", program)
    (demo.data.parent / "README.md").write_text(text)

    done = shell(demo, script)

    assert done.returncode == 0, done.stdout + done.stderr
    said = done.stdout
    assert '<PurchaseOrder number="ORD1">' in said
    assert '"state": "PROCESSED"' in said
    assert '"no-rule"' in said
    assert "order_ORD1.xml" in said
    assert "ok   database" in said
    assert "fail " not in said


@needs_openssh
def test_the_three_commands_that_make_run_prints_work_and_data_is_kept(
    demo: GatewayProcess,
):
    printed = wait_for_tour(demo)
    lines = re.findall(r"^    (echo .*)$", printed, re.MULTILINE)
    assert len(lines) == 3
    put, look, fetch = lines
    again = f"until {look} | grep order_ORD1; do sleep 0.2; done"

    done = shell(demo, f"{put}\n{again}\n{fetch}")

    assert done.returncode == 0, done.stderr
    fetched = demo.data / "demo" / "order_ORD1.xml"
    expected = Path(__file__).parent / "expected" / "order_ORD1.xml"
    assert fetched.read_bytes() == expected.read_bytes()

    assert demo.stop() == 0
    demo.log_file.unlink()
    demo.start()
    assert "cinbox" in wait_for_tour(demo)
    assert "order_ORD1.xml" in shell(demo, look).stdout
    assert demo.stop() == 0
