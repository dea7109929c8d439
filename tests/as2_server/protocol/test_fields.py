import pytest
from hypothesis import given
from hypothesis import strategies as st

from as2_server.protocol.dispositions import ProtocolError
from as2_server.protocol.fields import MAX_FIELDS, Fields, Value


def test_names_are_read_in_any_case():
    fields = Fields.parse(b"content-TYPE: text/plain\r\nX: 1\r\nX: 2\r\n")
    assert fields.get("Content-Type") == "text/plain"
    assert fields.all("x") == ["1", "2"]
    assert fields.get("missing") == ""


def test_folded_lines_and_bare_line_feeds_are_understood():
    fields = Fields.parse(b"A: one\r\n\ttwo\nB:three\n")
    assert fields.items == (("A", "one two"), ("B", "three"))


def test_raw_utf_8_and_latin_1_names_are_kept():
    assert Fields.parse("A: ü".encode()).get("a") == "ü"
    assert Fields.parse("A: ü".encode("latin-1")).get("a") == "ü"


@pytest.mark.parametrize("block", [b"no colon", b"bad name: x", b": x", b"\r\n\r\nA"])
def test_what_is_no_field_is_refused(block):
    with pytest.raises(ProtocolError, match="no header field"):
        Fields.parse(block)


def test_a_flood_of_fields_is_refused():
    with pytest.raises(ProtocolError, match=f"more than {MAX_FIELDS}"):
        Fields.of([("A", "b")] * (MAX_FIELDS + 1))
    with pytest.raises(ProtocolError, match="exceed"):
        Fields.of([("A", "b" * 70_000)])
    with pytest.raises(ProtocolError, match="exceed"):
        Fields.parse(b"A: " + b"b" * 70_000)


def test_a_field_that_contradicts_itself_is_refused():
    fields = Fields.of([("AS2-From", "a"), ("as2-from", "b")])
    with pytest.raises(ProtocolError, match="twice"):
        fields.one("AS2-From")
    assert Fields.of([("A", "b"), ("a", "b")]).one("A") == "b"


@pytest.mark.parametrize(
    ("text", "main", "boundary"),
    [
        ('multipart/Signed; boundary="a;\\"b"', "multipart/signed", 'a;"b'),
        ("multipart/signed;boundary=a ; x=y", "multipart/signed", "a"),
        ("multipart/signed; BOUNDARY = =_x", "multipart/signed", "=_x"),
        ('multipart/signed; boundary="open', "multipart/signed", '"open'),
        ("", "", ""),
        (";;boundary=b;boundary=c", "", "b"),
    ],
)
def test_parameters_are_read_quoted_or_not(text, main, boundary):
    value = Value.parse(text)
    assert (value.main, value.get("boundary")) == (main, boundary)


@given(st.text(max_size=300))
def test_any_text_is_a_value(text):
    assert isinstance(Value.parse(text).main, str)


def test_long_garbage_is_read_in_linear_time():
    for text in (";" * 60_000, "; " * 30_000, ';a="' * 15_000, ';a="\\' * 12_000):
        assert Value.parse(text).main == ""
