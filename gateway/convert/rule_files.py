"""The validation files of one rule: read, and found again when one names another."""

from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from urllib.parse import unquote

from gateway.convert.schematron_parts import Element, line_of, parsed
from gateway.convert.source.xml import Flaw
from gateway.convert.unfit import Unfit, invalid
from gateway.core.errors import N_
from gateway.core.rules import Validation


def bare(url: str) -> str:
    """Return the file name at the end of a path or address."""
    return unquote(PurePosixPath(url.replace("\\", "/")).name)


def read(file: Validation, code: str) -> Element:
    """Return the root of the file; Unfit with its name and line if it is no XML."""
    try:
        return parsed(file.content)
    except Flaw as flaw:
        raise bad_file(code, file.name, flaw.message, flaw.line) from flaw


def bad_file(code: str, name: str, message: str, line: int | None) -> Unfit:
    where = f", line {line}" if line else ""
    return invalid(
        code,
        f"The validation file {name}{where} cannot be used: {message}.",
        line,
        N_("Correct the file and save the rule again."),
    )


def included(
    files: Mapping[str, Validation],
    tags: Sequence[str],
    attribute: str,
    code: str,
) -> dict[str, set[str]]:
    """Return which files each file names in `attribute` of an element of `tags`.

    Unfit, with the line, if one is not among the rule's own.
    """
    found: dict[str, set[str]] = {name: set() for name in files}
    for each in files.values():
        for element in read(each, code).iter(*tags):
            place = (element.get(attribute) or "").partition("#")[0]
            if not place:
                continue
            name = bare(place)
            if name not in files:
                raise bad_file(
                    code,
                    each.name,
                    f"it includes {place}, and {name} is not among the rule's"
                    " validation files",
                    line_of(element),
                )
            found[each.name].add(name)
    return found


def roots(uses: Mapping[str, set[str]]) -> list[str]:
    """Return the files to begin with: together they bring in every file.

    Of files that only name each other in a ring it is the first.
    """
    named = {name for each, names in uses.items() for name in names if name != each}
    found: list[str] = []
    reached: set[str] = set()
    for candidates in ([name for name in uses if name not in named], list(uses)):
        for name in candidates:
            if name not in reached:
                found.append(name)
                _reach(name, uses, reached)
    return found


def _reach(name: str, uses: Mapping[str, set[str]], reached: set[str]) -> None:
    waiting = [name]
    while waiting:
        one = waiting.pop()
        if one not in reached:
            reached.add(one)
            waiting += uses[one]
