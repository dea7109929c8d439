"""`serve`: everything in one process; the order of starting and of stopping."""

import asyncio
import gc
import logging
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, replace

from as2_server.server import As2Server
from certs.ssh_keys import fingerprint, known_hosts_line
from gateway.adapters.lock import held
from gateway.adapters.memory import give_back_large_blocks
from gateway.adapters.systemd import Systemd
from gateway.adapters.watchdog import Watchdog
from gateway.app import admin, engine
from gateway.app.as2 import as2_listeners
from gateway.app.endpoints import published
from gateway.app.foundation import Foundation, first_start, foundation, new_id, utc_now
from gateway.app.limiting import Limiter, sftp_options
from gateway.app.listening import dialled, listening
from gateway.app.tls import ListenerTls, admin_tls, as2_tls
from gateway.config import Config, notify_socket
from gateway.core.desk.areas import Desk
from gateway.core.desk.integrations import Addresses
from gateway.core.model import MailboxId
from gateway.engine.certificate_warnings import CertificateWarnings
from gateway.engine.desk.configuration import Keeping
from gateway.engine.desk.limits import chosen
from gateway.engine.desk.templates import Templates
from gateway.engine.housekeeping import Housekeeping
from gateway.engine.parking import PARKED
from gateway.engine.retention import Retention
from gateway.store.retention import Finished
from sftp_server.server import SftpServer

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """What whoever started it is told once every listener is up."""

    base: Foundation
    desk: Desk
    addresses: Addresses
    admin_url: str
    tls: Sequence[ListenerTls]
    first_password: str | None


async def serve(config: Config, announce: Callable[[Running], Awaitable[None]]) -> int:
    """Serve until SIGTERM or SIGINT; a second one ends the process at once."""
    give_back_large_blocks()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    main = asyncio.current_task()

    def asked() -> None:
        if stop.is_set() and main is not None:
            log.warning("stopping at once")
            main.cancel()
        log.info("stopping; a second signal ends it at once")
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, asked)
    try:
        async with running(config) as up:
            gc.freeze()  # to look for garbage in what stays held the loop for 0.1 s
            await announce(up)
            await stop.wait()
    except asyncio.CancelledError:
        return 1
    return 0


@asynccontextmanager
async def running(config: Config) -> AsyncIterator[Running]:
    """Start everything; stop it in the opposite order, listeners first."""
    async with AsyncExitStack() as stack:
        doors_open = asyncio.Event()
        line, password = await _start_line(stack, config, doors_open)
        base, config = line.base, line.base.config
        tls = await asyncio.to_thread(lambda: (admin_tls(config), as2_tls(config)))
        sftp = await _sftp(line)
        stack.push_async_callback(sftp.stop, config.limits.shutdown_grace)
        as2 = await stack.enter_async_context(
            as2_listeners(base, line.as2_book, line.as2_address, tls[1])
        )
        doors_open.set()
        addresses = _addresses(base, sftp.port, line.as2_address.url)

        async def changed(mailbox: MailboxId) -> None:
            """Close what may no longer be open; wake what may go on."""
            await sftp.close_sessions(mailbox)
            await line.jobs.unpark(PARKED, utc_now())
            line.worker.wake()

        as2_ports = [as2.port, as2.tls_port] if as2.tls_port else [as2.port]
        checks = {
            "workers": line.worker.trouble,
            "sftp": listening(config.sftp.host, [sftp.port]),
            "as2": listening(config.as2.host, as2_ports),
        }
        desk = admin.desk(
            line, lambda: addresses, changed, checks, Limiter(line, sftp, as2)
        )
        web = await admin.admin_listener(config, desk, tls[0])
        stack.push_async_callback(web.stop)
        checks["admin"] = listening(config.admin.host, [web.port])
        url = _admin_url(config, web.port)
        listeners = {
            "sftp": {"host": config.sftp.host, "port": sftp.port},
            "as2": _as2_endpoint(config, as2),
            "admin": {"host": config.admin.host, "port": web.port, "url": url},
        }
        stack.enter_context(published(config.layout.endpoints, listeners))
        systemd = Systemd(notify_socket())
        systemd.ready()
        yield Running(
            base=base,
            desk=desk,
            addresses=addresses,
            admin_url=url,
            tls=[one for one in tls if one],
            first_password=password,
        )
        systemd.stopping()
        log.info("stopping: no new connections")


