"""as2-lib, a Java product, as the partner; `make interop` fetches it by Maven.

Its MDNs are judged by our own strict reading, ours by its client, MICs included.
"""

import asyncio
import itertools
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from as2_builders import Person
from as2_line import As2Line, PartnerServer, as2_line, partner_server
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.serialization import Encoding, PrivateFormat, pkcs12
from drive.mail import free_port
from partners.cells import (
    COMPRESSIONS,
    LARGE,
    PAYLOADS,
    PROTECTIONS,
    Cell,
    Receipt,
    Way,
)
from partners.modes import MODES

from gateway.core.as2 import MdnMode
from gateway.core.model import MdnPending, Sent

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]


def cells(way: Way) -> list[Cell]:
    """Return every small cell, and 10 MB where everything is put on."""
    every = itertools.product(PROTECTIONS, COMPRESSIONS, Receipt, PAYLOADS)
    return [
        cell
        for cell in (Cell("as2-lib", way, *values) for values in every)
        if not other_mic(cell) and (cell.payload != LARGE or all_on(cell))
    ]


def all_on(cell: Cell) -> bool:
    return cell.signed and cell.encrypted and cell.receipt is Receipt.SYNC_SIGNED


def other_mic(cell: Cell) -> bool:
    """Whether as2-lib takes the MIC of something else than RFC 5402 says.

    Compressed before signing, it takes the inflated entity of a signed message when it
    receives, the compressed one of an unsigned message when it sends.
    """
    if cell.compression != "before-signing" or cell.receipt is Receipt.NONE:
        return False
    return cell.signed if cell.way is Way.OUT else not cell.signed


@pytest.fixture
def as2lib(request, tmp_path: Path, us: Person, them: Person) -> Sequence[str]:
    """Return the command that runs a class; the keys are in the test's folder."""
    folder = request.config.getoption("--as2lib")
    if not folder:
        pytest.skip("as2-lib is not here: `make interop` fetches it")
    old = (
        PrivateFormat.PKCS12.encryption_builder()  # the only kind that it can read
        .kdf_rounds(2000)
        .key_cert_algorithm(pkcs12.PBES.PBESv1SHA1And3KeyTripleDESCBC)
        .hmac_hash(SHA1())  # noqa: S303 - see above
        .build(b"secret")
    )
    pair = pkcs12.serialize_key_and_certificates(
        b"them", them.key, them.certificate, None, old
    )
    (tmp_path / "own.p12").write_bytes(pair)
    (tmp_path / "us.crt").write_bytes(us.certificate.public_bytes(Encoding.PEM))
    jars = Path(folder).resolve()
    return ["java", "-cp", f"{jars}/classes:{jars}/lib/*"]


@asynccontextmanager
async def java(*words: str | Path, folder: Path) -> AsyncIterator[Process]:
    child = await asyncio.create_subprocess_exec(
        *words, folder, stdin=PIPE, stdout=PIPE, cwd=folder
    )
    try:
        yield child
    finally:
        child.kill()
        await child.communicate()


async def said(child: Process) -> str:
    """Return its next answer; its log goes to standard output too."""
    assert child.stdout
    while line := await child.stdout.readline():
        if line.startswith(b"=> "):
            return line.decode()[3:].rstrip("\r\n")
    raise AssertionError("as2-lib ended")


async def test_what_as2_lib_sends_arrives_as_it_was(
    as2lib, db, tmp_path, clock, people
):
    async with (
        partner_server() as inbox,
        as2_line(db, tmp_path, clock, *people, recipient_url=inbox.url) as line,
        java(*as2lib, "Send", folder=tmp_path) as child,
    ):
        wrong = {}
        for cell in cells(Way.IN):
            found = await received(cell, child, line, inbox)
            if found:
                wrong[cell.label] = found
    assert not wrong, "\n".join(f"{k}: {v}" for k, v in wrong.items())


async def received(
    cell: Cell, child: Process, line: As2Line, inbox: PartnerServer
) -> str:
    document = line.folder / "document"
    document.write_bytes(cell.data)
    words = (cell.protection, cell.compression, cell.receipt.value, inbox.url)
    order = "\t".join((line.url, *words, str(document)))
    assert child.stdin
    child.stdin.write(f"{order}\n".encode())
    number, disposition, signed, mic, fault = (await said(child)).split("\t")
    if fault or await line.payloads(number) != [cell.data]:
        return f"{fault or 'the payload differs'} ({number}, {disposition})"
    if cell.receipt.later:
        inbox.posts.clear()
        await line.send_mdns()
        return "" if len(inbox.posts) == 1 else "no asynchronous MDN came"
    good = disposition.endswith("; processed") and mic and "MISMATCH" not in mic
    if cell.receipt is not Receipt.NONE and not good:
        return f"{disposition!r}, MIC {mic!r}"
    return "" if bool(signed) == cell.receipt.signed else "signed otherwise than asked"


async def test_what_we_send_arrives_at_as2_lib_as_it_was(
    as2lib, db, tmp_path, clock, people
):
    port = free_port()
    url = f"http://127.0.0.1:{port}/"
    async with (
        as2_line(db, tmp_path, clock, *people, recipient_url=url) as line,
        java(*as2lib, f"-Dport={port}", "Receive", folder=tmp_path) as child,
    ):
        assert await said(child) == "ready"
        wrong = {}
        for cell in cells(Way.OUT):
            found = await sent(cell, child, line)
            if found:
                wrong[cell.label] = found
    assert not wrong, "\n".join(f"{k}: {v}" for k, v in wrong.items())


async def sent(cell: Cell, child: Process, line: As2Line) -> str:
    mode = MODES[cell.receipt]
    line.set(
        signing="sha256" if cell.signed else "none",
        encryption="aes256-cbc" if cell.encrypted else "none",
        compression=cell.compression,
        mdn=mode,
        mdn_signed=cell.receipt.signed,
        self_url=line.url,
    )
    line.sent.settled.clear()
    assert child.stdin
    child.stdin.write(f"{cell.protection}\t{cell.compression}\n".encode())
    while await said(child) != "set":
        continue  # what it says of a message that failed
    result = await line.send(cell.data)
    if not isinstance(result, Sent | MdnPending):
        return f"not sent: {result}"
    async with asyncio.timeout(20):
        await said(child)
        taken = (line.folder / "taken").read_bytes()
        while mode is MdnMode.ASYNC and not line.sent.settled:
            await asyncio.sleep(0.01)
    if taken != cell.data:
        return f"the payload differs: {taken[:60]!r}"
    if mode is MdnMode.ASYNC:
        mdn, outcome = line.sent.settled[-1]
        return "" if isinstance(outcome, Sent) else f"not settled: {mdn.detail}"
    return ""
