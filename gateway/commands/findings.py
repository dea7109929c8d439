"""What the doctor says: one line for each check, and what to do."""

from dataclasses import dataclass
from enum import Enum


class Level(Enum):
    """A warning can wait, a failure cannot."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """One check's result; *text* says what is so and, unless it is ok, what to do."""

    check: str
    level: Level
    text: str

    @property
    def line(self) -> str:
        return f"{self.level.value:<5}{self.check}: {self.text}"


def ok(check: str, text: str) -> Finding:
    return Finding(check, Level.OK, text)


def warn(check: str, text: str) -> Finding:
    return Finding(check, Level.WARN, text)


def fail(check: str, text: str) -> Finding:
    return Finding(check, Level.FAIL, text)
