"""A stylesheet run until every look-up it makes has its answer."""

from collections.abc import Sequence
from typing import Any

from gateway.convert import wd_extensions
from gateway.convert.habit import Habits
from gateway.convert.task import Task
from gateway.convert.wire import Ask, Lookup
from gateway.convert.xslt import Run, Saxon, Sheet, XsltError

ROUNDS = 50
_TYPE_ERROR = "XPTY0004"


class Transformation:
    """Runs a stylesheet until it asks for nothing new."""

    def __init__(
        self, saxon: Saxon, habits: Habits, task: Task, document: Any, ask: Ask
    ) -> None:
        self._saxon = saxon
        self._habits = habits
        self._task = task
        self._document = document
        self._ask = ask
        self.dice = wd_extensions.Dice(task.seed)
        self.answers: dict[Lookup, str | None] = {}
        self.warnings: list[str] = []
        self.compiled = False
        self.sheet: Sheet

    def settle(self) -> Run:
        """Return the run that had every answer; XsltError if it failed.

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
        expected = () if self.answers else self._habits.expected(self._task)
        if expected:
            self._answer(expected)
        for _ in range(ROUNDS):
            run = self._saxon.run(
                self.sheet, self._document, self._task.parameters, self._own()
            )
            fresh = [r for r in self.requests(run) if r not in self.answers]
            if not fresh:
                if run.error is not None:
                    raise run.error
                self._habits.learn(self._task, self.answers)
                return run
            # an error may come from an answer that is still missing: ask first
            self._answer(fresh)
        raise XsltError(
            f"The look-ups do not settle: after {ROUNDS} runs the stylesheet still asks"
            " for something new, for example because it looks up what it counts",
            "",
            None,
        )

    def _answer(self, lookups: Sequence[Lookup]) -> None:
        self.answers |= dict(zip(lookups, self._ask(lookups), strict=True))

    def _own(self) -> dict[str, str]:
        """Return the library's parameters, if the library is in the stylesheet."""
        if not wd_extensions.needed(self._task.stylesheet):
            return {}
        json = wd_extensions.answers_json(self.answers)
        return {**self.dice.parameters(), "json": json}

    @staticmethod
    def requests(run: Run) -> list[Lookup]:
        """Return what a run asked for, each once."""
        found = [wd_extensions.request(message) for message in run.messages]
        return list(dict.fromkeys(each for each in found if each is not None))
