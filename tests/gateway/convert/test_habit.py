"""Look-ups that documents repeat are asked for before the stylesheet's first run."""

import pytest

from gateway.convert.conversion import Conversions
from gateway.convert.habit import MOST
from gateway.convert.task import Converted, Limits, Task

SHEET = """<xsl:stylesheet version="3.0" exclude-result-prefixes="wd"
    xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:wd="java:com.whitedoc.xslt.extensions.WdExtensions">
  <xsl:template match="/"><o><xsl:for-each select="tokenize(a)">
    <xsl:value-of select="wd:FUNCTION"/></xsl:for-each></o></xsl:template>
</xsl:stylesheet>"""
ALIAS = SHEET.replace("FUNCTION", "getMailboxUuidByAlias(.)")
CHAIN = SHEET.replace("FUNCTION", "chainEnvelope(.)")


@pytest.fixture
def convert(saxon, tmp_path):
    """Convert a document that asks for these words; return when what was asked."""
    conversions, source = Conversions(Limits(), saxon), tmp_path / "source"

    def run(words, stylesheet=ALIAS, *, salt="", **task):
        source.write_text(f"<a>{words}</a>")
        rounds = []

        def ask(lookups):
            rounds.append("".join(word for _, (word,) in lookups))
            return [f"{word}{salt}" for _, (word,) in lookups]

        made = conversions.convert(
            Task(stylesheet=stylesheet, source=source, seed="s", **task), ask
        )
        assert isinstance(made, Converted)
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


def test_an_explanation_tells_only_what_the_document_asked(convert):
    for _ in range(3):
        convert("a b")
    assert convert("a", want_source=True) == ["a"]


def test_many_look_ups_and_those_of_one_document_are_not_expected(convert):
    many = " ".join(f"w{number}" for number in range(MOST + 1))
    for _ in range(3):
        assert len(convert(many)) == 1
    assert convert("w1") == ["w1"]
    for _ in range(3):
        convert("e", CHAIN)
    assert convert("", CHAIN) == []
