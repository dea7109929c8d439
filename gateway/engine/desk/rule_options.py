"""Attributes of a rule that the gateway itself obeys: what their values may be."""

from collections.abc import Callable, Iterator, Mapping

from gateway.convert import options
from gateway.core.errors import N_
from gateway.core.rules import (
    ACKNOWLEDGE,
    OUTPUT_FORMAT,
    VALIDATE,
    OutputFormat,
    RuleDirection,
    ValidationTarget,
)

IN, OUT = RuleDirection.IN, RuleDirection.OUT

Check = Callable[[str], str]
"""Says what is wrong with a value; empty if nothing is."""


def one_of(*allowed: str) -> Check:
    return lambda value: "" if value in allowed else f"must be {_words(allowed)}"


def _words(allowed: tuple[str, ...]) -> str:
    *others, last = allowed
    return f"{', '.join(others)} or {last}" if others else last


def parsed_by(parse: Callable[[str], object]) -> Check:
    def check(value: str) -> str:
        try:
            parse(value)
        except ValueError as error:
            return str(error)
        return ""

    return check


OPTIONS: Mapping[str, tuple[RuleDirection | None, Check]] = {
    OUTPUT_FORMAT: (IN, one_of(*(each.value for each in OutputFormat))),
    ACKNOWLEDGE: (OUT, one_of("yes", "no")),
    VALIDATE: (OUT, one_of(*(each.value for each in ValidationTarget))),
    options.SOURCE_FORMAT: (OUT, parsed_by(options.source_format)),
    options.ENCODING: (OUT, parsed_by(options.encoding)),
    options.CSV_DELIMITER: (None, parsed_by(options.delimiter)),
    options.CSV_QUOTE: (None, parsed_by(options.quote)),
    options.CSV_HEADER: (None, parsed_by(options.yes)),
    options.CSV_SAFE: (IN, parsed_by(options.yes)),
    options.SHEET: (OUT, parsed_by(options.sheet)),
    options.SHEET_HEADER: (OUT, parsed_by(options.yes)),
    options.FIXED_WIDTH: (OUT, parsed_by(options.fixed_width)),
}
"""Name to the direction it is for (None: both) and the check of its value."""


def wrong(
    direction: RuleDirection, attributes: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """Yield each attribute's field with what is wrong with it."""
    for name, value in attributes.items():
        only, check = OPTIONS.get(name, (None, lambda _: ""))
        if only not in {None, direction}:
            other = "OUT" if only is OUT else "IN"
            yield f"attributes.{name}", f"is only for {other} rules; leave it out"
        elif why := check(value):
            yield f"attributes.{name}", why
    delimiter = attributes.get(options.CSV_DELIMITER)
    if delimiter and delimiter == attributes.get(options.CSV_QUOTE):
        yield f"attributes.{options.CSV_QUOTE}", N_("must not be CSV_DELIMITER too")
