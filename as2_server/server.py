"""The AS2 listeners: HTTP in front of the door, every failure an answer."""

import asyncio
import logging
import re
import ssl
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.web_protocol import RequestHandler
from typing_extensions import override

from as2_server.body import Unreadable, read_body
from as2_server.handler import Door
from as2_server.message import Answer
from gateway.core.as2_log import HeaderPairs
from gateway.core.errors import ConfigError
from gateway.core.model import MailboxId

log = logging.getLogger(__name__)

IDLE_SECONDS = 30
"""For the first request, and between two on one connection."""
MAX_HEADERS = 100
MAX_FIELD = 8190
MAX_LINE = 2000
RETRY_SECONDS = 60
GRACE_SECONDS = 10
_PATH = re.compile(r"/as2/([0-9A-Fa-f-]{36})/?")
_HERE = "This is an AS2 address. A partner's AS2 server posts its messages to it."
_NOBODY = "There is no AS2 mailbox at this address, or it is switched off."


@dataclass(frozen=True, slots=True, kw_only=True)
class As2Options:
    """Where to listen and how much to take.

    *tls_port* None: no TLS; 0 is any free port. *max_bytes* bounds a message's body.
    """

    host: str
    port: int
    tls_port: int | None
    tls: ssl.SSLContext | None
    max_bytes: int
    max_connections: int = 500
    max_per_address: int = 100
    grace: float = GRACE_SECONDS


@dataclass(slots=True)
class Front:
    """Answers HTTP requests; nothing that happens behind it is an unhandled error."""

    door: Door
    max_bytes: int

    async def __call__(self, request: web.BaseRequest) -> web.StreamResponse:
        try:
            answer = await self._answer(request)
        except Unreadable as error:
            answer = Answer.text(error.status, error.text)
        except ConnectionResetError:
            log.info("an AS2 sender at %s went away", request.remote)
            answer = Answer(400)  # nobody is left to read it
        except Exception:
            incident = self.door.means.new_id()
            log.exception("POST %r by AS2: incident %s", request.path, incident)
            answer = _unavailable(incident)
        return _response(answer)

    async def _answer(self, request: web.BaseRequest) -> Answer:
        found = _PATH.fullmatch(request.path)
        if found is None:
            return Answer.text(404, "There is nothing here.")
        if request.method in {"GET", "HEAD"}:
            return Answer.text(200, _HERE)
        if request.method != "POST":
            refusal = Answer.text(405, "Only POST, GET and HEAD are known here.")
            allow = ("Allow", "GET, HEAD, POST")
            return Answer(405, [*refusal.headers, allow], refusal.body)
        mailbox = MailboxId(found[1].lower())
        profile = await self.door.book.profile(mailbox)
        if profile is None:
            return Answer.text(404, _NOBODY)
        spool = self.door.means.open_spool()
        try:
            await read_body(request, spool, self.max_bytes)
            return await self.door.post(profile, _headers(request), spool)
        finally:
            await spool.discard()


class _Handler(RequestHandler):
    """Tells neither the sender nor the log more than one line of what is no HTTP."""

    @override
    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        if not isinstance(exc, HttpProcessingError) or request.writer.output_size:
            return super().handle_error(request, status, exc, message)
        log.info("no HTTP request from %s: %s", request.remote, type(exc).__name__)
        answer = _response(Answer.text(status, "This HTTP request is malformed."))
        answer.force_close()
        return answer


class _Server(web.Server):
    """Refuses connections beyond the limits."""

    def __init__(self, front: Front, options: As2Options) -> None:
        self.front = front
        super().__init__(
            front,
            access_log=None,
            auto_decompress=False,
            keepalive_timeout=IDLE_SECONDS,
            max_headers=MAX_HEADERS,
            max_field_size=MAX_FIELD,
            max_line_size=MAX_LINE,
        )
        self.max_per_address = options.max_per_address
        self._options = options
        self._addresses: Counter[str] = Counter()
        self._known: dict[RequestHandler, str] = {}

    @override
    def __call__(self) -> RequestHandler:
        return _Handler(self, loop=self._loop, **self._kwargs)

    @override
    def connection_made(
        self, handler: RequestHandler, transport: asyncio.Transport
    ) -> None:
        super().connection_made(handler, transport)
        peer = transport.get_extra_info("peername")
        address = str(peer[0]) if peer else ""
        self._known[handler] = address
        self._addresses[address] += 1
        many = self._addresses[address] > self.max_per_address
        if many or len(self._known) > self._options.max_connections:
            log.warning("an AS2 connection from %s is one too many", address)
            transport.abort()

    @override
    def connection_lost(
        self, handler: RequestHandler, exc: BaseException | None = None
    ) -> None:
        super().connection_lost(handler, exc)
        address = self._known.pop(handler, None)
        if address is not None:
            self._addresses[address] -= 1
            self._addresses += Counter()  # forget those at zero


@dataclass(frozen=True, slots=True)
class As2Server:
    """Listeners that are up; *tls_port* None when there is no TLS."""

    runner: web.ServerRunner
    server: _Server
    port: int
    tls_port: int | None

    def limit(self, max_bytes: int, max_per_address: int) -> None:
        """Take so much from now on; the connections there are stay."""
        front = self.server.front
        front.max_bytes = front.door.means.max_payload = max_bytes
        self.server.max_per_address = max_per_address

    async def stop(self) -> None:
        """Stop accepting, let running requests end, close."""
        await self.runner.cleanup()


async def listen(door: Door, options: As2Options) -> As2Server:
    """Listen on every port asked for; ConfigError if that cannot be."""
    server = _Server(Front(door, options.max_bytes), options)
    runner = web.ServerRunner(server, shutdown_timeout=options.grace)
    await runner.setup()
    wanted: Sequence[tuple[str, int, ssl.SSLContext | None]] = [
        ("port", options.port, None)
    ]
    if options.tls is not None and options.tls_port is not None:
        wanted = [*wanted, ("tls_port", options.tls_port, options.tls)]
    for key, port, tls in wanted:
        site = web.TCPSite(runner, options.host, port, ssl_context=tls)
        try:
            await site.start()
        except OSError as error:
            await runner.cleanup()
            raise ConfigError(
                f"[as2] {key}: {options.host}:{port} cannot be listened on "
                f"({error.strerror}); choose another port, or stop what holds it"
            ) from error
    ports = [address[1] for address in runner.addresses]
    second = ports[1] if len(wanted) > 1 else None
    return As2Server(runner, server, ports[0], second)


def _headers(request: web.BaseRequest) -> HeaderPairs:
    """Return the headers as they came; raw UTF-8 is taken as such, else Latin-1."""
    try:
        return [(name.decode(), value.decode()) for name, value in request.raw_headers]
    except UnicodeDecodeError:
        return [(_text(name), _text(value)) for name, value in request.raw_headers]


def _text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _unavailable(incident: str) -> Answer:
    """Let the partner send again what we could not keep, whatever the cause."""
    sentence = f"The message could not be taken now; send it again ({incident})."
    said = Answer.text(503, sentence)
    return Answer(503, [*said.headers, ("Retry-After", str(RETRY_SECONDS))], said.body)


def _response(answer: Answer) -> web.Response:
    headers = [*answer.headers, ("Server", "Envelope-Gateway")]
    return web.Response(status=answer.status, headers=headers, body=answer.body)
