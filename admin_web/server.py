"""Serving the admin application on its own listener."""

import ssl
from dataclasses import dataclass

from aiohttp import web

from gateway.core.errors import ConfigError

KEEP_ALIVE_SECONDS = 30
GRACE_SECONDS = 10


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
    runner = web.AppRunner(
        app,
        access_log=None,
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
