"""Conversions in child processes that can be killed, and are when they run too long.

This module imports neither Saxon nor lxml: the gateway's own process stays small.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from signal import SIGKILL
from types import TracebackType
from typing import Self

from gateway.convert import wire
from gateway.convert.child import Worker
from gateway.convert.habit import MOST
from gateway.convert.task import Converted, Limits, Task, too_many
from gateway.core.desk import sentences
from gateway.core.errors import N_
from gateway.core.model import Problem
from gateway.core.ports import Resolver


class _Died(Exception):
    """The worker is of no more use; the task may be *guiltless* of that."""

    def __init__(self, problem: Problem, *, guiltless: bool = False) -> None:
        super().__init__(problem.message)
        self.problem = problem
        self.guiltless = guiltless


class Converter:
    """A pool of workers; use as `async with Converter() as converter`.

    Callers beyond the number of *workers* wait their turn. Workers start when they are
    first needed, or all at once by `warm`. *limits* may be exchanged at any time: the
    next conversion has the new ones.
    """

    def __init__(self, workers: int = 2, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self._workers = workers
        self._slots = asyncio.Semaphore(workers)
        self._idle: list[Worker] = []
        self._all: list[Worker] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._idle.clear()
        while self._all:
            await self._all.pop().end()

    async def warm(self) -> None:
        """Start every worker now; GatewayError if one does not come up."""
        missing = self._workers - len(self._all)
        self._idle += await asyncio.gather(*(self._spawn() for _ in range(missing)))

    @property
    def pids(self) -> list[int]:
        """The process ids of the workers that live."""
        return [w.process.pid for w in self._all if w.process.returncode is None]

    async def source(
        self,
        path: Path,
        file_name: str,
        content_type: str = "",
        attributes: Mapping[str, str] | None = None,
        directories: Mapping[str, str] | None = None,
    ) -> Converted | Problem:
        """Return the XML that a stylesheet would see of the file, as output.

        *attributes* are the rule's, which may say how the file is read.
        """
        sha256, size = await asyncio.to_thread(_measured, path)
        task = Task(
            stylesheet="",
            source=path,
            seed="",
            file_name=file_name,
            sha256=sha256,
            size=size,
            content_type=content_type or "application/octet-stream",
            attributes=attributes or {},
            directories=directories or {},
        )
        return await self.run(task, _nothing)

    async def table(self, path: Path, file_name: str) -> Converted | Problem:
        """Return, as output, the JSON of an uploaded directory of messages."""
        task = Task(
            stylesheet="",
            source=path,
            seed="",
            source_kind="TABLE",
            file_name=file_name,
        )
        return await self.run(task, _nothing)

    async def survey(self, path: Path) -> Converted | Problem:
        """Return, as survey, what an EDIFACT or X12 file says of itself."""
        task = Task(stylesheet="", source=path, seed="", source_kind="SURVEY")
        return await self.run(task, _nothing)

    async def run(self, task: Task, resolve: Resolver) -> Converted | Problem:
        """Convert; `resolve` answers the stylesheet's look-ups.

        A worker that something outside killed, or that had no memory left after other
        tasks, is replaced and the task tried once more; one that crashed by itself, ran
        too long or used too much is a Problem.
        Raises GatewayError if no worker starts, and what `resolve` raises.
        """
        async with self._slots:
            try:
                return await self._attempt(task, resolve)
            except _Died as death:
                if not death.guiltless:
                    return death.problem
            try:  # with a new worker: whatever killed one may have killed the idle too
                return await self._attempt(task, resolve, self._spawn)
            except _Died as death:
                return death.problem

    async def _attempt(
        self,
        task: Task,
        resolve: Resolver,
        take: Callable[[], Awaitable[Worker]] | None = None,
    ) -> Converted | Problem:
        worker = await (take or self._take)()
        sound = False
        started = asyncio.get_running_loop().time()
        try:
            result = await self._converse(worker, task, resolve)
            sound = True
        finally:
            worker.tasks += 1
            fresh = worker.limits == self.limits and worker.tasks < self.limits.tasks
            if sound and fresh:
                self._idle.append(worker)
            else:
                await self._dismiss(worker)
        if isinstance(result, Problem):
            return result
        spent = asyncio.get_running_loop().time() - started
        return replace(result, milliseconds=spent * 1000)

    async def _converse(
        self, worker: Worker, task: Task, resolve: Resolver
    ) -> Converted | Problem:
        """Hand the task over and answer its look-ups; both take from its time."""
        loop = asyncio.get_running_loop()
        left = self.limits.seconds
        question = wire.encode(wire.task_out(task))
        known: dict[str, str | None] = {}
        while True:
            began = loop.time()
            frame = await self._ask(worker, question, left)
            left -= loop.time() - began
            result = wire.result_in(frame)
            if isinstance(result, Converted):
                return replace(result, lookups=known)
            if result is not None:
                return result
            wanted = frame[0]["need"]
            # the worker counts what the stylesheet asks for; more than that and what
            # was only expected is not believed
            if len(known) + len(wanted) > self.limits.lookups + MOST:
                raise _Died(too_many(self.limits))
            began = loop.time()
            answers = await self._answers(wanted, resolve, left)
            left -= loop.time() - began
            for (name, values), answer in zip(wanted, answers, strict=True):
                known[f"{name}({', '.join(values)})"] = answer
            question = wire.encode({"answers": list(answers)})

    async def _answers(
        self, wanted: Sequence[tuple[str, list[str]]], resolve: Resolver, seconds: float
    ) -> Sequence[str | None]:
        limit = asyncio.timeout(seconds)
        try:
            async with limit:
                return await resolve(wanted)
        except TimeoutError as error:
            if limit.expired():
                raise _Died(_too_slow(self.limits)) from error
            raise

    async def _ask(self, worker: Worker, question: bytes, seconds: float) -> wire.Frame:
        """Return the worker's next frame; _Died if there will be none."""
        try:
            async with asyncio.timeout(seconds):
                return await worker.answer(question)
        except TimeoutError as error:
            raise _Died(_too_slow(self.limits)) from error
        except (EOFError, ConnectionError) as error:
            words = worker.last_words()
            status = await worker.process.wait()
            problem = _death(status, words, self.limits)
            killed = status == -SIGKILL and problem.code == "conversion-crash"
            # what others left behind, as a stack that burst, may have filled the memory
            full = problem.code == "conversion-memory" and worker.tasks > 0
            raise _Died(problem, guiltless=killed or full) from error

    async def _take(self) -> Worker:
        while self._idle:
            worker = self._idle.pop()
            if worker.process.returncode is None and worker.limits == self.limits:
                return worker
            await self._dismiss(worker)
        return await self._spawn()

    async def _dismiss(self, worker: Worker) -> None:
        if worker in self._all:
            self._all.remove(worker)
        await worker.end()

    async def _spawn(self) -> Worker:
        worker = await Worker.start(self.limits)
        self._all.append(worker)
        return worker


