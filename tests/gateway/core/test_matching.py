import dataclasses
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.errors import Invalid
from gateway.core.matching import (
    CONTENT_LIMIT,
    Miss,
    check_pattern,
    decoded,
    first_match,
    miss,
    miss_in,
)
from gateway.core.model import MailboxId, RuleId, TemplateId
from gateway.core.rules import Level, Match, MatchKind, Rule, RuleDirection


def rule(kind: MatchKind, pattern: str, **changes) -> Rule:
    made = Rule(
        id=RuleId(pattern),
        mailbox=MailboxId("m"),
        level=Level.MAILBOX,
        direction=RuleDirection.OUT,
        name="r",
        enabled=True,
        template=TemplateId("t"),
        template_version=None,
        match=Match(kind, pattern),
    )
    return dataclasses.replace(made, **changes)


def matched(kind, pattern, *, name="a.edi", content=b"", attributes=None):
    found = first_match([rule(kind, pattern)], name, content, attributes or {})
    return found is not None


def test_a_name_pattern_must_fit_the_whole_name():
    assert matched(MatchKind.NAME, r"ORD.*\.edi", name="ORD1.edi")
    assert not matched(MatchKind.NAME, r"ORD.*\.edi", name="xORD1.edi")
    assert not matched(MatchKind.NAME, r"ORD.*\.edi", name="ORD1.edi.bak")


def test_names_beyond_ascii_match():
    assert matched(MatchKind.NAME, r"Замовлення .\.xml", name="Замовлення 7.xml")


def test_a_content_pattern_is_searched_anywhere():
    assert matched(MatchKind.CONTENT, "ORDERS:D:96A", content=b"UNB..ORDERS:D:96A:UN")
    assert not matched(MatchKind.CONTENT, "INVOIC", content=b"UNB..ORDERS:D:96A:UN")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_content_is_decoded_before_the_search(encoding):
    assert matched(
        MatchKind.CONTENT, "café.noir", content="un café noir".encode(encoding)
    )


def test_big_endian_utf16_is_decoded():
    content = b"\xfe\xff" + "été".encode("utf-16-be")
    assert decoded(content) == "été".encode()


def test_content_after_the_limit_is_not_seen_and_a_cut_character_does_no_harm():
    content = b"a" * (CONTENT_LIMIT - 1) + "é".encode() + b"needle"
    assert decoded(content)[-1:] == "é".encode()[:1]
    assert not matched(MatchKind.CONTENT, "needle", content=content)


def test_an_attribute_pattern_must_fit_the_whole_value_and_ignores_the_names_case():
    attributes = {"as2-subject": "ORDERS 1", "login": "x"}
    assert matched(MatchKind.ATTRIBUTE, "AS2-Subject==ORDERS.*", attributes=attributes)
    assert not matched(MatchKind.ATTRIBUTE, "AS2-Subject==ORD", attributes=attributes)
    assert not matched(MatchKind.ATTRIBUTE, "Folder==.*", attributes=attributes)


def test_the_first_of_several_matches_wins():
    rules = [rule(MatchKind.NAME, p) for p in ("b.*", "a.*", ".*")]
    assert first_match(rules, "a.edi", b"", {}) is rules[1]


def test_rules_that_are_off_or_of_the_other_direction_are_passed_over():
    rules = [
        rule(MatchKind.NAME, ".*", enabled=False),
        rule(MatchKind.NAME, ".*", direction=RuleDirection.IN),
        rule(MatchKind.NAME, ".*", match=None),
    ]
    assert first_match(rules, "a.edi", b"", {}) is None


@pytest.mark.parametrize(
    ("kind", "pattern", "says"),
    [
        (MatchKind.NAME, "", "empty"),
        (MatchKind.NAME, "(?=a)b", "look-around"),
        (MatchKind.NAME, "(?<!a)b", "look-around"),
        (MatchKind.CONTENT, r"(a)\1", "refers back"),
        (MatchKind.CONTENT, "(?P=x)", "plain group"),
        (MatchKind.CONTENT, "(?>a)", "plain group"),
        (MatchKind.NAME, "(", "missing )"),
        (MatchKind.NAME, "\ud800", "half a character"),
        (MatchKind.NAME, "a" * 10_001, "longer than"),
        (MatchKind.ATTRIBUTE, "Subject", "NAME==expression"),
        (MatchKind.ATTRIBUTE, " ==x", "NAME==expression"),
        (MatchKind.ATTRIBUTE, "Subject==", "empty"),
    ],
)
def test_a_pattern_that_cannot_work_is_refused_with_its_reason(kind, pattern, says):
    with pytest.raises(Invalid) as refusal:
        check_pattern(Match(kind, pattern))
    assert says in refusal.value.message
    assert refusal.value.data["match.pattern"] == refusal.value.message


def test_good_patterns_pass_the_check():
    check_pattern(Match(MatchKind.NAME, r"(?i)ord\d+(_v\d)?\.(edi|txt)"))
    check_pattern(Match(MatchKind.ATTRIBUTE, "a==b==c"))


def test_a_pattern_that_explodes_elsewhere_takes_linear_time_here():
    started = time.perf_counter()
    assert not matched(MatchKind.CONTENT, "(a+)+$", content=b"a" * 100_000 + b"b")
    assert time.perf_counter() - started < 1


@given(st.text(max_size=40), st.binary(max_size=200))
def test_any_pattern_is_refused_or_works(pattern, content):
    match = Match(MatchKind.CONTENT, pattern)
    try:
        check_pattern(match)
    except Invalid:
        return
    first_match([rule(MatchKind.CONTENT, pattern)], "n", content, {})


def test_a_rule_says_why_it_does_not_take_a_file():
    def why(kind, pattern, attributes=None, **changes):
        return miss(rule(kind, pattern, **changes), "a.edi", b"UNB", attributes or {})

    said = {"Subject": "INVOIC"}
    assert why(MatchKind.NAME, r".*\.edi") is None
    assert why(MatchKind.NAME, r".*\.edi", enabled=False) is Miss.OFF
    assert why(MatchKind.NAME, "x", match=None) is Miss.NO_PATTERN
    assert why(MatchKind.NAME, "a") is Miss.NAME
    assert why(MatchKind.CONTENT, "UNH") is Miss.CONTENT
    assert why(MatchKind.ATTRIBUTE, "subject==ORD.*") is Miss.NO_ATTRIBUTE
    assert why(MatchKind.ATTRIBUTE, "subject==ORD.*", said) is Miss.ATTRIBUTE
    assert why(MatchKind.ATTRIBUTE, "subject==INV.*", said) is None


def test_a_rule_says_why_it_does_not_take_an_envelope():
    pinned = rule(
        MatchKind.NAME, "x", template_version="v1", direction=RuleDirection.IN
    )
    assert miss_in(pinned, "t", "v1") is None
    assert miss_in(pinned, "t", "v2") is Miss.VERSION
    assert miss_in(pinned, "other", "v1") is Miss.TEMPLATE
    free = dataclasses.replace(pinned, template_version=None)
    assert miss_in(free, "t", "v2") is None
    off = dataclasses.replace(pinned, enabled=False)
    assert miss_in(off, "t", "v1") is Miss.OFF
