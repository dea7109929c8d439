"""The doctor's checks of the network: our ports, the mail server."""

import asyncio
import json
import os
import socket
from collections.abc import Iterator
from typing import Any

from gateway.commands.findings import Finding, fail, ok, warn
from gateway.config import Config, Layout

SECONDS = 10
READY = b"220"  # RFC 5321 section 4.2


def ports(config: Config) -> Iterator[Finding]:
    """Check that each listener's port is ours or free."""
    served = running(config.layout) or {}
    wanted = {
        "sftp": (config.sftp.host, config.sftp.port),
        "as2": (config.as2.host, config.as2.port),
        "admin": (config.admin.host, config.admin.port),
    }
    for name, (host, port) in wanted.items():
        check = f"port of {name}"
        if name in served:
            bound, pid = served[name]["port"], served["pid"]
            yield ok(check, f"{bound}, served by process {pid}")
        elif port == 0:
            yield ok(check, "any free one")
        else:
            yield _free(check, name, host, port)


def running(layout: Layout) -> dict[str, Any] | None:
    """Return endpoints.json if the process that wrote it lives."""
    try:
        found: dict[str, Any] = json.loads(layout.endpoints.read_bytes())
        os.kill(found["pid"], 0)
    except (OSError, ValueError, KeyError):
        return None
    return found


def _free(check: str, section: str, host: str, port: int) -> Finding:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as error:
        return fail(
            check,
            f"{host} port {port} cannot be used ({error.strerror}); end the program "
            f"that has it, or change [{section}] host and port",
        )
    return ok(check, f"{port} is free")


async def mail(config: Config, on_page: tuple[str, int]) -> Finding:
    """Check that the mail server answers: the configuration's, else the page's."""
    host, port = config.smtp.host, config.smtp.port
    if not host:
        host, port = on_page
    if not host:
        return warn(
            "mail",
            "no mail server is set, by [smtp] host or on the settings page; mails wait",
        )
    where = f"{host} port {port}"
    try:
        async with asyncio.timeout(SECONDS):
            # 465 speaks TLS from its first byte (RFC 8314 section 3.3)
            tls = port == 465  # noqa: PLR2004 - named in the line above
            reader, writer = await asyncio.open_connection(host, port, ssl=tls or None)
            greeting = await reader.readline()
            writer.write(b"QUIT\r\n")
            writer.close()
            await writer.wait_closed()
    except OSError as error:  # a TimeoutError is one, without a text
        return fail(
            "mail",
            f"{where} does not answer ({error.strerror or 'no answer in time'}); "
            "check host and port ([smtp] or the settings page), and the firewall",
        )
    if not greeting.startswith(READY):
        said = greeting.decode(errors="replace").strip()
        return fail("mail", f"{where} is no mail server that is ready: {said!r}")
    return ok("mail", f"{where} answers")
