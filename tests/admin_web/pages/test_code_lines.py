"""Documents line by line: escaped, coloured, cut, never slow."""

import pytest

from admin_web.pages import code_lines
from admin_web.pages.code_lines import lines_of, text_of


def test_xml_has_its_colours_and_everything_is_escaped():
    found = lines_of(b"<a b=\"<&\">x</a>\n<xsl:if test='1'/>\n<!-- <c>\n d -->")
    assert found.shown == [
        '&lt;<i>a</i> b=<i class="s">&quot;&lt;&amp;&quot;</i>&gt;x&lt;/<i>a</i>&gt;',
        '&lt;<i class="x">xsl:if</i> test=<i class="s">&#x27;1&#x27;</i>/&gt;',
        '<i class="c">&lt;!-- &lt;c&gt;</i>',
        '<i class="c"> d --&gt;</i>',
    ]
    assert not found.cut
    assert not found.indented


def test_other_text_stays_as_it_is():
    assert lines_of(b"UNB+<i>'\r\nUNH\rUNZ\n").shown == [
        "UNB+&lt;i&gt;&#x27;",
        "UNH",
        "UNZ",
    ]


def test_xml_on_one_line_is_indented_for_reading(monkeypatch):
    monkeypatch.setattr(code_lines, "LONG_LINE", 10)
    found = lines_of(b"<a><b>t</b><c/><d><e>one <i>two</i> three</e><f></f></d></a>")
    plain = [str(line).replace("<i>", "").replace("</i>", "") for line in found.shown]
    assert plain == [
        "&lt;a&gt;",
        "  &lt;b&gt;t&lt;/b&gt;",
        "  &lt;c/&gt;",
        "  &lt;d&gt;",
        "    &lt;e&gt;one &lt;i&gt;two&lt;/i&gt; three&lt;/e&gt;",
        "    &lt;f&gt;&lt;/f&gt;",
        "  &lt;/d&gt;",
        "&lt;/a&gt;",
    ]
    assert found.indented


def test_what_is_long_is_cut():
    found = lines_of(b"<a>\n" * 10_000)
    assert len(found.shown) == code_lines.MOST_LINES
    assert found.cut
    assert lines_of(b"x" * 1_000_000).cut


@pytest.mark.parametrize(
    "data",
    [
        b'<?xml version="1.0" encoding="windows-1251"?><a>\xce\xea</a>',
        b"\xff\xfe" + "<a>Ок</a>".encode("utf-16-le"),
        b"\xef\xbb\xbf" + "<a>Ок</a>".encode(),
    ],
)
def test_text_is_read_in_the_encoding_it_declares(data):
    assert "Ок</a>" in text_of(data)


@pytest.mark.parametrize(
    "data",
    [
        b"\x00\x01",
        b"\xff\xff\xff\xff",
        b'<?xml version="1.0" encoding="hex"?><a/>',
        b'<?xml version="1.0" encoding="martian"?><a/>',
    ],
)
def test_what_is_no_text_is_not_shown(data):
    assert text_of(data) is None
    assert lines_of(data).binary


def test_a_character_that_was_cut_in_two_is_left_out():
    assert text_of("aЖ".encode()[:-1]) == "a"


@pytest.mark.parametrize("piece", [b"<", b"<a'", b"<!--", b'<a b="', b"&", b"<a>'"])
@pytest.mark.timeout(20)
def test_nothing_takes_long(piece):
    assert lines_of(piece * 200_000).cut
