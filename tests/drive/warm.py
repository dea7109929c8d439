"""Many starts of the gateway quickly: its program is read once, then forked.

What runs is the same command in a process of its own, with its own session, memory and
files: it is killed like any other. Only the two seconds of reading the program are
shared, which 30 starts would pay 30 times.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

Run = Callable[[Sequence[str]], int]
LOOK = 0.02  # seconds between looks at a process that should end


def forks() -> None:
    """Read the program, then fork for each line of standard input: run in the child.

    A line is {"start": [words, environment, log]}, answered by the pid, or {"poll":
    pid}, answered by the exit code (minus a signal's number), null while it runs.
    """
    from gateway.commands.line import run  # noqa: PLC0415 - only this process needs it

    for line in sys.stdin:
        order = json.loads(line)
        if "start" in order:
            answer: int | None = _start(run, *order["start"])
        else:
            pid, status = os.waitpid(order["poll"], os.WNOHANG)
            answer = os.waitstatus_to_exitcode(status) if pid else None
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def _start(run: Run, words: list[str], settings: dict[str, str], log: str) -> int:
    if pid := os.fork():
        return pid
    os.setsid()
    os.environ.clear()  # noqa: TID251 - a new process's own
    os.environ.update(settings)  # noqa: TID251 - a new process's own
    nothing = os.open(os.devnull, os.O_RDONLY)
    output = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    for source, target in ((nothing, 0), (output, 1), (output, 2)):
        os.dup2(source, target)
    code = run(words)
    sys.stdout.flush()
    os._exit(code)


@dataclass
class Warm:
    """The process that forks."""

    child: subprocess.Popen[str]

    @classmethod
    def begin(cls) -> "Warm":
        here = Path(__file__).parent.parent
        plain = {k: v for k, v in os.environ.items() if not k.startswith("GATEWAY_")}  # noqa: TID251 - handed on to the child
        child = subprocess.Popen(
            [sys.executable, "-c", "from drive.warm import forks; forks()"],
            env={**plain, "PYTHONPATH": f"{here}:{here.parent}"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return cls(child)

    def end(self) -> None:
        self.child.communicate(timeout=10)

    def start(
        self, words: Sequence[str], settings: Mapping[str, str], log: Path
    ) -> "Forked":
        pid = self._ask({"start": [list(words), dict(settings), str(log)]})
        if pid is None:
            raise AssertionError("nothing was started")
        return Forked(self, pid)

    def poll(self, pid: int) -> int | None:
        return self._ask({"poll": pid})

    def _ask(self, order: Mapping[str, object]) -> int | None:
        if self.child.stdin is None or self.child.stdout is None:
            raise AssertionError("no pipes")
        self.child.stdin.write(json.dumps(order) + "\n")
        self.child.stdin.flush()
        answer: int | None = json.loads(self.child.stdout.readline())
        return answer


@dataclass
class Forked:
    """What `GatewayProcess` uses of a Popen."""

    warm: Warm
    pid: int
    returncode: int | None = None

    def poll(self) -> int | None:
        if self.returncode is None:
            self.returncode = self.warm.poll(self.pid)
        return self.returncode

    def wait(self, timeout: float) -> int:
        deadline = time.monotonic() + timeout
        while (code := self.poll()) is None:
            if time.monotonic() > deadline:
                raise subprocess.TimeoutExpired(["gateway"], timeout)
            time.sleep(LOOK)
        return code

    def send_signal(self, number: int) -> None:
        if self.poll() is None:  # else the number may be another process's by now
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)
