"""Evidence: openssl alone confirms who signed what, and that nothing was changed."""

import subprocess
from io import BytesIO
from itertools import product
from pathlib import Path

import pytest
from as2_builders import a_wire
from as2_evidence import unpacked, verify
from as2_station import SIGNED
from cryptography.hazmat.primitives import serialization as form
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import pkcs7

from as2_server.exhibit import Exhibits
from as2_server.protocol.mime import base64_lines
from as2_server.protocol.send import Compression, Receipt
from gateway.adapters.vault import FileVault
from gateway.core.as2_log import Opening
from gateway.core.errors import NotFound, StorageError
from gateway.core.model import TransferId
from gateway.engine.desk.evidence import Evidence

DATA = b"UNB+UNOA:1'\nno CRLF at all\n\x00\xff"
KINDS = {"plain": "", "signed": "s", "encrypted": "e", "both": "se"}


@pytest.fixture
def evidence(station, tmp_path):
    work = tmp_path / "work"
    work.mkdir()
    vault = FileVault.create(tmp_path / "master.key")
    exhibits = Exhibits(work)
    return Evidence(station.db, station.blobs, station.book, exhibits, work, vault)


async def post(station, kind: str, compression: Compression, receipt, **wire):
    station.configure(require_signed=False, require_encrypted=False)
    headers, _, _ = station.message(receipt=receipt, plain=True)
    headers = [pair for pair in headers if not pair[0].startswith("Content-")]
    made = a_wire(
        DATA,
        station.ann if "s" in kind else None,
        station.bob if "e" in kind else None,
        compression=compression,
        **wire,
    )
    reply = await station.request(
        headers=[*headers, *made.built.fields], data=made.body
    )
    assert reply.disposition == "processed" if receipt else not reply.body
    (row,) = await station.transfers()
    return row["uuid"]


@pytest.mark.parametrize(
    ("kind", "compression"),
    list(product(KINDS.values(), Compression)),
    ids=lambda value: getattr(value, "value", value) or "plain",
)
async def test_openssl_confirms_every_kind_of_message(
    station, evidence, tmp_path, kind, compression
):
    transfer = await post(station, kind, compression, SIGNED)
    folder = await unpacked(evidence, transfer, tmp_path / "zip")
    code, told = verify(folder)
    assert code == 0, told
    assert "good  message-1: the document is in it\n" in told
    assert "good  message-1: the MIC\n" in told
    assert "the MDN has the same MIC" in told
    assert "the MDN is for this message" in told
    assert "message-1/mdn: signed by subject=CN=bob" in told.replace(" = ", "=")
    assert ("message-1: signed by" in told) == ("s" in kind)
    assert (folder / "document" / "order.edi").read_bytes() == DATA
    assert not list((tmp_path / "work").iterdir())


@pytest.mark.parametrize("digest", ["sha1", "sha512"])
async def test_other_digests_and_unsigned_mdns(station, evidence, tmp_path, digest):
    receipt = Receipt(signed=False, digests=(digest,))
    transfer = await post(station, "se", Compression.NONE, receipt, digest=digest)
    code, told = verify(await unpacked(evidence, transfer, tmp_path / "zip"))
    assert code == 0, told
    assert "message-1/mdn: there is no signature" in told
    assert "the MDN has the same MIC" in told


async def test_a_message_without_an_mdn(station, evidence, tmp_path):
    transfer = await post(station, "se", Compression.NONE, None)
    code, told = verify(await unpacked(evidence, transfer, tmp_path / "zip"))
    assert code == 0, told
    assert "there is no MDN" in told


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("document/order.edi", "was changed"),
        ("message-1/body.bin", "was changed"),
        ("message-1/content.bin", "the signature does not fit"),
        ("message-1/mic.txt", "MIC"),
        ("message-1/message-id.txt", "another message"),
        ("message-1/mdn/content.bin", "message-1/mdn: the signature does not fit"),
    ],
)
async def test_a_changed_file_is_seen(station, evidence, tmp_path, name, complaint):
    transfer = await post(station, "se", Compression.NONE, SIGNED)
    folder = await unpacked(evidence, transfer, tmp_path / "zip")
    file = folder / name
    file.write_bytes(b"X" + file.read_bytes())
    code, told = verify(folder)
    assert code == 1
    assert complaint in told


async def test_another_certificate_does_not_fit(station, evidence, tmp_path):
    transfer = await post(station, "s", Compression.NONE, SIGNED)
    folder = await unpacked(evidence, transfer, tmp_path / "zip")
    (folder / "message-1" / "signer.pem").write_bytes(
        (folder / "message-1" / "mdn" / "signer.pem").read_bytes()
    )
    assert "WRONG message-1: the signature does not fit" in verify(folder)[1]


async def test_no_password_and_no_private_key_is_in_it(station, evidence, tmp_path):
    transfer = await post(station, "se", Compression.NONE, SIGNED)
    folder = await unpacked(evidence, transfer, tmp_path / "zip")
    for file in folder.rglob("*"):
        if file.is_file():
            assert b"PRIVATE" not in file.read_bytes()


