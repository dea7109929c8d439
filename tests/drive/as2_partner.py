"""A partner's AS2 server on loopback: takes messages, answers with its MDNs.

It is as unreliable as one likes: `fate` decides what becomes of each POST.
"""

import io
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import SimpleQueue

from drive.as2 import As2Mailbox, Pairs, now

from as2_server.protocol.cms.sign import SignWith
from as2_server.protocol.dispositions import PROCESSED
from as2_server.protocol.headers import As2Id, parse_request
from as2_server.protocol.mdn import Mdn, Report, build_mdn
from as2_server.protocol.messages import Policy, Received, Trust
from as2_server.protocol.receive import receive


class Fate(Enum):
    """TAKE: as it should be; BUSY: 503; LOSE: taken, but the answer is lost."""

    TAKE = "TAKE"
    BUSY = "BUSY"
    LOSE = "LOSE"


@dataclass
class As2Partner:
    """Several partners behind one server; each mailbox has a path of its own."""

    url: str
    fate: Callable[[], Fate] = lambda: Fate.TAKE
    boxes: dict[str, As2Mailbox] = field(default_factory=dict)
    bodies: dict[str, bytes] = field(default_factory=dict)
    documents: dict[str, bytes] = field(default_factory=dict)
    posts: Counter[str] = field(default_factory=Counter)
    altered: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    later: "SimpleQueue[tuple[str, Mdn]]" = field(default_factory=SimpleQueue)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def serve(self, box: As2Mailbox) -> None:
        """Be the partner of this mailbox, whose Recipient URL ends with its name."""
        self.boxes[f"/{box.name}"] = box

    def take(self, path: str, headers: Pairs, body: bytes) -> tuple[int, Mdn | None]:
        """Take a message; a status and the MDN that belongs into the answer."""
        request = parse_request(headers)
        box = self.boxes[path]
        number = request.message_id
        with self.lock:
            self.posts[number] += 1
            if self.bodies.setdefault(number, body) != body:
                self.altered.append(number)
        out = io.BytesIO()
        answer = receive(
            request.fields,
            io.BytesIO(body),
            Trust(keys=[box.partner.pair], partner=[box.certificate]),
            Policy(),
            request.receipt.mics if request.receipt else (),
            lambda _: out,
        )
        if not isinstance(answer, Received):
            self.faults.append(f"{number}: {answer}")
            return 500, None
        with self.lock:
            self.documents[number] = out.getvalue()
        report = Report(
            disposition=PROCESSED,
            original=number,
            message_id=f"<mdn-{number.strip('<>')}>",
            sender=As2Id(box.partner_name),
            receiver=As2Id(box.name),
            date=now(),
            mic=answer.mic,
        )
        mdn = build_mdn(report, SignWith(box.partner.pair, "sha256", now()))
        if request.receipt and request.receipt.url:
            self.later.put((request.receipt.url, mdn))
            return 200, None
        return 200, mdn

    def post_mdns(self, stop: threading.Event) -> None:
        """Post asynchronous MDNs until each was taken, as a patient partner does."""
        while not stop.is_set():
            if self.later.empty():
                time.sleep(0.02)
                continue
            url, mdn = self.later.get()
            request = urllib.request.Request(  # noqa: S310 - a loopback address
                url, mdn.body, dict(mdn.fields), method="POST"
            )
            try:
                with urllib.request.urlopen(request, timeout=10) as reply:  # noqa: S310
                    reply.read()
            except (OSError, urllib.error.URLError):
                self.later.put((url, mdn))
                time.sleep(0.1)


def _handler(partner: As2Partner) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            size = int(self.headers["Content-Length"])
            body = self.rfile.read(size)
            if len(body) < size:
                self.close_connection = True  # the sender was killed meanwhile
                return
            fate = partner.fate()
            if fate is Fate.BUSY:
                self._answer(503, (), b"")
                return
            status, mdn = partner.take(self.path, self.headers.items(), body)
            if fate is Fate.LOSE:
                self.close_connection = True
                return
            self._answer(status, mdn.fields if mdn else (), mdn.body if mdn else b"")

        def _answer(self, status: int, fields: Pairs, body: bytes) -> None:
            self.send_response(status)
            for name, value in fields:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Be silent."""

    return Handler


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request: object, client_address: object) -> None:
        """A killed gateway breaks its connections: that is what is tested."""


@contextmanager
def as2_partner() -> Iterator[As2Partner]:
    """Serve until the block ends."""
    partner = As2Partner("")
    server = _Server(("127.0.0.1", 0), _handler(partner))
    partner.url = f"http://127.0.0.1:{server.server_address[1]}"
    stop = threading.Event()
    threads: Sequence[threading.Thread] = [
        threading.Thread(target=server.serve_forever, args=(0.05,)),
        threading.Thread(target=partner.post_mdns, args=(stop,)),
    ]
    for thread in threads:
        thread.start()
    try:
        yield partner
    finally:
        stop.set()
        server.shutdown()
        for thread in threads:
            thread.join()
        server.server_close()
