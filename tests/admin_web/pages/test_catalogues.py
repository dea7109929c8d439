"""Every text of the pages stands in every catalogue, whole and translated."""

import io
import re
import tomllib
from functools import cache
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from admin_web.pages.reader import LANGUAGES, catalogue

ROOT = Path(__file__).parents[3]
LOCALE = ROOT / "admin_web" / "locale"
TRANSLATED = [code for code in LANGUAGES if code != "en"]  # which the pages are in
KEYWORDS = {"_": None, "N_": None, "gettext": None, "ngettext": (1, 2)}
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%%|{\w+}")
TAG = re.compile(r"</?\w+>")


@cache
def texts():
    """Return what `make texts` extracts."""
    mappings = tomllib.loads((ROOT / "babel.toml").read_text())["mappings"]
    methods = [(one["pattern"], one["method"]) for one in mappings]
    options = {one["pattern"]: one for one in mappings}
    found = extract_from_dir(ROOT, methods, options, KEYWORDS)
    return {message for _file, _line, message, _comments, _context in found}


@cache
def messages(language):
    file = LOCALE / language / "LC_MESSAGES" / "messages.po"
    with file.open("rb") as opened:
        return read_po(opened, locale=language)


def whole(catalog: Catalog):
    return [message for message in catalog if message.id]


def forms(message):
    """Return the pairs of what is said and how the translation says it."""
    if not isinstance(message.id, tuple):
        return [(message.id, message.string)]
    return [(message.id[-1], form) for form in message.string]


@pytest.mark.parametrize("language", TRANSLATED)
def test_the_catalogue_has_the_texts_of_the_pages_and_no_others(language):
    known = {message.id for message in whole(messages(language))}
    assert texts() - known == set(), "run `make texts` and translate"
    assert known - texts() == set(), "run `make texts`"


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_text_is_translated(language):
    catalog = messages(language)
    missing = [
        message.id
        for message in whole(catalog)
        if message.fuzzy or not all(form for _text, form in forms(message))
    ]
    assert missing == []
    counts = {len(m.string) for m in whole(catalog) if isinstance(m.id, tuple)}
    assert counts <= {catalog.num_plurals}


@pytest.mark.parametrize("language", TRANSLATED)
def test_placeholders_and_tags_are_the_same(language):
    wrong = [
        (text, form)
        for message in whole(messages(language))
        for text, form in forms(message)
        for pattern in (PLACEHOLDER, TAG)
        if sorted(pattern.findall(text)) != sorted(pattern.findall(form))
    ]
    assert wrong == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_the_compiled_catalogue_is_that_of_the_text(language):
    compiled = io.BytesIO()
    write_mo(compiled, messages(language))
    file = LOCALE / language / "LC_MESSAGES" / "messages.mo"
    assert file.read_bytes() == compiled.getvalue(), "run `make texts`"


@pytest.mark.parametrize(
    ("count", "shown"),
    [(1, "1 передача"), (3, "3 передачі"), (11, "11 передач"), (21, "21 передача")],
)
def test_plurals_are_those_of_the_language(count, shown):
    one, many = (
        "%(num)d transfer failed in the last 24 hours",
        "%(num)d transfers failed in the last 24 hours",
    )
    text = catalogue("uk").ngettext(one, many, count) % {"num": count}
    assert text.startswith(shown + " ")
