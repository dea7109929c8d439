"""Evidence of what we sent: from the document to the partner's signed receipt."""

from itertools import product

import pytest
from as2_evidence import flip, rewrite_sums, unpacked, verify
from as2_sending import sending
from fakes import FakeClock

from as2_server.exhibit import Exhibits
from as2_server.protocol.dispositions import INTEGRITY_FAILED
from gateway.core.as2 import NONE
from gateway.core.model import Sent
from gateway.engine.desk.evidence import Evidence

DATA = b"UNB+UNOA:1'\nno CRLF at all\n\x00\xff"
KINDS = {"plain": "", "signed": "s", "encrypted": "e", "both": "se"}
COMPRESSIONS = ("none", "before-signing", "after-signing")


@pytest.fixture
async def world(db, tmp_path, ann, bob):
    async with sending(db, tmp_path, FakeClock(), ann, bob) as up:
        yield up


@pytest.fixture
def evidence(world, tmp_path):
    work = tmp_path / "work"
    work.mkdir()
    return Evidence(
        world.db, world.blobs, world.book, Exhibits(work), work, world.vault
    )


async def delivered(world, kind="se", compression="none", data=DATA, **changes):
    world.configure(
        signing="sha256" if "s" in kind else NONE,
        encryption=changes.pop("cipher", "aes256-cbc") if "e" in kind else NONE,
        compression=compression,
        **changes,
    )
    parcel = await world.parcel(data)
    assert isinstance(await world.send(parcel), Sent)
    return parcel.transfer


@pytest.mark.parametrize(
    ("kind", "compression"),
    list(product(KINDS.values(), COMPRESSIONS)),
    ids=lambda value: value or "plain",
)
async def test_openssl_ties_the_document_to_the_signed_receipt(
    world, evidence, tmp_path, kind, compression
):
    transfer = await delivered(world, kind, compression)
    folder = await unpacked(evidence, transfer, tmp_path / "zip")
    code, told = verify(folder)
    assert code == 0, told
    assert "good  message-1: the document is in it\n" in told
    assert "good  message-1: the MIC\n" in told
    assert "good  message-1: the MDN has the same MIC\n" in told
    assert "good  message-1: the MDN is for this message\n" in told
    assert "good  message-1/mdn: signed by subject=CN=bob" in told.replace(" = ", "=")
    assert ("good  message-1: signed by" in told) == ("s" in kind)
    (folder / "document" / "order.edi").write_bytes(DATA + b"\n")
    rewrite_sums(folder)
    code, told = verify(folder)
    assert (code, "WRONG message-1: the document" in told) == (1, True), told
    assert not list((tmp_path / "work").iterdir())


@pytest.mark.parametrize("size", [0, 3_000_000])
async def test_empty_and_large_documents(world, evidence, tmp_path, size):
    data = bytes(range(250)) * (size // 250)
    transfer = await delivered(world, "se", "before-signing", data, cipher="aes256-gcm")
    folder = await unpacked(evidence, transfer, tmp_path / "zip")
    code, told = verify(folder)
    assert code == 0, told
    assert "good  message-1: the document is in it\n" in told


async def test_no_file_can_be_changed_unseen(world, evidence, tmp_path):
    transfer = await delivered(world)
    folder = await unpacked(evidence, transfer, tmp_path / "zip")
    files = [
        file
        for file in folder.rglob("*")
        if file.is_file() and file.name not in {"verify.sh", "SHA256SUMS"}
    ]
    assert {"order.edi", "body.bin", "signer.pem", "1.pem"} <= {f.name for f in files}
    assert verify(folder)[0] == 0
    for file in files:
        flip(file, file.stat().st_size // 2)
    code, told = verify(folder)
    assert code == 1
    for file in files:
        assert f"WRONG {file.relative_to(folder)} was changed\n" in told


async def test_without_its_digests_a_zip_is_no_evidence(world, evidence, tmp_path):
    folder = await unpacked(evidence, await delivered(world), tmp_path / "zip")
    (folder / "SHA256SUMS").unlink()
    code, told = verify(folder)
    assert (code, "WRONG SHA256SUMS is missing\n" in told) == (1, True)


@pytest.mark.parametrize(
    "name",
    [
        "document/order.edi",
        "message-1/content.bin",
        "message-1/mic.txt",
        "message-1/message-id.txt",
        "message-1/signature.p7s",
        "message-1/mdn/content.bin",
        "message-1/mdn/signature.p7s",
    ],
)
async def test_new_sums_do_not_hide_a_change(world, evidence, tmp_path, name):
    transfer = await delivered(world)
    folder = await unpacked(evidence, transfer, tmp_path / "zip")
    flip(folder / name, (folder / name).stat().st_size - 10)
    rewrite_sums(folder)
    assert verify(folder)[0] == 1


@pytest.mark.parametrize("part", ["message-1", "message-1/mdn"])
async def test_another_certificate_is_not_the_signer(world, evidence, tmp_path, part):
    transfer = await delivered(world)
    folder = await unpacked(evidence, transfer, tmp_path / "zip")
    other = "message-1/mdn" if part == "message-1" else "message-1"
    pem = (folder / other / "signer.pem").read_bytes()
    (folder / part / "signer.pem").write_bytes(pem)
    rewrite_sums(folder)
    code, told = verify(folder)
    assert (code, f"WRONG {part}: the signature does not fit" in told) == (1, True)


async def test_each_message_that_was_built_is_there(world, evidence, tmp_path):
    world.partner.script.append(
        lambda post: world.partner.mdn(post, INTEGRITY_FAILED, mic=None)
    )
    parcel = await world.parcel(DATA)
    assert not isinstance(await world.send(parcel), Sent)
    assert isinstance(await world.send(parcel), Sent)
    folder = await unpacked(evidence, parcel.transfer, tmp_path / "zip")
    code, told = verify(folder)
    assert code == 0, told
    assert "note  message-1: the MDN shows no MIC" in told
    assert "good  message-2: the MDN has the same MIC" in told


async def test_the_content_key_is_sealed_and_not_in_the_zip(world, evidence, tmp_path):
    transfer = await delivered(world)
    [row] = await world.rows("as2_sent")
    key = world.vault.open(row.content_key, "as2-content-key")
    assert len(key) == 32
    folder = await unpacked(evidence, transfer, tmp_path / "zip")
    held = [file.read_bytes() for file in folder.rglob("*") if file.is_file()]
    assert not any(key in data or b"PRIVATE" in data for data in held)
