"""One worker process as its gateway holds it: start it, ask it, end it."""

import asyncio
import json
import sys
import tempfile
from asyncio.subprocess import PIPE, Process
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import gateway
from gateway.convert import wire
from gateway.convert.task import Limits
from gateway.core.errors import GatewayError

STARTUP_SECONDS = 60
_HOME = Path(gateway.__file__).parent.parent
_LOG_BYTES = 64 << 10


@dataclass(slots=True, eq=False)
class Worker:
    """A child process, the file its standard error goes to, how many tasks it did."""

    process: Process
    log: BinaryIO
    limits: Limits
    tasks: int = 0

    @classmethod
    async def start(cls, limits: Limits) -> "Worker":
        """Return a worker that is ready; GatewayError if it does not come up."""
        log = tempfile.TemporaryFile()  # noqa: SIM115  lives as long as the worker
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "gateway.convert.worker",
            wire.limits_out(limits),
            stdin=PIPE,
            stdout=PIPE,
            stderr=log,
            cwd=_HOME,
            env={"LANG": "C.UTF-8"},
            start_new_session=True,  # Ctrl-C is for the gateway to handle
        )
        worker = cls(process, log, limits)
        try:
            async with asyncio.timeout(STARTUP_SECONDS):
                await worker.answer(b"")
        except (TimeoutError, OSError, EOFError) as error:
            said = worker.last_words()
            await worker.end()
            raise GatewayError(
                f"The conversion worker does not start: {said or error!r}. Run"
                " `envelope-gateway doctor`."
            ) from error
        except BaseException:
            await worker.end()
            raise
        return worker

    async def answer(self, question: bytes) -> wire.Frame:
        """Send a frame (none if empty), return the next one."""
        stdin, stdout = self.process.stdin, self.process.stdout
        if stdin is None or stdout is None:
            raise GatewayError("The conversion worker has no pipes.")
        if question:
            stdin.write(question)
            await stdin.drain()
        return await receive(stdout)

    def last_words(self) -> str:
        """Return the start of what the worker wrote to its standard error."""
        self.log.seek(0)
        return self.log.read(_LOG_BYTES).decode("utf-8", "replace").strip()

    async def end(self) -> int:
        """Kill the worker if it lives; return its exit status."""
        if self.process.returncode is None:
            self.process.kill()
        if self.process.stdin is not None:
            self.process.stdin.close()
        status = await self.process.wait()
        self.log.close()
        return status


async def receive(stream: asyncio.StreamReader) -> wire.Frame:
    """Read one frame; asyncio.IncompleteReadError when the other side is gone."""
    length = int.from_bytes(await stream.readexactly(4), "big")
    if length > wire.HEADER_LIMIT:
        raise asyncio.IncompleteReadError(b"", length)
    header = json.loads(await stream.readexactly(length))
    return header, [await stream.readexactly(size) for size in header["sizes"]]
