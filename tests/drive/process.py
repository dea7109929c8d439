"""The real gateway as a process of its own: started, stopped, killed, looked at."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from drive.warm import Forked, Warm

START_SECONDS = 60
SETTINGS = {
    "GATEWAY_SERVER_PUBLIC_HOST": "127.0.0.1",
    "GATEWAY_SFTP_HOST": "127.0.0.1",
    "GATEWAY_SFTP_PORT": "0",
    "GATEWAY_AS2_HOST": "127.0.0.1",
    "GATEWAY_AS2_PORT": "0",
    "GATEWAY_ADMIN_PORT": "0",
    "GATEWAY_LIMITS_CONVERSION_WORKERS": "1",  # to start one takes half a second
}


def environment(settings: Mapping[str, str]) -> dict[str, str]:
    """Return this process's environment without its GATEWAY_ names, plus `settings`."""
    plain = {k: v for k, v in os.environ.items() if not k.startswith("GATEWAY_")}  # noqa: TID251 - handed on to the child
    # without byte code each of many starts would compile every library anew
    plain.pop("PYTHONDONTWRITEBYTECODE", None)
    return {**plain, **SETTINGS, **settings}


def command(
    data: Path, *words: str, text: str = "", **settings: str
) -> subprocess.CompletedProcess[str]:
    """Run one command of the gateway to its end; `text` is its standard input."""
    return subprocess.run(
        [sys.executable, "-m", "gateway", *words, "--data", str(data)],
        env=environment(settings),
        input=text,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@dataclass
class GatewayProcess:
    """`gateway serve` on free ports of loopback; everything is kept under `data`."""

    data: Path
    settings: Mapping[str, str] = field(default_factory=dict)
    options: tuple[str, ...] = ()
    warm: Warm | None = None  # starts it by a fork, for who starts it often
    child: subprocess.Popen[bytes] | Forked | None = None
    endpoints: Mapping[str, Any] = field(default_factory=dict)

    @property
    def log_file(self) -> Path:
        return self.data.with_name(self.data.name + ".log")

    @property
    def log(self) -> str:
        return self.log_file.read_text(errors="replace")

    def start(self) -> None:
        """Start and wait until every listener is up."""
        words = ["serve", "--data", str(self.data), *self.options]
        if self.warm is not None:
            env = environment(self.settings)
            self.child = self.warm.start(words, env, self.log_file)
        else:
            self.child = self._popen(words)
        deadline = time.monotonic() + START_SECONDS
        file = self.data / "run" / "endpoints.json"
        while time.monotonic() < deadline:
            if self.child.poll() is not None:
                raise AssertionError(f"the gateway ended while starting:\n{self.log}")
            if file.exists():
                found = json.loads(file.read_text())  # written atomically: never half
                if found["pid"] == self.child.pid:  # an older one is a crash's
                    self.endpoints = found
                    return
            time.sleep(0.02)
        raise AssertionError(f"the gateway did not start:\n{self.log}")

    def _popen(self, words: Sequence[str]) -> subprocess.Popen[bytes]:
        with self.log_file.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "gateway", *words],
                env=environment(self.settings),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # so that its workers can be counted
            )

    def kill(self) -> None:
        """Kill -9: no handler runs."""
        self._child.kill()
        self._child.wait(timeout=10)

    def stop(self, seconds: float = 40) -> int:
        """Ask it to stop and return its exit code."""
        if self._child.poll() is None:
            self._child.send_signal(signal.SIGTERM)
        return self._child.wait(timeout=seconds)

    def clear(self) -> None:
        """Leave nothing running, whatever the test did."""
        if self.child is not None:
            if self.child.poll() is None:
                self.child.kill()
            self.child.wait(timeout=10)

    def peak_memory(self) -> int:
        """Return the most bytes that were resident (Linux's VmHWM)."""
        status = Path(f"/proc/{self._child.pid}/status").read_text()
        line = next(x for x in status.splitlines() if x.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024

    def family(self) -> list[int]:
        """Return the ids of the processes that live in its session."""
        found = []
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = stat.read_text().rpartition(")")[2].split()
            except OSError:
                continue  # it ended while we looked
            state, session = fields[0], int(fields[3])
            if session == self._child.pid and state != "Z":
                found.append(int(stat.parent.name))
        return found

    @property
    def _child(self) -> subprocess.Popen[bytes] | Forked:
        if self.child is None:
            raise AssertionError("not started")
        return self.child
