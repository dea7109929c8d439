"""Look-ups that documents repeat are asked for before the stylesheet's first run."""

import tracemalloc

import pytest

from gateway.convert.conversion import Conversions
from gateway.convert.habit import MOST, Habits
from gateway.convert.task import Limits, Task
from gateway.core.model import Problem

SHEET = """<xsl:stylesheet version="3.0" exclude-result-prefixes="wd"
    xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:wd="java:com.whitedoc.xslt.extensions.WdExtensions">
  <xsl:template match="/"><o><xsl:for-each select="tokenize(a)">
    <xsl:value-of select="wd:FUNCTION"/></xsl:for-each></o></xsl:template>
</xsl:stylesheet>"""
ALIAS = SHEET.replace("FUNCTION", "getMailboxUuidByAlias(.)")
LIMIT = MOST + 2
CHAIN = SHEET.replace("FUNCTION", "chainEnvelope(.)")


@pytest.fixture
def convert(saxon, tmp_path):
    """Convert a document that asks for these words; return when what was asked.

    What cannot be converted gives its problem's code.
    """
    conversions = Conversions(Limits(lookups=LIMIT), saxon)
    source = tmp_path / "source"

    def run(words, stylesheet=ALIAS, *, salt="", **task):
        source.write_text(f"<a>{words}</a>")
        rounds = []

        def ask(lookups):
            rounds.append("".join(word for _, (word,) in lookups))
            return [f"{word}{salt}" for _, (word,) in lookups]

        made = conversions.convert(
            Task(stylesheet=stylesheet, source=source, seed="s", **task), ask
        )
        if isinstance(made, Problem):
            return made.code
        text = made.output.decode().partition("<o>")[2].partition("</o>")[0]
        assert text == "".join(f"{word}{salt}" for word in words.split())
        return rounds

    return run


@pytest.fixture
def runs(saxon, monkeypatch):
    """Count Saxon's runs."""
    counted = []
    run = saxon.run

    def counting(*given):
        counted.append(given)
        return run(*given)

    monkeypatch.setattr(saxon, "run", counting)
    return counted


def test_what_two_documents_asked_is_asked_before_the_third_runs(convert, runs):
    convert("a b")
    convert("a b", salt="1")
    runs.clear()
    assert convert("b a", salt="2") == ["ab"]
    assert len(runs) == 1


def test_a_document_that_needs_more_asks_for_it(convert):
    for _ in range(2):
        convert("a b")
    assert convert("a c") == ["ab", "c"]
    assert convert("a c") == ["ac"]  # nothing is expected until it is repeated
    assert convert("c a") == ["ac"]


def test_one_pair_of_mailboxes_does_not_ask_for_what_another_asked(convert):
    one, other = (
        {"SENDER_MAILBOX": "s", "RECIPIENT_MAILBOX": "r"},
        {"SENDER_MAILBOX": "s", "RECIPIENT_MAILBOX": "q"},
    )
    for _ in range(2):
        convert("a b", parameters=one)
    assert convert("a", parameters=other) == ["a"]
    assert convert("a", parameters=one) == ["ab"]


def test_what_is_tried_asks_for_nothing_else_and_is_no_habit(convert):
    for _ in range(3):
        convert("a b")
    assert convert("a", exact=True) == ["a"]
    for _ in range(9):
        assert convert("c", exact=True) == ["c"]
    assert convert("a b") == ["ab"]


def test_what_no_document_asks_for_any_longer_is_forgotten(convert):
    for _ in range(2):
        convert("a b")
    for number in range(50):
        assert convert("a" if number % 2 else "a b") == ["ab"]  # now and then is enough
    rounds = [convert("a") for _ in range(30)]
    assert (rounds[0], rounds[-1]) == (["ab"], ["a"])
    rounds = [convert("") for _ in range(30)]
    assert (rounds[0], rounds[-1]) == (["a"], [])


def test_the_limit_is_for_what_the_stylesheet_itself_asks(convert):
    others = [f"w{number}" for number in range(LIMIT)]
    habit = "a b"
    for _ in range(2):
        convert(habit)
    assert convert(" ".join(["a", *others[1:]]))[0] == "ab"
    for _ in range(2):
        convert(habit)
    assert convert(" ".join(["a", *others])) == "conversion-lookups"


def test_stylesheets_are_not_kept(tmp_path):
    habits, asked = Habits(), [("getMailboxUuidByAlias", ("a",))]
    tracemalloc.start()
    try:
        for number in range(20):
            sheet = str(number) * 1_000_000
            to = {"RECIPIENT_MAILBOX": str(number)}
            task = Task(stylesheet=sheet, source=tmp_path, seed="s", parameters=to)
            for _ in range(2):
                habits.learn(task, b"digest", asked)
            assert list(habits.of(task, b"digest").lookups) == asked
        assert tracemalloc.get_traced_memory()[0] < 5_000_000
    finally:
        tracemalloc.stop()


def test_arguments_that_are_long_are_not_kept(convert):
    for _ in range(3):
        convert(f"a {'x' * 4095}")
    assert convert("a")[0].startswith("ax")
    for _ in range(3):
        convert(f"a {'x' * 4096}")
    assert convert("a") == ["a"]


def test_many_look_ups_and_those_of_one_document_are_not_expected(convert):
    many = " ".join(f"w{number}" for number in range(MOST + 1))
    for _ in range(3):
        assert len(convert(many)) == 1
    assert convert("w1") == ["w1"]
    for _ in range(3):
        convert("e", CHAIN)
    assert convert("", CHAIN) == []
