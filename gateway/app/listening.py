"""Whether a listener takes connections: what `/readyz` asks of each."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress

from gateway.engine.desk.health import Check


def dialled(host: str) -> str:
    """Return the address to dial for a listener: a wildcard is reached by loopback."""
    if host == "::":
        return "::1"
    return "127.0.0.1" if host == "0.0.0.0" else host  # noqa: S104 - compared only


def listening(host: str, ports: Sequence[int]) -> Check:
    """Return the check that connects to each port and hangs up."""

    async def check() -> str:
        for port in ports:
            trouble = await _dial(dialled(host), port)
            if trouble:
                return trouble
        return ""

    return check


async def _dial(host: str, port: int) -> str:
    try:
        _, writer = await asyncio.open_connection(host, port)
    except OSError as error:
        return f"{host}:{port} takes no connections ({error.strerror}); restart it"
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()
    return ""