async def test_without_the_key_the_rest_is_there(station, evidence, tmp_path):
    transfer = await post(station, "se", Compression.NONE, SIGNED)
    station.book.keys.clear()
    station.book.keys[station.book.profiles.copy().popitem()[0]] = []
    folder = await unpacked(evidence, transfer, tmp_path / "zip")
    assert not (folder / "message-1" / "content.bin").exists()
    code, told = verify(folder)
    assert code == 0
    assert "the MDN has the same MIC" in told


async def test_what_was_rejected_has_evidence_too(station, evidence, eve, tmp_path):
    await station.send(signer=eve)
    (row,) = await station.transfers()
    folder = await unpacked(evidence, row["uuid"], tmp_path / "zip")
    told = (folder / "message-1" / "mdn" / "content.bin").read_bytes()
    assert b"authentication-failed" in told
    assert verify(folder)[0] == 0


async def test_there_is_none_without_as2(station, evidence, monkeypatch):
    with pytest.raises(NotFound, match="There is no transfer"):
        await evidence.zip(TransferId("x"))
    transfer = await post(station, "se", Compression.NONE, SIGNED)
    (row,) = await station.transfers()
    (station.blobs.root / row["sha256"][:2] / row["sha256"]).unlink()
    with pytest.raises(StorageError, match="evidence of"):
        await evidence.zip(TransferId(transfer))


def opaque(content: bytes, person, folder: Path) -> bytes:
    """Sign with openssl, the content inside the signature."""
    key = person.key.private_bytes(
        form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption()
    )
    certificate = person.certificate.public_bytes(form.Encoding.PEM)
    (folder / "signer.pem").write_bytes(key + certificate)
    command = "openssl cms -sign -binary -nodetach -outform DER -signer signer.pem"
    return subprocess.run(
        command.split(), cwd=folder, input=content, capture_output=True, check=True
    ).stdout


async def test_a_signature_with_the_content_inside(station, evidence, tmp_path, ann):
    station.configure(require_signed=False, require_encrypted=False)
    headers, _, _ = station.message(plain=True)
    headers = [pair for pair in headers if not pair[0].startswith("Content-")]
    kind = 'application/pkcs7-mime; smime-type=signed-data; name="smime.p7m"'
    body = opaque(b"Content-Type: text/plain\r\n\r\n" + DATA, ann, tmp_path)
    reply = await station.request(
        headers=[
            *headers,
            ("Content-Type", kind),
            ("Content-Transfer-Encoding", "base64"),
        ],
        data=base64_lines(body),
    )
    assert reply.disposition == "processed"
    (row,) = await station.transfers()
    folder = await unpacked(evidence, row["uuid"], tmp_path / "zip")
    assert (folder / "message-1" / "signature.p7m").read_bytes() == body
    code, told = verify(folder)
    assert code == 0, told
    assert "good  message-1: signed by" in told
    (folder / "message-1" / "content.bin").write_bytes(b"other")
    assert "WRONG message-1: the signature does not fit" in verify(folder)[1]


@pytest.mark.parametrize("change", [b"", b"\r\n"], ids=["less", "more"])
async def test_a_signature_with_one_line_end_less_or_more(
    station, evidence, tmp_path, ann, change
):
    """Some products sign without the last CRLF, some with the boundary's."""
    station.configure(require_signed=False, require_encrypted=False)
    headers, _, _ = station.message(plain=True)
    headers = [pair for pair in headers if not pair[0].startswith("Content-")]
    entity = b"Content-Type: text/plain\r\n\r\nhello"
    sent, signed = (
        (entity + b"\r\n", entity) if not change else (entity, entity + change)
    )
    builder = pkcs7.PKCS7SignatureBuilder().set_data(signed)
    signature = builder.add_signer(ann.certificate, ann.key, SHA256()).sign(
        form.Encoding.DER,
        [pkcs7.PKCS7Options.DetachedSignature, pkcs7.PKCS7Options.Binary],
    )
    body = (
        b"--b\r\n"
        + sent
        + b"\r\n--b\r\nContent-Type: application/pkcs7-signature\r\n"
        + b"Content-Transfer-Encoding: base64\r\n\r\n"
        + base64_lines(signature)
        + b"\r\n--b--\r\n"
    )
    kind = (
        'multipart/signed; protocol="application/pkcs7-signature"; '
        "micalg=sha-256; boundary=b"
    )
    reply = await station.request(headers=[*headers, ("Content-Type", kind)], data=body)
    assert reply.disposition == "processed"
    (row,) = await station.transfers()
    folder = await unpacked(evidence, row["uuid"], tmp_path / "zip")
    assert (folder / "message-1" / "content.bin").read_bytes() == signed
    code, told = verify(folder)
    assert code == 0, told


def test_what_was_never_a_message_makes_no_exhibit(tmp_path):
    exhibits = Exhibits(tmp_path)
    out = BytesIO()
    broken = [("Content-Type", "multipart/signed; boundary=b")]
    body = BytesIO(b"--b\r\nx\r\n--b--\r\n")
    assert exhibits(broken, body, Opening(), None, None, out) is None
    assert exhibits(broken, body, Opening(), b"no certificate", None, out) is None
