"""AS2 measured: the rate against pyas2lib, the bare primitives, and 1 GB in memory.

Run it with `make bench`. Everything is on loopback, in processes of their own, and
durable: what is acknowledged is on the disk. Exits 1 when a bound is missed.
"""

import argparse
import asyncio
import hashlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import paths

# isort: split

import aiohttp
import people
import primitives
import uvloop
from aiohttp import web
from as2_builders import OPEN, Person
from as2_line import OUR_NAME, PARTNER_NAME
from drive.as2 import As2Mailbox, Posting, as2_mailbox, now
from drive.process import GatewayProcess
from drive.world import World, eventually
from multidict import CIMultiDict
from progress import Progress

from as2_server.protocol.cms.encrypt import EncryptFor
from as2_server.protocol.cms.sign import SignWith
from as2_server.protocol.fields import Fields
from as2_server.protocol.headers import As2Id
from as2_server.protocol.messages import Received, Trust
from as2_server.protocol.receive import receive
from as2_server.protocol.send import Addressing, Document, Protection, Receipt, build

MB = 1_000_000
CHUNK = 1 << 20
CLIENTS = 32
KB = b"UNB+UNOA:1+SHOP+SUPPLIER+261012:0900+1'\r\n" * 24
RATE, CPU, MEMORY = 5.0, 2.5, 150.0
"""To be reached: times pyas2lib's rate, times the primitives' CPU, MB."""
SETTINGS = {
    "GATEWAY_LIMITS_MAX_AS2_BYTES": str(8 << 30),
    "GATEWAY_LIMITS_MAX_FILE_BYTES": str(8 << 30),
    "GATEWAY_LIMITS_QUOTA_BYTES_PER_MAILBOX": "0",
}


# --- Processes -----------------------------------------------------------------------


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory(pid: int, name: str) -> float:
    """Return a size of the process in MB: VmRSS is now, VmHWM the most so far."""
    status = Path(f"/proc/{pid}/status").read_text()
    line = next(x for x in status.splitlines() if x.startswith(f"{name}:"))
    return int(line.split()[1]) * 1024 / MB


