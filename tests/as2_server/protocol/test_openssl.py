"""The `openssl cms` command as the other side, both ways."""

import itertools
import shutil
import subprocess
from pathlib import Path

import pytest
from as2_builders import Person, a_wire, unwrap
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from as2_server.protocol.mime import Multipart, armoured, base64_lines, read_fields
from as2_server.protocol.reader import Reader
from as2_server.protocol.send import Compression

OPENSSL = shutil.which("openssl")
ENTITY = b"Content-Type: application/xml\r\n\r\n<a/>\r\n"

pytestmark = pytest.mark.skipif(OPENSSL is None, reason="no openssl command")


@pytest.fixture(scope="session")
def keys(tmp_path_factory, ann, bob, eve) -> Path:
    folder = tmp_path_factory.mktemp("keys")
    for person in (ann, bob, eve):
        private = person.key.private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
        )
        (folder / f"{person.name}.key").write_bytes(private)
        (folder / f"{person.name}.crt").write_bytes(
            person.certificate.public_bytes(Encoding.PEM)
        )
    return folder


def openssl(folder: Path, data: bytes, *arguments: str) -> bytes:
    done = subprocess.run(
        [OPENSSL or "", "cms", *arguments],
        input=data,
        cwd=folder,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


CMS = [("Content-Type", "application/pkcs7-mime")]


@pytest.mark.parametrize("stream", [[], ["-stream"]])
@pytest.mark.parametrize(
    "options",
    [
        ["-aes-256-cbc", "bob.crt"],
        ["-aes-192-cbc", "bob.crt"],
        ["-aes-128-cbc", "bob.crt"],
        ["-des3", "bob.crt"],
        ["-aes-256-gcm", "bob.crt"],
        ["-aes-128-gcm", "bob.crt"],
        ["-aes-256-cbc", "eve.crt", "bob.crt"],
        ["-aes-256-cbc", "-keyid", "bob.crt"],
        ["-aes-256-cbc", "-recip", "bob.crt", "-keyopt", "rsa_padding_mode:oaep"],
        [
            "-aes-256-cbc",
            "-recip",
            "bob.crt",
            "-keyopt",
            "rsa_padding_mode:oaep",
            "-keyopt",
            "rsa_oaep_md:sha256",
        ],
        [
            "-aes-256-cbc",
            "-recip",
            "bob.crt",
            "-keyopt",
            "rsa_padding_mode:oaep",
            "-keyopt",
            "rsa_oaep_md:sha512",
            "-keyopt",
            "rsa_mgf1_md:sha1",
        ],
        [
            "-aes-256-cbc",
            "-recip",
            "bob.crt",
            "-keyopt",
            "rsa_padding_mode:oaep",
            "-keyopt",
            "rsa_oaep_label:4142",
        ],
    ],
    ids=" ".join,
)
def test_we_decrypt_what_openssl_encrypts(keys, ann, bob, options, stream):
    body = openssl(
        keys, ENTITY, "-encrypt", "-binary", "-outform", "DER", *stream, *options
    )
    assert unwrap(CMS, body, bob, ann).payloads == [b"<a/>\r\n"]


PSS = ["-keyopt", "rsa_padding_mode:pss"]
SIGNINGS = [
    ["-md", "sha256"],
    ["-md", "sha1"],
    ["-md", "sha512", "-noattr"],
    ["-md", "sha384", "-keyid"],
    ["-md", "sha256", *PSS],
    ["-md", "sha256", *PSS, "-keyopt", "rsa_pss_saltlen:20"],
    ["-md", "sha256", *PSS, "-noattr"],
    ["-md", "sha512", *PSS, "-keyopt", "rsa_mgf1_md:sha1"],
    ["-md", "sha256", "-nocerts"],
    ["-md", "sha256", "-signer", "eve.crt", "-inkey", "eve.key"],
]


def sign(keys: Path, data: bytes, *options: str) -> bytes:
    return openssl(
        keys,
        data,
        "-sign",
        "-binary",
        "-outform",
        "DER",
        "-signer",
        "ann.crt",
        "-inkey",
        "ann.key",
        *options,
    )


def wrapped(entity: bytes, signature: bytes) -> tuple[list[tuple[str, str]], bytes]:
    """Put a detached signature and what it signs into a multipart/signed."""
    body = (
        b"--O\r\n" + entity + b"\r\n--O\r\nContent-Type: application/pkcs7-signature"
        b"\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + base64_lines(signature)
        + b"--O--\r\n"
    )
    return [("Content-Type", "multipart/signed; micalg=sha-256; boundary=O")], body


@pytest.mark.parametrize("options", SIGNINGS, ids=" ".join)
def test_we_verify_what_openssl_signs_detached(keys, ann, bob, options):
    outcome = unwrap(*wrapped(ENTITY, sign(keys, ENTITY, *options)), bob, ann)
    assert outcome.payloads == [b"<a/>\r\n"]
    assert outcome.good.signer
    assert outcome.good.remark == ""


# openssl 3.0 cannot write PSS in a stream
STREAMED = [[*options, "-stream"] for options in SIGNINGS if PSS[1] not in options]


@pytest.mark.parametrize("options", SIGNINGS + STREAMED, ids=" ".join)
def test_we_verify_what_openssl_signs_opaque(keys, ann, bob, options):
    body = sign(keys, ENTITY, "-nodetach", *options)
    outcome = unwrap(CMS, body, bob, ann)
    assert outcome.payloads == [b"<a/>\r\n"]
    assert outcome.good.signer


@pytest.mark.parametrize(
    ("signed", "remark"),
    [
        (ENTITY.removesuffix(b"\r\n"), "the signature leaves out the last CRLF"),
        (ENTITY + b"\r\n", "the signature adds a CRLF"),
    ],
)
def test_a_signature_with_one_crlf_less_or_more_is_known(
    keys, ann, bob, signed, remark
):
    outcome = unwrap(*wrapped(ENTITY, sign(keys, signed)), bob, ann)
    assert outcome.good.remark == remark


@pytest.mark.parametrize(
    ("cipher", "oaep"),
    [
        *itertools.product(
            ["aes256-cbc", "aes192-cbc", "aes128-cbc", "3des-cbc"], [""]
        ),
        *itertools.product(["aes256-gcm", "aes128-gcm"], ["", "sha256"]),
        ("aes256-cbc", "sha1"),
        ("aes256-cbc", "sha256"),
        ("aes256-cbc", "sha512"),
    ],
)
@pytest.mark.parametrize("size", [100, 2 << 20])
def test_openssl_decrypts_what_we_encrypt(keys, bob, cipher, oaep, size):
    for compression in (Compression.NONE, Compression.BEFORE_SIGNING):
        wire = a_wire(
            bytes(range(100)) * (size // 100),
            None,
            bob,
            cipher=cipher,
            oaep=oaep,
            compression=compression,
        )
        plain = openssl(
            keys,
            wire.body,
            "-decrypt",
            "-binary",
            "-inform",
            "DER",
            "-recip",
            "bob.crt",
            "-inkey",
            "bob.key",
        )
        assert plain.startswith(b"Content-Type: ")


def part_of(parts: Multipart) -> Reader:
    part = parts.next()
    assert part
    return part


@pytest.mark.parametrize("digest", ["md5", "sha1", "sha256", "sha384", "sha512"])
@pytest.mark.parametrize("pss", [False, True])
def test_openssl_verifies_what_we_sign(keys, ann, digest, pss):
    wire = a_wire(b"x\ny\r\nz\0", ann, digest=digest, pss=pss)
    parts = Multipart(Reader((wire.body,)), wire.fields.content_type)
    (keys / "content").write_bytes(part_of(parts).all(1000))
    signature = part_of(parts)
    read_fields(signature)
    out = openssl(
        keys,
        armoured(signature, "base64").all(10_000),
        "-verify",
        "-binary",
        "-inform",
        "DER",
        "-content",
        "content",
        "-noverify",
        "-certfile",
        "ann.crt",
    )
    assert out.endswith(b"\r\n\r\nx\ny\r\nz\0")


def test_a_wrong_person_is_no_signer(keys, ann, bob, eve):
    body = sign(keys, ENTITY, "-nodetach")
    assert isinstance(eve, Person)
    bad = unwrap(CMS, body, bob, eve).bad
    assert bad.disposition.detail == "authentication-failed"
