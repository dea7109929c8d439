"""The one way out of a conversion that cannot go on."""

from collections.abc import Sequence

from gateway.core.model import Problem


class Unfit(Exception):
    """A partner's file or a customer's stylesheet cannot be used; says why.

    Raised and caught inside gateway.convert only; callers get the Problem.
    """

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


def unreadable(code: str, message: str, line: int | None, remedy: str) -> Unfit:
    return Unfit(Problem(code, message, "read", line=line, remedy=remedy))


def unconvertible(code: str, message: str, line: int | None, remedy: str) -> Unfit:
    return Unfit(Problem(code, message, "convert", line=line, remedy=remedy))


def invalid(
    code: str,
    message: str,
    line: int | None,
    remedy: str,
    details: Sequence[str] = (),
) -> Unfit:
    found = Problem(
        code, message, "validate", line=line, remedy=remedy, details=tuple(details)
    )
    return Unfit(found)
