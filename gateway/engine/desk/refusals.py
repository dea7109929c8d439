"""Problems of documents as refusals: what a caller of the API is told."""

from gateway.core.errors import Invalid
from gateway.core.model import Problem


def refusal(problem: Problem) -> Invalid:
    """Return what the caller is told of a conversion that failed."""
    data = {"step": problem.step, "remedy": problem.remedy}
    if problem.line is not None:
        data["line"] = str(problem.line)
    if problem.details:
        data["details"] = "\n".join(problem.details)
    return Invalid(problem.message, problem.code, data)
