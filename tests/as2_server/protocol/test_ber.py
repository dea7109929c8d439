import pytest
from hypothesis import given
from hypothesis import strategies as st

from as2_server.protocol.ber import (
    BerReader,
    Item,
    der,
    integer,
    items,
    length,
    oid,
    set_of,
    tlv,
)
from as2_server.protocol.dispositions import ProtocolError
from as2_server.protocol.reader import Reader


def reader(data: bytes, packet: int = 1 << 20) -> BerReader:
    chunks = [data[at : at + packet] for at in range(0, len(data), packet)]
    return BerReader(Reader(chunks))


def octets(data: bytes, packet: int = 1 << 20) -> bytes:
    ber = reader(data, packet)
    return b"".join(ber.octets(*ber.header()))


@pytest.mark.parametrize(
    ("size", "encoded"),
    [(0, b"\0"), (127, b"\x7f"), (128, b"\x81\x80"), (65536, b"\x83\1\0\0")],
)
def test_lengths_are_minimal(size, encoded):
    assert length(size) == encoded


def test_identifiers_and_numbers_are_encoded():
    assert oid("1.2.840.113549") == bytes.fromhex("06062a864886f70d")
    assert oid("2.16.840.1.101.3.4.2.1").hex() == "0609608648016503040201"
    assert integer(0) == b"\2\1\0"
    assert integer(128) == b"\2\2\0\x80"
    assert set_of(b"\2\1\2", b"\2\1\1") == b"1\6\2\1\1\2\1\2"


@given(st.binary(max_size=400), st.integers(1, 50))
def test_what_is_written_is_read(data, packet):
    assert octets(tlv(4, data), packet) == data
    [item] = items(tlv(4, data))
    assert item.body == data
    assert reader(tlv(0x30, tlv(4, data)), packet).item(500).items()[0].body == data


@pytest.mark.parametrize("packet", [1, 3, 100])
@pytest.mark.parametrize(
    "encoded",
    [
        b"\4\5hello",
        b"\4\x81\5hello",
        b"\4\x84\0\0\0\5hello",
        b"\x24\x80\4\2he\4\3llo\0\0",
        b"\x24\x09\4\2he\4\3llo",
        b"\x24\x80\x24\x80\4\2he\0\0\4\0\4\3llo\0\0",
    ],
)
def test_octet_strings_come_in_many_forms(encoded, packet):
    assert octets(encoded, packet) == b"hello"


def test_an_indefinite_structure_is_made_definite():
    encoded = b"\x30\x80\x31\x80\x02\x01\x05\0\0\x24\x80\4\1a\4\1b\0\0\0\0"
    item = reader(encoded).item(100)
    assert item.whole == b"\x30\x0d\x31\x03\x02\x01\x05\x24\x06\4\1a\4\1b"
    assert der(item) == b"\x30\x09\x31\x03\x02\x01\x05\4\2ab"
    outer = tlv(0x30, encoded)
    assert reader(outer).item(100).items()[0].whole == item.whole


def test_der_sorts_sets_and_shortens_lengths():
    item = items(b"\x31\x81\x06\2\1\2\2\1\1")[0]
    assert der(item) == b"1\6\2\1\1\2\1\2"


@pytest.mark.parametrize(
    "bad",
    [
        b"",
        b"\4",
        b"\4\5hell",
        b"\4\x80hello\0\0",
        b"\x24\x80\2\1x\0\0",
        b"\x24\5\4\2he\4\3llo",
        b"\x24\3\4\2he",
        b"\x1f\1x",
        b"\4\x89" + bytes(9),
        b"\x24\x80" * 30,
    ],
)
def test_a_damaged_octet_string_is_refused(bad):
    with pytest.raises(ProtocolError):
        octets(bad)


@pytest.mark.parametrize(
    "bad",
    [
        b"\x30\x80" * 40,
        b"\4\x80\0\0",
        b"\x30\x82\2\0",
        b"\x30\x80" + b"\4\x40" + bytes(64),
    ],
)
def test_an_element_is_bounded_in_depth_and_size(bad):
    with pytest.raises(ProtocolError):
        reader(bad).item(50)


def test_many_small_elements_are_bounded_too():
    with pytest.raises(ProtocolError, match="exceeds"):
        reader(b"\x30\x80" + b"\4\x0a0123456789" * 10).item(50)


@pytest.mark.parametrize(
    "bad",
    [b"\x30", b"\x30\x05\0", b"\x30\x80\0\0", b"\x30\x89" + bytes(9), b"\5\0" * 3000],
)
def test_what_is_no_row_of_elements_is_refused(bad):
    with pytest.raises(ProtocolError):
        items(bad)


def test_what_is_missing_or_of_another_kind_is_refused():
    with pytest.raises(ProtocolError, match="incomplete"):
        items(b"", 1)
    with pytest.raises(ProtocolError, match="in place of"):
        items(b"\5\0")[0].expect(4)
    with pytest.raises(ProtocolError, match="in place of"):
        reader(b"\5\0").open(0x30)
    with pytest.raises(ProtocolError, match="not built"):
        items(b"\5\0")[0].items()


def test_der_of_something_too_deep_is_refused():
    data = b"\5\0"
    for _ in range(40):
        data = tlv(0x30, data)
    with pytest.raises(ProtocolError, match="too deep"):
        der(items(data)[0])


def test_a_flood_of_ends_is_refused_at_once():
    chunks = iter([bytes(1 << 18)] * 2)
    with pytest.raises(ProtocolError, match="more often than it begins"):
        BerReader(Reader(chunks)).ends()
    assert next(chunks)


def test_looking_ahead_moves_nothing():
    """Else 256 KB of tiny elements cost gigabytes of copying."""
    stream = Reader([b"ab", b"cdef"])
    assert [stream.peek(2), stream.peek(3), stream.exact(1)] == [b"ab", b"abc", b"a"]
    whole = bytearray(b"x" * (1 << 20))
    large = Reader([bytes(whole)])
    large.exact(1)
    head = large._head
    assert large.peek(2) == b"xx"
    assert large._head is head


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(data):
    for read in (items, lambda d: reader(d).item(100), octets):
        try:
            found = read(data)
        except ProtocolError:
            continue
        if isinstance(found, Item):
            assert items(found.whole) == [found]