def forget_peak(pid: int) -> None:
    """Let VmHWM begin anew (proc(5), clear_refs)."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


@dataclass(frozen=True)
class Child:
    """A helper of this folder as a process."""

    process: "subprocess.Popen[str]"

    @property
    def pid(self) -> int:
        return self.process.pid

    def line(self) -> str:
        """Return what it says next."""
        found = self.process.stdout.readline() if self.process.stdout else ""
        if not found:
            raise SystemExit(f"{self.process.args!r} ended")
        return found.strip()

    def go(self) -> None:
        if self.process.stdin:
            self.process.stdin.write("\n")
            self.process.stdin.flush()


@contextmanager
def child(*words: str | Path) -> Iterator[Child]:
    """Run it until the block ends."""
    process = subprocess.Popen(
        [sys.executable, str(paths.ROOT / "bench" / words[0]), *map(str, words[1:])],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield Child(process)
    finally:
        process.terminate()
        process.communicate(timeout=20)


@contextmanager
def gateway(folder: Path) -> Iterator[tuple[int, As2Mailbox]]:
    """Run the real process with one AS2 mailbox; yield its id too."""
    process = GatewayProcess(folder / "gateway", SETTINGS)
    try:
        process.start()
        box = as2_mailbox(World(process, folder), "Bench", "http://127.0.0.1:9/")
        yield int(process.endpoints["pid"]), box
        if process.stop() != 0:
            raise SystemExit(process.log)
    finally:
        process.clear()


# --- The rate ------------------------------------------------------------------------


@dataclass(frozen=True)
class Load:
    """What a server did: messages in a second, CPU seconds for each."""

    rate: float
    cpu: float


def load(pid: int, url: str, postings: Sequence[Posting], title: str) -> Load:
    return uvloop.run(_load(pid, url, postings, title))


async def _load(pid: int, url: str, postings: Sequence[Posting], title: str) -> Load:
    """Post them all, a few at a time; every answer must be a positive MDN."""
    progress = Progress(title, len(postings))
    waiting = iter(postings)

    async def client() -> None:
        for posting in waiting:
            async with session.post(
                url, data=posting.body, headers=CIMultiDict(posting.headers)
            ) as reply:
                body = await reply.read()
            if b"automatically; processed\r\n" not in body:
                raise SystemExit(f"{title}: {reply.status} {body[:600]!r}")
            progress.step()

    async with aiohttp.ClientSession() as session:
        before, began = cpu_seconds(pid), time.perf_counter()
        async with asyncio.TaskGroup() as group:
            for _ in range(CLIENTS):
                group.create_task(client())
        seconds = time.perf_counter() - began
        used = cpu_seconds(pid) - before
    progress.end()
    return Load(len(postings) / seconds, used / len(postings))


def mailbox(us: Person, them: Person) -> As2Mailbox:
    """Return what a sender must know of the servers with our own keys."""
    certificate = us.pair.certificate
    return As2Mailbox("", OUR_NAME, PARTNER_NAME, them, "", certificate)


def rate(folder: Path, count: int) -> bool:
    us, them = people.make(folder)
    floor = primitives.cpu_seconds(us, KB)
    protocol = primitives.protocol_seconds(us, mailbox(us, them), KB)
    loads = {}
    for title, script in (("ours", "door.py"), ("pyas2lib", "pyas2_server.py")):
        empty = folder / title
        empty.mkdir()
        box = mailbox(us, them)
        postings = [box.posting(f"<{n}@bench>", KB) for n in range(count)]
        with child(script, folder, empty) as server:
            loads[title] = load(server.pid, server.line(), postings, title)
    with gateway(folder) as (pid, box):
        postings = [box.posting(f"<{n}@bench>", KB) for n in range(count)]
        loads["whole gateway"] = load(pid, box.url, postings, "whole gateway")
    print("1 KB, signed and encrypted, signed MDN, durable, over HTTP:")
    for title, found in loads.items():
        print(
            f"  {title:14} {found.rate:7.1f} messages/s "
            f"{found.cpu * 1000:6.2f} ms CPU, {found.cpu / floor:5.2f} x primitives"
        )
    print(
        f"  {'protocol alone':14} {'':18} {protocol * 1000:6.2f} ms CPU, "
        f"{protocol / floor:5.2f} x primitives"
    )
    print(f"  {'primitives':14} {'':18} {floor * 1000:6.2f} ms CPU")
    times = loads["ours"].rate / loads["pyas2lib"].rate
    fast = bound("times pyas2lib's rate", times, at_least=RATE)
    lean = bound("times the primitives' CPU", loads["ours"].cpu / floor, at_most=CPU)
    return fast and lean


def bound(
    what: str, value: float, *, at_least: float = 0, at_most: float = float("inf")
) -> bool:
    good = at_least <= value <= at_most
    limit = f">= {at_least}" if at_least else f"<= {at_most}"
    print(f"  {value:.2f} {what} (bound {limit}): {'good' if good else 'MISSED'}")
    return good


# --- Memory --------------------------------------------------------------------------


def a_file(file: Path, size: int) -> str:
    """Write bytes that no compression shortens; return their SHA-256."""
    digest = hashlib.sha256()
    with file.open("wb") as out:
        for start in range(0, size, CHUNK):
            data = os.urandom(min(CHUNK, size - start))
            digest.update(data)
            out.write(data)
    return digest.hexdigest()


def received(folder: Path, size: int) -> bool:
    """Let the real process receive a message of `size` bytes."""
    with gateway(folder) as (pid, box):
        document, message = folder / "document", folder / "message"
        digest = a_file(document, size)
        headers = written(box, document, message, size)
        idle = memory(pid, "VmRSS")
        forget_peak(pid)
        began = time.perf_counter()
        answer = asyncio.run(upload(box.url, headers, message))
        seconds = time.perf_counter() - began
        if b"automatically; processed\r\n" not in answer:
            raise SystemExit(f"not taken: {answer[:600]!r}")
        blob = folder / "gateway" / "blobs" / digest[:2] / digest
        eventually(blob.exists, "the payload's blob")
        peak = memory(pid, "VmHWM")
    for file in (document, message):
        file.unlink()
    print(
        f"received {size / MB:.0f} MB in {seconds:.1f} s; memory {idle:.0f} MB before, "
        f"{peak:.0f} MB at most"
    )
    return bound("MB", peak, at_most=MEMORY)


def written(
    box: As2Mailbox, document: Path, message: Path, size: int
) -> Sequence[tuple[str, str]]:
    with document.open("rb") as source, message.open("wb") as out:
        built = build(
            Document(source=source, size=size),
            Protection(
                sign=SignWith(box.partner.pair, "sha256", now()),
                encrypt=EncryptFor([box.certificate], "aes256-cbc"),
            ),
            out,
        )
    addressing = Addressing(
        message_id="<large@bench>",
        sender=As2Id(box.partner_name),
        receiver=As2Id(box.name),
        date=now(),
        receipt=Receipt(),
    )
    return [*addressing.fields(), *built.fields]


async def upload(url: str, headers: Sequence[tuple[str, str]], file: Path) -> bytes:
    progress = Progress("receiving", file.stat().st_size // MB, " MB")

    async def chunks() -> AsyncIterator[bytes]:
        with file.open("rb") as source:
            sent = 0
            while data := await asyncio.to_thread(source.read, CHUNK):
                yield data
                sent += len(data)
                progress.step(sent // MB)
                sent %= MB
        progress.end()

    async with (
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None)) as session,
        session.post(url, data=chunks(), headers=CIMultiDict(headers)) as reply,
    ):
        return await reply.read()


def sent(folder: Path, size: int) -> bool:
    """Let our sending side send a document of `size` bytes; check what arrives."""
    us, them = people.make(folder)
    document, message, empty = folder / "document", folder / "message", folder / "out"
    digest = a_file(document, size)
    empty.mkdir()
    return asyncio.run(_sent(folder, size, digest, (us, them), message))


async def _sent(
    folder: Path, size: int, digest: str, pair: tuple[Person, Person], message: Path
) -> bool:
    progress = Progress("sending", size // MB, " MB")
    fields: list[tuple[str, str]] = []

    async def sink(request: web.Request) -> web.Response:
        fields.extend((n.decode(), v.decode()) for n, v in request.raw_headers)
        came = 0
        with message.open("wb") as out:
            async for data in request.content.iter_chunked(CHUNK):
                await asyncio.to_thread(out.write, data)
                came += len(data)
                progress.step(came // MB)
                came %= MB
        progress.end()
        return web.Response()

    app = web.Application()
    app.router.add_post("/", sink)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    with child("sender.py", folder, folder / "out", url, folder / "document") as sender:
        await asyncio.to_thread(sender.line)
        idle, began = memory(sender.pid, "VmRSS"), time.perf_counter()
        forget_peak(sender.pid)
        sender.go()
        said = await asyncio.to_thread(sender.line)
        seconds = time.perf_counter() - began
        peak = memory(sender.pid, "VmHWM")
    await runner.cleanup()
    if not said.startswith("Sent(") or unwrapped(fields, message, pair) != digest:
        raise SystemExit(f"what was sent did not arrive whole: {said}")
    message.unlink()
    print(
        f"sent {size / MB:.0f} MB in {seconds:.1f} s; memory {idle:.0f} MB before, "
        f"{peak:.0f} MB at most"
    )
    return bound("MB", peak, at_most=MEMORY)


class Hasher:
    """A sink that only digests."""

    def __init__(self) -> None:
        self.digest = hashlib.sha256()

    def write(self, data: bytes) -> int:
        self.digest.update(data)
        return len(data)


def unwrapped(
    fields: Sequence[tuple[str, str]], file: Path, pair: tuple[Person, Person]
) -> str:
    """Return the SHA-256 of the document in the message, as the partner reads it."""
    us, them = pair
    sink = Hasher()
    with file.open("rb") as body:
        trust = Trust(keys=[them.pair], partner=[us.pair.certificate])
        found = receive(Fields.of(fields), body, trust, OPEN, (), lambda _: sink)
    if not isinstance(found, Received):
        raise SystemExit(f"what we sent is refused: {found}")
    return sink.digest.hexdigest()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=500, help="for the rate")
    parser.add_argument("--megabytes", type=int, default=1000, help="for the memory")
    parser.add_argument("--folder", type=Path, help="where to work (a disk)")
    parser.add_argument(
        "--only", choices=["rate", "received", "sent"], help="one part alone"
    )
    given = parser.parse_args()
    parts = {
        "rate": lambda folder: rate(folder, given.messages),
        "received": lambda folder: received(folder, given.megabytes * MB),
        "sent": lambda folder: sent(folder, given.megabytes * MB),
    }
    results = []
    for name, run in parts.items():
        if given.only in {None, name}:
            with tempfile.TemporaryDirectory(dir=given.folder) as folder:
                results.append(run(Path(folder)))
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
