"""`serve` in this process; tests/acceptance has it in one of its own."""

import json
import os
import signal
import threading
import time
from pathlib import Path

import pytest

from gateway.demo.load import SHOP, SUPPLIER

pytestmark = [pytest.mark.integration, pytest.mark.timeout(90)]


@pytest.fixture(autouse=True)
def loopback(monkeypatch: pytest.MonkeyPatch):
    for name in ("SFTP", "AS2"):
        monkeypatch.setenv(f"GATEWAY_{name}_HOST", "127.0.0.1")


def signals(data: Path, ready: Path, *numbers: signal.Signals) -> threading.Thread:
    """Send ourselves the signals, one by one, once `ready` is there."""

    def send() -> None:
        deadline = time.monotonic() + 60
        endpoints = data / "run" / "endpoints.json"
        while not (endpoints.exists() and ready.exists()):
            if time.monotonic() > deadline:
                return  # serve has failed; a signal would end the tests
            time.sleep(0.02)
        for number in numbers:
            time.sleep(0.2)
            os.kill(os.getpid(), number)

    thread = threading.Thread(target=send, daemon=True)
    thread.start()
    return thread


def test_the_demo_is_loaded_once_told_each_time_and_ends_with_a_signal(data, run):
    loaded = data / "demo" / "loaded"
    first = signals(data, loaded, signal.SIGHUP, signal.SIGTERM)
    code, out, _ = run("serve", "--demo", "--data", data)
    first.join()

    assert code == 0
    assert "Admin: https://127.0.0.1:" in out
    assert (data / "admin-password").read_text().strip() in out
    assert out.count("sftp -q -b - -F") == 3
    assert str(SHOP) in out
    assert str(SUPPLIER) in out
    assert not (data / "run" / "endpoints.json").exists()
    for name in ("shop.key", "supplier.key"):
        assert (data / "demo" / name).stat().st_mode & 0o077 == 0
    before = loaded.stat().st_mtime_ns, (data / "demo" / "shop.key").read_bytes()

    second = signals(data, loaded, signal.SIGINT)
    code, again, _ = run("serve", "--demo", "--data", data)
    second.join()

    assert code == 0
    assert again.count("sftp -q -b - -F") == 3
    after = loaded.stat().st_mtime_ns, (data / "demo" / "shop.key").read_bytes()
    assert after == before


def test_a_demo_that_was_cut_short_is_completed(data, run):
    loaded = data / "demo" / "loaded"
    signals(data, loaded, signal.SIGTERM)
    assert run("serve", "--demo", "--data", data)[0] == 0
    loaded.unlink()
    keys = (data / "demo" / "shop.key").read_bytes()

    signals(data, loaded, signal.SIGTERM)
    assert run("serve", "--demo", "--data", data)[0] == 0

    assert loaded.exists()
    assert (data / "demo" / "shop.key").read_bytes() == keys


def test_endpoints_tell_every_listener_while_it_serves(data, run):
    found = {}

    def look() -> None:
        file = data / "run" / "endpoints.json"
        deadline = time.monotonic() + 60
        while not file.exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        found.update(json.loads(file.read_text()))
        (data / "seen").touch()

    threading.Thread(target=look, daemon=True).start()
    signals(data, data / "seen", signal.SIGTERM)
    assert run("serve", "--data", data)[0] == 0

    assert found["pid"] == os.getpid()
    assert found["sftp"]["port"] > 0
    assert found["as2"]["url"] == f"http://127.0.0.1:{found['as2']['port']}"
    assert found["admin"]["url"] == f"https://127.0.0.1:{found['admin']['port']}"
