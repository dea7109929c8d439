"""Why a document could not go on, as JSON."""

from admin_web.api.models import Answer
from gateway.core.model import Problem


class ProblemAnswer(Answer):
    """Why a document could not go on, and what to do about it.

    `details` has every message of a validation, each with its file and line.
    """

    code: str
    message: str
    rule: str | None
    step: str
    line: int | None
    remedy: str
    details: list[str]

    @classmethod
    def of(cls, problem: Problem) -> "ProblemAnswer":
        return cls(
            code=problem.code,
            message=problem.message,
            rule=problem.rule,
            step=problem.step,
            line=problem.line,
            remedy=problem.remedy,
            details=list(problem.details),
        )
