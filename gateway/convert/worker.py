"""The child process of the pool: tasks on standard input, results on output.

Run as `python -m gateway.convert.worker LIMITS`. It has no secrets: an empty
environment, no sockets, a bound on its memory. It ends when its gateway does.
"""

import ctypes
import os
import resource
import signal
import sys
import traceback
from collections.abc import Sequence
from typing import BinaryIO, Protocol

from gateway.convert import wire
from gateway.convert.task import Converted, Limits, Task
from gateway.convert.wire import Ask, Lookup
from gateway.core.model import Problem

_PR_SET_PDEATHSIG = 1
_LOG_BYTES = 16 << 20


class Convert(Protocol):
    """What is served: Conversions, which is imported only after the limits are set."""

    def convert(self, task: Task, ask: Ask) -> Converted | Problem: ...


def main(arguments: Sequence[str]) -> int:
    """Serve until standard input ends; return the exit status."""
    limits = wire.limits_in(arguments[0])
    _confine(limits)
    inward, outward = _streams()
    # Saxon and lxml after the limits, so that what they reserve counts
    from gateway.convert.conversion import Conversions  # noqa: PLC0415
    from gateway.convert.xslt import Saxon  # noqa: PLC0415

    return serve(Conversions(limits, Saxon()), inward, outward)


def serve(conversions: Convert, inward: BinaryIO, outward: BinaryIO) -> int:
    """Do the tasks that come by `inward`; return the exit status."""

    def send(frame: bytes) -> None:
        outward.write(frame)
        outward.flush()

    def ask(lookups: Sequence[Lookup]) -> Sequence[str | None]:
        send(wire.lookups_out(lookups))
        frame = wire.read(inward)
        if frame is None:
            raise SystemExit(0)
        answers: list[str | None] = frame[0]["answers"]
        return answers

    send(wire.encode({"ready": True}))
    while (frame := wire.read(inward)) is not None:
        try:
            reply = wire.result_out(conversions.convert(wire.task_in(frame[0]), ask))
        except MemoryError:
            # nothing can be trusted now; the gateway reads the word and replaces us
            os.write(2, b"MemoryError\n")
            return 1
        except Exception:  # noqa: BLE001  told to the gateway, which raises it
            reply = wire.encode({"fault": traceback.format_exc()})
        send(reply)
    return 0


def _confine(limits: Limits) -> None:
    """Bound what this process may use, and tie its life to its parent's."""
    memory = limits.memory_mb << 20
    resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (_LOG_BYTES, _LOG_BYTES))
    parent = os.getppid()
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it ended while we asked
        raise SystemExit(1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _streams() -> tuple[BinaryIO, BinaryIO]:
    """Return the pipes; what a library prints goes to the log instead."""
    inward, outward = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.chdir("/")
    return inward, outward


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
