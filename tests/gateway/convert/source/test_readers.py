import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from gateway.convert.source import READERS, Described, read_source
from gateway.convert.source.detect import detect
from gateway.convert.unfit import Unfit

FILE = Described(
    name='a "b" <c>.bin',
    size=3,
    sha256="5a",
    content_type="application/pdf",
    depth=20,
)


def problem(data: bytes):
    with pytest.raises(Unfit) as stopped:
        read_source(data, FILE)
    return stopped.value.problem


@pytest.mark.parametrize(
    ("data", "reader"),
    [
        (b"UNA:+.? 'UNB+UNOC:3", "edifact"),
        (b"\xef\xbb\xbf\r\nUNB+UNOC:3", "edifact"),
        (b"UNA:+.? '\r\nUNB+UNOC:3", "edifact"),
        (b"UNABLE TO PRINT", "other"),
        (b"UNBELIEVABLE", "other"),
        (b"<?xml version='1.0'?><a/>", "xml"),
        (b"  \n<a/>", "xml"),
        ("\ufeff<a/>".encode("utf-16-le"), "xml"),
        ("<a/>".encode("utf-16-be"), "xml"),
        ("\ufeffhello".encode("utf-16-le"), "other"),
        (b"< 3", "other"),
        (b"ISA*00*", "other"),
        (b"PK\x03\x04", "other"),
        (b"", "other"),
    ],
)
def test_the_reader_is_told_by_the_content(data, reader):
    assert detect(data) == reader


def test_any_other_file_becomes_an_element_that_describes_it(samples):
    data = (samples / "evil/bomb_sparse.xlsx").read_bytes()
    element = etree.fromstring(read_source(data, FILE).xml)
    assert element.tag == "file"
    assert dict(element.attrib) == {
        "name": 'a "b" <c>.bin',
        "size": "3",
        "sha256": "5a",
        "contentType": "application/pdf",
    }


@pytest.mark.parametrize(
    "data",
    [
        "<a>é</a>".encode(),
        '<?xml version="1.0" encoding="ISO-8859-1"?><a>é</a>'.encode("latin-1"),
        '<?xml version="1.0" encoding="windows-1251"?><a>é</a>'.replace(
            "é", "ж"
        ).encode("cp1251"),
        '\ufeff<?xml version="1.0" encoding="UTF-16"?><a>é</a>'.encode("utf-16-le"),
        "<a>é</a>".encode("utf-16-be"),
        "\ufeff<a>é</a>".encode(),
    ],
)
def test_xml_of_any_encoding_becomes_utf_8(data):
    element = etree.fromstring(read_source(data, FILE).xml)
    assert element.text in {"é", "ж"}


def test_lines_stay_where_they_are():
    xml = read_source(b"<?xml version='1.0'\n?>\r\n<a>\r\n<b/></a>", FILE).xml
    assert etree.fromstring(xml)[0].sourceline == 4


def test_a_document_type_is_refused_with_its_line(samples):
    found = problem((samples / "evil/xxe.xml").read_bytes())
    assert (found.code, found.line, found.step) == ("xml-doctype", 1, "read")
    bomb = b'<!DOCTYPE a [<!ENTITY x "lol"><!ENTITY y "&x;&x;">]><a b="&y;">&y;</a>'
    assert problem(b"\n" + bomb).line == 2


@pytest.mark.parametrize(
    ("data", "line", "says"),
    [
        (b"<a>\n<b>\n</a>", 3, "mismatched tag"),
        (b"<a>\n<x:b/></a>", 2, "unbound prefix"),
        (b"<a/>\n<b/>", 2, "junk after document element"),
        (b"<a>\n\xff</a>", 2, "does not fit the encoding utf-8"),
        (b"<a>\n\x01</a>", 2, "not well-formed"),
        (b'<?xml version="1.0" encoding="klingon"?><a/>', 1, "'klingon' is not known"),
        (b'<?xml version="1.0" encoding="base64"?><a/>', 1, "'base64' is not known"),
        ("\ufeff<a>".encode("utf-16-le") + b"\x00\xd8", 1, "does not fit"),
    ],
)
def test_broken_xml_names_its_line(data, line, says):
    found = problem(data)
    assert found.code == "xml-syntax"
    assert says in found.message
    assert found.line == line


def test_xml_that_is_too_deep_is_refused():
    assert read_source(b"<a>" * 20 + b"</a>" * 20, FILE).xml
    found = problem(b"<a>\n" * 21 + b"</a>" * 21)
    assert (found.code, found.line) == ("xml-depth", 21)


@given(st.binary(max_size=300))
def test_no_bytes_make_a_reader_fail_otherwise(data):
    for start in (b"", b"<", b"<?xml ", b"\xff\xfe<\0"):
        try:
            source = read_source(start + data, FILE)
        except Unfit as unfit:
            seen = unfit.problem.code
        else:
            seen = etree.fromstring(source.xml).tag
        assert seen


def test_every_reader_is_in_the_table():
    assert set(READERS) >= {"edifact", "x12", "xml", "other"}
