"""Problems of documents as refusals: what a caller of the API is told."""

from gateway.core.desk import sentences
from gateway.core.errors import Invalid
from gateway.core.model import Problem


def refusal(problem: Problem) -> Invalid:
    """Return what the caller is told of a conversion that failed."""
    data = {"step": problem.step, "remedy": problem.remedy}
    if problem.line is not None:
        data["line"] = str(problem.line)
    if problem.details:
        data["details"] = "\n".join(problem.details)
    if problem.code == "attribute-xpath":
        values = sentences.ATTRIBUTE.values(problem.message) or {}
        data[f"attributes.{values.get('name', '')}"] = problem.message
    return Invalid(problem.message, problem.code, data)
