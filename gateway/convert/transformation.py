"""A stylesheet run until every look-up it makes has its answer."""

from collections.abc import Sequence
from typing import Any

from gateway.convert import wd_extensions
from gateway.convert.habit import Habit, Habits
from gateway.convert.task import Limits, Task, too_many
from gateway.convert.unfit import Unfit
from gateway.convert.wire import Ask, Lookup
from gateway.convert.xslt import Run, Saxon, Sheet, XsltError

ROUNDS = 50
_TYPE_ERROR = "XPTY0004"


class Transformation:
    """Runs a stylesheet until it asks for nothing new."""

    def __init__(
        self,
        saxon: Saxon,
        habits: Habits,
        limits: Limits,
        task: Task,
        document: Any,
        ask: Ask,
    ) -> None:
        self._saxon = saxon
        self._habits = habits
        self._limits = limits
        self._task = task
        self._document = document
        self._ask = ask
        self.dice = wd_extensions.Dice(task.seed)
        self.answers: dict[Lookup, str | None] = {}
        self._asked: dict[Lookup, None] = {}  # by the stylesheet itself, in order
        self._habit: Habit | None = None
        self._told = False  # whether the runs tell what they ask of the known, too
        self.warnings: list[str] = []
        self.compiled = False
        self.sheet: Sheet

    def settle(self) -> Run:
        """Return the run that had every answer; XsltError if it failed.

        Raises Unfit if the stylesheet asks for more than is allowed.

        A type error (XPTY0004) is tried once more with the rules of XSLT 1.0, for
        which many stylesheets that call themselves 2.0 were written.
        """
        try:
            return self._settle("")
        except XsltError as error:
            if error.code != _TYPE_ERROR:
                raise
            first = error
        try:
            run = self._settle("1.0")
        except XsltError:
            self.compiled = self._compiles()
            raise first from None
        where = f"line {first.line}: " if first.line else ""
        self.warnings.append(
            f"Run with the rules of XSLT 1.0, because {where}{first.message}"
            f" ({_TYPE_ERROR})."
        )
        return run

    def _compiles(self) -> bool:
        try:
            self._saxon.compile(self._task.stylesheet)
        except XsltError:
            return False
        return True

    def _settle(self, version: str) -> Run:
        self.compiled = False
        self.sheet = self._saxon.compile(self._task.stylesheet, version=version)
        self.compiled = True
        digest = self.sheet.digest
        if not self.answers:
            self._expect(digest)
        for _ in range(ROUNDS):
            run = self._saxon.run(
                self.sheet, self._document, self._task.parameters, self._own()
            )
            requests = self.requests(run)
            self._count(requests)
            fresh = [r for r in requests if r not in self.answers]
            if not fresh:
                if run.error is not None:
                    raise run.error
                seen = self._told or self._habit is None
                asked = self._asked if seen else None
                self._habits.learn(self._task, digest, asked)
                return run
            self._told = self._habit is not None
            # an error may come from an answer that is still missing: ask first
            self._answer(fresh)
        raise XsltError(
            f"The look-ups do not settle: after {ROUNDS} runs the stylesheet still asks"
            " for something new, for example because it looks up what it counts",
            "",
            None,
        )

    def _expect(self, digest: bytes) -> None:
        self._habit = self._habits.of(self._task, digest)
        if self._habit is not None:
            self._told = self._habit.due
            self._answer(list(self._habit.lookups))

    def _count(self, requests: Sequence[Lookup]) -> None:
        """Add to what the stylesheet asked for; Unfit if that is too much."""
        self._asked |= dict.fromkeys(requests)
        if len(self._asked) > self._limits.lookups:  # the gateway need not see them
            raise Unfit(too_many(self._limits))

    def _answer(self, lookups: Sequence[Lookup]) -> None:
        self.answers |= dict(zip(lookups, self._ask(lookups), strict=True))

    def _own(self) -> dict[str, str]:
        """Return the library's parameters, if the library is in the stylesheet."""
        if not wd_extensions.needed(self._task.stylesheet):
            return {}
        json = wd_extensions.answers_json(self.answers)
        told = {wd_extensions.TOLD: "yes"} if self._told else {}
        return {**self.dice.parameters(), "json": json, **told}

    @staticmethod
    def requests(run: Run) -> list[Lookup]:
        """Return what a run asked for, each once."""
        # a call in a loop says the same many times
        found = map(wd_extensions.request, dict.fromkeys(run.messages))
        return [each for each in found if each is not None]
