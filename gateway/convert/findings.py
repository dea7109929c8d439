"""What the files of a rule say about a document, gathered into one refusal."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from gateway.convert.unfit import Unfit, invalid
from gateway.core.errors import N_

SHOWN = 20  # in the sentence that people are told
KEPT = 1000  # one by one
LONGEST = 2000  # characters of one
REMEDY = N_(
    "Change the stylesheet or the source so that the document fits the validation "
    "files of the rule."
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One message of one file; *line* counts in the document, None if unknown.

    *part* says which of several envelopes it is about, else it is empty. *harmless*:
    the file itself calls it a warning.
    """

    file: str
    message: str
    line: int | None
    part: str = ""
    harmless: bool = False

    @property
    def code(self) -> str:
        """The code of a problem that begins with this."""
        schema = self.file.lower().endswith(".xsd")
        return "validation-xsd" if schema else "validation-schematron"

    @property
    def said(self) -> str:
        """The message with its place."""
        places = [self.part, f"line {self.line}" if self.line else ""]
        where = ", ".join(place for place in places if place)
        text = self.message[:LONGEST]
        return f"{where}: {text}" if where else text


def warnings_of(found: Sequence[Finding]) -> list[str]:
    """Return what the files call a warning, each with its file."""
    harmless = [one for one in found if one.harmless]
    told = [f"{one.file}: {one.said}" for one in harmless[:KEPT]]
    return [*told, *_more(len(harmless) - KEPT, "more warnings")]


def refuse(found: Sequence[Finding], what: str) -> Unfit | None:
    """Return the refusal of all that is no mere warning; None if nothing is.

    `what` names the document. The sentence has the first messages, the details have
    each with its file.
    """
    errors = [one for one in found if not one.harmless]
    if not errors:
        return None
    told = [
        f"{file}: {'; '.join(one.said for one in group)}"
        for file, group in groupby(errors[:SHOWN], key=lambda one: one.file)
    ]
    told += [f"and {more}" for more in _more(len(errors) - SHOWN, "more")]
    details = [f"{one.file}: {one.said}" for one in errors[:KEPT]]
    return invalid(
        errors[0].code,
        f"{what} does not satisfy {'; '.join(told)}",
        errors[0].line,
        REMEDY,
        [*details, *_more(len(errors) - KEPT, "more messages")],
    )


def _more(count: int, what: str) -> list[str]:
    return [f"{count} {what}"] if count > 0 else []
