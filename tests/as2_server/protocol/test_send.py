import io
from dataclasses import replace

import pytest
from as2_builders import NOW, a_wire

from as2_server.protocol.cms.encrypt import EncryptFor
from as2_server.protocol.fields import Fields
from as2_server.protocol.headers import As2Id, parse_request
from as2_server.protocol.send import (
    Addressing,
    Compression,
    Document,
    Protection,
    Receipt,
    build,
)
from gateway.core.errors import Invalid, StorageError

ADDRESSING = Addressing(
    message_id="<1@ann>",
    sender=As2Id("Ann Ltd"),
    receiver=As2Id("bob"),
    date=NOW,
    subject="order",
    receipt=Receipt(digests=("sha256", "sha1"), to="as2@ann", url="http://ann/mdn"),
)


def test_the_headers_say_what_is_wanted():
    request = parse_request(ADDRESSING.fields())
    assert request.message_id == "<1@ann>"
    assert request.sender == As2Id("Ann Ltd")
    assert request.subject == "order"
    assert request.receipt
    assert request.receipt.signed
    assert request.receipt.url == "http://ann/mdn"
    assert [name.digest for name in request.receipt.mics] == ["sha256", "sha1"]
    assert dict(ADDRESSING.fields())["AS2-Version"] == "1.2"


def test_an_unsigned_mdn_or_none_can_be_asked_for():
    unsigned = replace(ADDRESSING, receipt=Receipt(signed=False))
    receipt = parse_request(unsigned.fields()).receipt
    assert receipt
    assert not receipt.signed
    assert not receipt.url
    none = replace(ADDRESSING, receipt=None, subject="")
    assert parse_request(none.fields()).receipt is None
    assert "Subject" not in dict(none.fields())


def test_a_header_cannot_break_out_of_its_line():
    with pytest.raises(Invalid, match="line ends"):
        replace(ADDRESSING, subject="a\r\nB: c").fields()
    with pytest.raises(Invalid, match="line ends"):
        a_wire(b"", content_type="a/b\nC: d")


def test_no_header_is_folded(ann, bob):
    wire = a_wire(b"x" * 500, ann, bob, name="long name " * 20)
    assert all("\n" not in value for _, value in wire.built.fields)


@pytest.mark.parametrize("compression", Compression)
@pytest.mark.parametrize("size", [1000, 3 << 20])
def test_the_size_that_was_planned_is_the_size(ann, bob, compression, size):
    wire = a_wire(bytes(size), ann, bob, compression=compression)
    assert wire.built.size == len(wire.body)


def test_a_document_that_is_short_is_our_own_fault():
    document = Document(source=io.BytesIO(b"abc"), size=4)
    with pytest.raises(StorageError, match="1 bytes shorter"):
        build(document, Protection(), io.BytesIO())


def test_encryption_needs_a_recipient_and_a_known_cipher(bob):
    with pytest.raises(Invalid, match="no certificate"):
        EncryptFor([], "aes256-cbc")
    with pytest.raises(Invalid, match="rot13"):
        EncryptFor([bob.pair.certificate], "rot13")


def test_a_file_name_is_quoted_and_spelt_twice_when_it_is_not_ascii():
    plain = a_wire(b"", name="a b.edi")
    quoted = Fields.of(plain.built.fields).get("Content-Disposition")
    assert quoted == 'attachment; filename="a b.edi"'
    wire = a_wire(b"", name='ü"\\.edi')
    assert Fields.of(wire.built.fields).get("Content-Disposition") == (
        "attachment; filename=\"___.edi\"; filename*=utf-8''%C3%BC%22%5C.edi"
    )


def test_the_mic_of_a_plain_message_leaves_the_headers_out():
    one = a_wire(b"same", name="a", content_type="a/b")
    two = a_wire(b"same", name="b", content_type="c/d")
    assert one.built.mic == two.built.mic