async def _start_line(
    stack: AsyncExitStack, config: Config, doors_open: asyncio.Event
) -> tuple[engine.Engine, str | None]:
    """Open the data folder and prepare the job loop; *stack* stops it all."""
    stack.enter_context(held(config.layout.lock))
    base = await stack.enter_async_context(foundation(config))
    base = replace(base, config=await chosen(base.db, config))
    password = await first_start(base)
    await Templates(base.db, utc_now, new_id).ensure_builtin()
    pool = await stack.enter_async_context(engine.converter(base))
    await pool.warm()  # no worker, no service: better told now than at 3 a.m.
    line = engine.build(base, pool)
    await line.recover()
    gc.collect()  # before anybody waits, and the watchdog with them
    await stack.enter_async_context(_working(line, doors_open))
    return line, password


@asynccontextmanager
async def _working(
    line: engine.Engine, doors_open: asyncio.Event
) -> AsyncIterator[None]:
    """Run the job loop and the housekeeping until the block ends.

    Jobs begin once the doors are open: what is sent may be answered there at once.
    """
    stop, grace = asyncio.Event(), line.base.config.limits.shutdown_grace
    base = line.base
    hourly = [_retention(base).clear, CertificateWarnings(base.db, utc_now).run]
    minutely = [line.syncing.run]
    housekeeping = Housekeeping(base.db, hourly, utc_now, minutely)
    try:
        async with asyncio.TaskGroup() as group:
            aside = [
                group.create_task(housekeeping.run()),
                group.create_task(Watchdog().run()),
            ]
            work = group.create_task(_work(line, doors_open, stop))
            try:
                yield
            finally:
                stop.set()
                doors_open.set()
                line.worker.wake()
                for task in aside:
                    task.cancel()
                with suppress(TimeoutError):
                    async with asyncio.timeout(grace):
                        await asyncio.shield(work)
                work.cancel()
                await line.worker.release()
    except BaseExceptionGroup as several:
        if len(several.exceptions) > 1:
            raise
        raise several.exceptions[0] from None  # what the block itself raised


async def _work(
    line: engine.Engine, doors_open: asyncio.Event, stop: asyncio.Event
) -> None:
    await doors_open.wait()
    await line.worker.run(stop)


def _retention(base: Foundation) -> Retention:
    keeping = Keeping(base.db, utc_now, base.config)
    return Retention(Finished(base.db), base.blobs, utc_now, keeping.days)


async def _sftp(line: engine.Engine) -> SftpServer:
    options = sftp_options(line, line.base.config)
    server = SftpServer(
        line.gate, line.folders, line.uploads, line.base.blobs, utc_now, options
    )
    await server.start()
    return server


def _addresses(base: Foundation, sftp_port: int, as2_url: str) -> Addresses:
    config, first = base.config, base.keys[0]
    host = config.server.public_host
    return Addresses(
        host=host,
        sftp_port=sftp_port,
        fingerprint=fingerprint(first.public),
        known_hosts=known_hosts_line(host, sftp_port, first.public),
        as2_url=as2_url,
    )


def _admin_url(config: Config, port: int) -> str:
    scheme = "http" if config.admin.tls == "off" else "https"
    return f"{scheme}://{_dialled(config.admin.host)}:{port}"


def _as2_endpoint(config: Config, server: As2Server) -> Mapping[str, object]:
    host = config.as2.host
    url = config.as2.public_url or f"http://{_dialled(host)}:{server.port}"
    found: dict[str, object] = {"host": host, "port": server.port, "url": url}
    return found if server.tls_port is None else {**found, "tlsPort": server.tls_port}


def _dialled(host: str) -> str:
    """Return the host of a listener's URL."""
    host = dialled(host)
    return f"[{host}]" if ":" in host else host
