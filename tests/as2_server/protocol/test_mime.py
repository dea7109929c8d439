import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from as2_server.protocol.dispositions import UNSUPPORTED_FORMAT, ProtocolError
from as2_server.protocol.fields import Value
from as2_server.protocol.mime import Multipart, armoured, decoded, read_fields
from as2_server.protocol.reader import Reader

TYPE = Value.parse('multipart/mixed; boundary="b"')


def chopped(data: bytes, size: int) -> Reader:
    """Return the bytes in network packets of `size`."""
    return Reader(data[at : at + size] for at in range(0, len(data), size))


def parts_of(data: bytes, size: int = 1 << 20) -> list[bytes]:
    multipart = Multipart(chopped(data, size), TYPE)
    parts = []
    while part := multipart.next():
        parts.append(part.all(1 << 20))
    return parts


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 1000])
def test_parts_are_raw_bytes_whatever_the_packets(size):
    body = (
        b"preamble\r\n--b\r\nA: 1\r\n\r\none\r\n\r\n--b  \r\n\x00two\r\r\n--b--\r\nend"
    )
    assert parts_of(body, size) == [b"A: 1\r\n\r\none\r\n", b"\x00two\r"]


def test_the_first_boundary_may_be_the_first_line_and_the_last_the_end():
    assert parts_of(b"--b\r\none\r\n--b--") == [b"one"]


def test_bare_line_feeds_separate_too():
    assert parts_of(b"--b\none\n--b\ntwo\n--b--\n") == [b"one", b"two"]


def test_a_longer_boundary_is_not_this_one():
    assert parts_of(b"--b\r\n\r\n--bb\r\n--b-\r\n--b--") == [b"\r\n--bb\r\n--b-"]


def test_a_part_that_is_not_read_is_skipped():
    multipart = Multipart(Reader([b"--b\r\none\r\n--b\r\ntwo\r\n--b--"]), TYPE)
    assert multipart.next()
    second = multipart.next()
    assert second is not None
    assert second.all(10) == b"two"
    assert multipart.next() is None
    assert multipart.next() is None


@pytest.mark.parametrize("body", [b"", b"--b\r\none", b"--b", b"--b\r\n\r\n--b-"])
def test_a_missing_end_is_an_error(body):
    with pytest.raises(ProtocolError):
        parts_of(body)


def test_text_behind_a_boundary_is_an_error():
    with pytest.raises(ProtocolError, match="something else"):
        parts_of(b"--b x\r\none\r\n--b--")


@pytest.mark.parametrize("boundary", ["", "x" * 201, "ä"])
def test_an_unusable_boundary_is_an_error(boundary):
    with pytest.raises(ProtocolError, match="boundary"):
        Multipart(Reader([]), Value("multipart/mixed", {"boundary": boundary}))


@given(
    st.lists(st.binary(max_size=40).filter(lambda p: b"\n--b" not in b"\n" + p)),
    st.integers(1, 50),
)
def test_what_is_joined_comes_apart(parts, size):
    body = b"".join(b"--b\r\n" + part + b"\r\n" for part in parts) + b"--b--\r\n"
    assert parts_of(body, size) == parts


@pytest.mark.parametrize("size", [1, 4, 100])
@pytest.mark.parametrize(
    ("block", "items", "rest"),
    [
        (b"A: 1\r\nB: 2\r\n\r\nbody", 2, b"body"),
        (b"A: 1\n\nbody", 1, b"body"),
        (b"\r\nbody", 0, b"body"),
        (b"\nbody", 0, b"body"),
        (b"A: 1\r\n", 1, b""),
        (b"", 0, b""),
    ],
)
def test_a_header_block_ends_with_a_blank_line(size, block, items, rest):
    reader = chopped(block, size)
    assert len(read_fields(reader).items) == items
    assert reader.all(100) == rest


def test_a_header_block_without_end_is_refused():
    with pytest.raises(ProtocolError, match="exceed"):
        read_fields(Reader([b"A: b\r\n" * 1000] * 100))


@given(st.binary(max_size=300), st.integers(1, 50))
def test_base64_is_undone(data, size):
    text = base64.encodebytes(data).replace(b"\n", b"\r\n")
    assert b"".join(decoded(chopped(text, size), "base64")) == data


def test_base64_without_padding_is_undone():
    assert b"".join(decoded(Reader([b"QQ"]), "base64")) == b"A"


@pytest.mark.parametrize(
    "bad", [b"Q*==", b"QQ==QQ==", b"QQQQQ", b"Q=Q=", b"QQ==" * 400_000]
)
def test_what_is_no_base64_is_an_error(bad):
    with pytest.raises(ProtocolError, match="base64"):
        b"".join(decoded(Reader([bad[:500_000], bad[500_000:]]), "base64"))


@pytest.mark.parametrize("size", [1, 3, 100])
def test_quoted_printable_is_undone(size):
    text = b"a=C3=BC b=\r\nc\r\nd=3D"
    got = b"".join(decoded(chopped(text, size), "quoted-printable"))
    assert got == "aü bc\r\nd=".encode()


def test_an_endless_quoted_printable_line_is_refused():
    with pytest.raises(ProtocolError, match="too long"):
        b"".join(decoded(Reader([b"x" * 600_000] * 3), "quoted-printable"))


@pytest.mark.parametrize("encoding", ["", "binary", "7bit", "8bit"])
def test_the_identity_changes_nothing(encoding):
    assert b"".join(decoded(Reader([b"a\n\x00"]), encoding)) == b"a\n\x00"


def test_an_unknown_encoding_is_an_unsupported_format():
    with pytest.raises(ProtocolError) as caught:
        decoded(Reader([]), "uuencode")
    assert caught.value.disposition == UNSUPPORTED_FORMAT


@pytest.mark.parametrize("encoding", ["", "binary", "base64"])
def test_cms_is_found_whatever_the_encoding_claims(encoding):
    der = b"\x30\x03\x02\x01\x00"
    assert armoured(Reader([der]), encoding).all(10) == der
    assert armoured(Reader([base64.b64encode(der)]), encoding).all(10) == der


def test_quoted_printable_cms_is_decoded():
    assert armoured(Reader([b"=30=00"]), "quoted-printable").all(9) == b"\x30\x00"
