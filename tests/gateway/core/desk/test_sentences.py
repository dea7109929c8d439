"""A sentence's values are found in it again, and put into its translation."""

import pytest

from gateway.core.desk import sentences
from gateway.core.desk.sentences import LONGEST, SENTENCES, translated

UKRAINIAN = {
    sentences.RETRIED.template: "спроба {attempts}: {why} ({at})",
    sentences.CLOSED.template: "{host} відмовляє",
    sentences.POSTED.template: "{by}: конверт {envelopes}",
    sentences.NATIVE: "власний XML",
}


def ukrainian(text):
    return UKRAINIAN.get(text, text)


def names(sentence):
    return sentence._pattern.groupindex


def backwards(text):
    """Translate so that nothing but the names stays."""
    known = {each.template: each for each in SENTENCES}
    if text not in known:
        return text
    return "|".join(f"{{{name}}}" for name in reversed([*names(known[text])]))


@pytest.mark.parametrize("sentence", SENTENCES, ids=lambda each: each.template)
def test_each_sentence_gives_its_values_back(sentence):
    values = {name: f"a.b {{{name}}} (é)" for name in names(sentence)}
    assert sentence.values(sentence(**values)) == values


@pytest.mark.parametrize("sentence", SENTENCES, ids=lambda each: each.template)
def test_no_sentence_is_taken_for_another_one(sentence):
    values = {name: f"<{place}>" for place, name in enumerate(names(sentence))}
    shown = "|".join(reversed([*values.values()]))
    assert translated(sentence(**values), backwards) == shown


def test_what_a_value_says_is_translated_too():
    why = sentences.CLOSED(host="https://partner")
    told = sentences.RETRIED(attempts=2, why=why, at="2025-11-02T10:00:00+00:00")
    assert translated(told, ukrainian) == (
        "спроба 2: https://partner відмовляє (2025-11-02T10:00:00+00:00)"
    )
    told = sentences.POSTED(by=sentences.NATIVE, envelopes="e1, e2")
    assert translated(told, ukrainian) == "власний XML: конверт e1, e2"


@pytest.mark.parametrize(
    "text", ["", "something else", "Послугу вимкнено", "x" * LONGEST + " refuses"]
)
def test_what_is_no_such_sentence_stays_as_it_is(text):
    assert translated(text, ukrainian) == text


def test_a_text_that_is_too_long_is_not_looked_through():
    told = sentences.CLOSED(host="h" * LONGEST)
    assert translated(told, ukrainian) == told
