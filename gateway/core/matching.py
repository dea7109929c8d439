"""Which OUT rule a file belongs to: patterns are google-re2, so time is linear."""

import codecs
from collections.abc import Mapping, Sequence
from enum import Enum
from functools import lru_cache
from typing import Protocol

import re2

from gateway.core.errors import N_, Invalid
from gateway.core.model import TemplateId, TemplateVersionId
from gateway.core.rules import Match, MatchKind, Rule, RuleDirection

CONTENT_LIMIT = 8 << 20
"""How many bytes from the start of a file a CONTENT pattern sees."""

PATTERN_LIMIT = 10_000
"""The longest pattern, in characters."""

_UTF16 = ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_LOOK_AROUND = ("(?=", "(?!", "(?<=", "(?<!")


class Miss(Enum):
    """Why a rule does not take a document."""

    OFF = "OFF"
    NO_PATTERN = "NO_PATTERN"
    NAME = "NAME"
    CONTENT = "CONTENT"
    NO_ATTRIBUTE = "NO_ATTRIBUTE"
    ATTRIBUTE = "ATTRIBUTE"
    TEMPLATE = "TEMPLATE"
    VERSION = "VERSION"


class _Pattern(Protocol):
    """What is used of a compiled pattern; re2 brings no types."""

    def search(self, text: bytes) -> object: ...
    def fullmatch(self, text: bytes) -> object: ...


def check_pattern(match: Match) -> None:
    """Raise Invalid (field `match.pattern`) if no rule can be tried with `match`."""
    _, pattern = _split(match)
    _compiled(pattern)


def first_match(
    rules: Sequence[Rule], name: str, content: bytes, attributes: Mapping[str, str]
) -> Rule | None:
    """Return the first enabled OUT rule of `rules`, in their order, that matches.

    `name` is the file's name, `content` its first CONTENT_LIMIT bytes (more is not
    looked at), `attributes` are the transport's. Raises Invalid if a pattern is not
    one that check_pattern let through.
    """
    text: bytes | None = None
    for rule in rules:
        if not rule.enabled or rule.direction is not RuleDirection.OUT:
            continue
        if rule.match is None:
            continue
        if rule.match.kind is MatchKind.CONTENT and text is None:
            text = decoded(content)
        if _matches(rule.match, name, text or b"", attributes):
            return rule
    return None


def miss(
    rule: Rule, name: str, content: bytes, attributes: Mapping[str, str]
) -> Miss | None:
    """Return why the OUT rule does not take the file; None if it does.

    The arguments are those of first_match, which tries rules in the same way.
    """
    if not rule.enabled:
        return Miss.OFF
    if rule.match is None:
        return Miss.NO_PATTERN
    if _matches(rule.match, name, decoded(content), attributes):
        return None
    match rule.match.kind:
        case MatchKind.NAME:
            return Miss.NAME
        case MatchKind.CONTENT:
            return Miss.CONTENT
        case MatchKind.ATTRIBUTE:
            wanted = attribute_of(rule.match).casefold()
            there = wanted in {key.casefold() for key in attributes}
            return Miss.ATTRIBUTE if there else Miss.NO_ATTRIBUTE


def miss_in(
    rule: Rule, template: TemplateId, version: TemplateVersionId | None
) -> Miss | None:
    """Return why the IN rule does not take an envelope of the template; None if so."""
    if not rule.enabled:
        return Miss.OFF
    if rule.template != template:
        return Miss.TEMPLATE
    if rule.template_version not in {None, version}:
        return Miss.VERSION
    return None


def attribute_of(match: Match) -> str:
    """Return the name of the attribute that is looked at; "" for other kinds."""
    return _split(match)[0]


def decoded(content: bytes) -> bytes:
    """Return the first CONTENT_LIMIT bytes of `content` as UTF-8.

    UTF-16 is known by its byte order mark; what is not UTF-8 counts as Latin-1, which
    fits every byte. The marks themselves are dropped.
    """
    head = content[:CONTENT_LIMIT]
    for mark, encoding in _UTF16:
        if head.startswith(mark):
            text = head[len(mark) :].decode(encoding, "replace")
            return text.encode("utf-8", "replace")
    head = head.removeprefix(codecs.BOM_UTF8)
    try:
        # not final: the limit may have cut a character in two
        codecs.getincrementaldecoder("utf-8")().decode(
            head, final=len(content) <= CONTENT_LIMIT
        )
    except UnicodeDecodeError:
        return head.decode("latin-1").encode()
    return head


def _matches(
    match: Match, name: str, text: bytes, attributes: Mapping[str, str]
) -> bool:
    attribute, pattern = _split(match)
    compiled = _compiled(pattern)
    if match.kind is MatchKind.NAME:
        return compiled.fullmatch(_utf8(name)) is not None
    if match.kind is MatchKind.CONTENT:
        return compiled.search(text) is not None
    return any(
        compiled.fullmatch(_utf8(value)) is not None
        for key, value in attributes.items()
        if key.casefold() == attribute.casefold()
    )


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _split(match: Match) -> tuple[str, str]:
    """Return the attribute's name (empty for other kinds) and the expression."""
    if match.kind is not MatchKind.ATTRIBUTE:
        return "", match.pattern
    name, mark, pattern = match.pattern.partition("==")
    if not mark or not name.strip():
        raise _invalid(
            N_(
                "An attribute condition is written NAME==expression, for example "
                "AS2-Subject==ORDERS.*; this is {pattern}."
            ).format(pattern=repr(match.pattern))
        )
    return name.strip(), pattern


@lru_cache(maxsize=1000)
def _compiled(pattern: str) -> _Pattern:
    if not pattern:
        raise _invalid(N_("The pattern is empty. Write .* to match everything."))
    if len(pattern) > PATTERN_LIMIT:
        raise _invalid(
            N_("The pattern is longer than {most} characters.").format(
                most=PATTERN_LIMIT
            )
        )
    options = re2.Options()
    options.log_errors = False
    try:
        compiled: _Pattern = re2.compile(pattern.encode(), options)
    except UnicodeEncodeError as error:
        raise _invalid(
            N_("The pattern holds half a character: {error}.").format(error=error)
        ) from error
    except re2.error as error:
        reason = error.args[0].decode("utf-8", "replace")
        raise _invalid(_explain(pattern, reason)) from error
    return compiled


def _explain(pattern: str, reason: str) -> str:
    _, _, fragment = reason.partition(": ")
    if fragment.startswith(_LOOK_AROUND):
        return N_(
            "The pattern {pattern} uses look-around ({fragment}), which could take "
            "unlimited time and is not supported. Describe the text itself, or use "
            "two rules, one above the other."
        ).format(pattern=repr(pattern), fragment=fragment)
    if fragment in {"(?P", "(?>"}:
        return N_(
            "The pattern {pattern} uses {fragment}, which is not supported. Use a "
            "plain group ( ) and repeat what it stands for."
        ).format(pattern=repr(pattern), fragment=fragment)
    if fragment.startswith("\\") and fragment[1:2].isdigit():
        return N_(
            "The pattern {pattern} refers back to a group ({fragment}), which is not "
            "supported. Write the repeated text out."
        ).format(pattern=repr(pattern), fragment=fragment)
    return N_("The pattern {pattern} is not a regular expression: {reason}.").format(
        pattern=repr(pattern), reason=reason
    )


def _invalid(message: str) -> Invalid:
    return Invalid(message, data={"match.pattern": message})
