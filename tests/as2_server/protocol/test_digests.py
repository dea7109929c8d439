import base64
import hashlib

import pytest

from as2_server.protocol.digests import (
    Mic,
    MicName,
    Tally,
    digest_name,
    mic_names,
    strongest,
)
from as2_server.protocol.dispositions import ProtocolError


def sha1(data: bytes):
    return hashlib.sha1(data, usedforsecurity=False)


@pytest.mark.parametrize(
    ("spelling", "name"),
    [
        ("sha1", "sha1"),
        ("SHA-1", "sha1"),
        ("rsa-sha1", "sha1"),
        ("sha-256", "sha256"),
        ("sha2-512", "sha512"),
        ("SHA384", "sha384"),
        ("rsa-md5", "md5"),
        ("sha3-256", ""),
        ("", ""),
    ],
)
def test_every_spelling_is_known(spelling, name):
    assert digest_name(spelling) == name


def test_the_strongest_that_is_allowed_is_taken_as_spelt():
    names = mic_names(["sha1", "SHA-256", "unknown", "md5"])
    assert strongest(names) == MicName("sha256", "SHA-256")
    assert strongest(names, frozenset({"md5"})) == MicName("md5", "md5")
    assert strongest(()) is None


def test_a_mic_is_read_with_and_without_the_space():
    mic = Mic("sha1", b"12345", "sha-1")
    assert mic.text == "MTIzNDU=, sha-1"
    for text in ("MTIzNDU=, sha1", "MTIzNDU=,SHA-1", " MTIz NDU= ,\trsa-sha1 "):
        assert Mic.parse(text).same(mic)
    assert not Mic.parse("MTIzNDU=, md5").same(mic)


@pytest.mark.parametrize("bad", ["", "MTIzNDU=", "MTIzNDU=, tiger", "M*=, sha1"])
def test_what_is_no_mic_is_refused(bad):
    with pytest.raises(ProtocolError):
        Mic.parse(bad)


@pytest.mark.parametrize(
    "chunks",
    [
        [b"abc\r\n"],
        [b"a", b"b", b"", b"c\r", b"\n"],
        [b"abc", b"\r\n"],
        [b"abc\r\n", b""],
    ],
)
def test_a_tally_knows_the_stream_with_and_without_its_last_crlf(chunks):
    tally = Tally(["sha1"])
    for chunk in chunks:
        tally.update(chunk)
    whole, less, more = [v["sha1"] for v in tally.variants()]
    assert whole == sha1(b"abc\r\n").digest()
    assert less == sha1(b"abc").digest()
    assert more == sha1(b"abc\r\n\r\n").digest()


def test_without_a_last_crlf_nothing_is_left_out():
    tally = Tally(["sha256"])
    tally.update(b"x")
    whole, less, _ = tally.variants()
    assert whole == less
    mic = tally.mic(MicName("sha256", "SHA256"))
    assert (
        mic.text
        == base64.b64encode(hashlib.sha256(b"x").digest()).decode() + ", SHA256"
    )
