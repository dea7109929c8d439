"""Serving the admin application on its own listener."""

import logging
import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError, LineTooLong
from aiohttp.web_protocol import RequestHandler
from typing_extensions import override

from admin_web.app import PROTECTION
from gateway.core.errors import ConfigError

log = logging.getLogger(__name__)

KEEP_ALIVE_SECONDS = 30
GRACE_SECONDS = 10
LONGEST = 8190  # bytes of the first line, and of each header
CONTINUE = "100-continue"
_MALFORMED = "This HTTP request is malformed."
_LONG = f"The first line or a header is longer than the {LONGEST} bytes allowed."


class _Handler(RequestHandler):
    """Tells neither the sender nor the log more than one line of what is no HTTP."""

    headers: Mapping[str, str]

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
        text = _LONG if isinstance(exc, LineTooLong) else _MALFORMED
        answer = web.Response(status=status, text=f"{text}\n", headers=self.headers)
        answer.force_close()
        return answer


Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


def _expecting(handler: Handler, headers: Mapping[str, str]) -> Handler:
    """Refuse unknown wishes here: aiohttp's own refusal fails over what is no text."""

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        if request.headers.get("Expect", CONTINUE).lower() == CONTINUE:
            return await handler(request)
        text = f"The only Expect that is known here is {CONTINUE}.\n"
        answer = web.Response(status=417, text=text, headers=headers)
        answer.force_close()
        return answer

    return handle


class _Server(web.Server):
    """Makes these handlers; *headers* go with what they answer themselves."""

    headers: Mapping[str, str]

    @override
    def __call__(self) -> RequestHandler:
        handler = _Handler(self, loop=self._loop, **self._kwargs)
        handler.headers = self.headers
        return handler


class _Runner(web.AppRunner):
    """Serves the application by these handlers."""

    @override
    async def _make_server(self) -> web.Server:
        made = await super()._make_server()
        protection = self.app[PROTECTION]
        # instead of the name and version of what is inside
        headers = {**protection, "Server": "Envelope-Gateway"}
        server = _Server(
            _expecting(made.request_handler, headers),
            request_factory=made.request_factory,
            **self._kwargs,
        )
        server.headers = headers
        return server


@dataclass(frozen=True, slots=True)
class AdminServer:
    """A listener that is up; *port* is the real one."""

    runner: web.AppRunner
    port: int

    async def stop(self) -> None:
        """Stop accepting, let running requests end, close."""
        await self.runner.cleanup()


async def listen(
    app: web.Application,
    host: str,
    port: int,
    ssl_context: ssl.SSLContext | None = None,
    grace: float = GRACE_SECONDS,
) -> AdminServer:
    """Listen on host and port (0: any free one); ConfigError if that cannot be."""
    runner = _Runner(
        app,
        access_log=None,
        auto_decompress=False,  # what is compressed is refused
        max_line_size=LONGEST,
        max_field_size=LONGEST,
        keepalive_timeout=KEEP_ALIVE_SECONDS,
        shutdown_timeout=grace,
    )
    await runner.setup()
    site = web.TCPSite(runner, host, port, ssl_context=ssl_context)
    try:
        await site.start()
    except OSError as error:
        await runner.cleanup()
        raise ConfigError(
            f"[admin] {host}:{port} cannot be listened on ({error.strerror}); choose "
            "another port, or stop what holds it"
        ) from error
    return AdminServer(runner, runner.addresses[0][1])