async def _nothing(wanted: Sequence[object]) -> Sequence[None]:
    """Answer look-ups where there are none."""
    return [None] * len(wanted)


def _measured(path: Path) -> tuple[str, int]:
    """Return SHA-256 in hex and size in bytes of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest(), file.tell()


def _too_slow(limits: Limits) -> Problem:
    return Problem(
        "conversion-timeout",
        sentences.TOO_SLOW(seconds=f"{limits.seconds:g}"),
        "convert",
        remedy=N_(
            "Look for a template or function that calls itself without end, or for"
            " a search that could use xsl:key; or raise limits.conversion_seconds."
        ),
    )


_OUT_OF_MEMORY = ("OutOfMemory", "MemoryError", "memory allocation of")
"""What Saxon, Python and libraries in Rust say when there is no more."""


def _death(status: int, words: str, limits: Limits) -> Problem:
    if any(sign in words for sign in _OUT_OF_MEMORY):
        return Problem(
            "conversion-memory",
            sentences.TOO_BIG(allowed=limits.memory_mb),
            "convert",
            remedy=N_(
                "Let the stylesheet build less at once, split the file, or raise"
                " limits.conversion_memory_mb."
            ),
        )
    how = f"signal {-status}" if status < 0 else f"exit status {status}"
    return Problem(
        "conversion-crash",
        sentences.CRASHED(how=how),
        "convert",
        remedy=N_(
            "Run it again; if it ends the same way, simplify the stylesheet step by"
            " step until it passes."
        ),
    )
