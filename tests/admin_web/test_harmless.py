"""Texts of others: seen as they are, saved under names that do no harm."""

import pytest
from markupsafe import Markup

from admin_web.harmless import file_name, shown


@pytest.mark.parametrize("sign", "\u202a\u202e\u2066\u2069\x00\x1b\x7f\x9b\u2028\ufff9")
def test_what_turns_or_hides_is_made_visible(sign):
    assert shown(f"invoice{sign}xcod.exe") == "invoice\ufffdxcod.exe"
    assert file_name(f"invoice{sign}xcod.exe") == "invoice_xcod.exe"


def test_what_people_write_stays():
    text = "Größe, Їжак, שלום\u200f, a\u200cb, two\nlines\tand tabs"
    assert shown(text) == text


def test_markup_stays_markup():
    found = shown(Markup("<b>\u202e&amp;</b>"))
    assert isinstance(found, Markup)
    assert found == "<b>\ufffd&amp;</b>"


def test_a_file_is_saved_where_the_browser_saves_files():
    assert file_name("../a\\b\r\nc\t.txt") == ".._a_b__c_.txt"
