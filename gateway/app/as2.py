"""AS2, put together: the listeners, the door behind them, what jobs need of it."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from as2_server.handler import Door
from as2_server.late_mdn import LateMdns
from as2_server.message import Means
from as2_server.rejections import Rejections
from as2_server.server import As2Options, As2Server, listen
from gateway.app.foundation import Foundation, new_id, utc_now
from gateway.app.tls import ListenerTls
from gateway.core.errors import ConfigError
from gateway.core.ports import As2Book
from gateway.engine.as2_log import StoreAs2Log
from gateway.engine.as2_sent import MdnSettlement

THREADS = 4
"""For unwrapping; `cryptography` lets go of the interpreter while it works."""


@dataclass(slots=True)
class SelfAddress:
    """What a Self URL begins with; right once the listeners are up."""

    url: str

    def __call__(self) -> str:
        return self.url


@asynccontextmanager
async def as2_listeners(
    base: Foundation, book: As2Book, address: SelfAddress, tls: ListenerTls | None
) -> AsyncIterator[As2Server]:
    """Listen for partners until the block ends; ConfigError if that cannot be.

    `address` is told what Self URLs begin with.
    """
    config = base.config
    spool = config.layout.as2_spool
    await asyncio.to_thread(_empty, spool)
    options = As2Options(
        host=config.as2.host,
        port=config.as2.port,
        tls_port=config.as2.tls_port or None,
        tls=tls.context if tls else None,
        max_bytes=config.limits.max_as2_bytes,
        max_per_address=config.limits.connections_per_address,
        grace=config.limits.shutdown_grace,
    )
    with ThreadPoolExecutor(THREADS, thread_name_prefix="as2") as threads:
        door = Door(
            book=book,
            means=Means(
                log=StoreAs2Log(base.db, utc_now, new_id),
                blobs=base.blobs,
                new_id=new_id,
                spool=spool,
                threads=threads,
                rejections=Rejections(utc_now),
                max_payload=config.limits.max_as2_bytes,
            ),
            mdn_arrived=LateMdns(MdnSettlement(base.db, utc_now), utc_now).arrived,
            clock=utc_now,
        )
        server = await listen(door, options)
        address.url = config.as2_url(server.port, server.tls_port or 0)
        try:
            yield server
        finally:
            await server.stop()


def _empty(folder: Path) -> None:
    """Begin with an empty folder: what a crash left there was not acknowledged."""
    try:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(
            f"server.data_dir: {folder} cannot be made: {error.strerror}"
        ) from error
