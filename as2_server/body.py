"""Reading what is posted: bounded in size and in time, never all in memory."""

import asyncio

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from as2_server.spool import Spool

IDLE_SECONDS = 60
"""Nothing came for so long: the sender is gone."""
PATIENCE_SECONDS = 300
SLOWEST = 1024
"""Bytes a second, once PATIENCE_SECONDS are over."""
GATHERED = 1 << 19
"""Bytes that go to the disk at a time."""


class Unreadable(Exception):
    """The body cannot be taken; *status* and text are the answer."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


async def read_body(request: web.BaseRequest, spool: Spool, limit: int) -> None:
    """Write the body to `spool`; Unreadable when it is too large, slow or broken."""
    if (request.content_length or 0) > limit:
        raise _too_large(limit)
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise Unreadable(415, "Send the message without a Content-Encoding.")
    await _go_on(request)
    try:
        await _copy(request, spool, limit)
    except TimeoutError as error:
        raise Unreadable(408, "The message came too slowly; send it again.") from error
    except (web.RequestPayloadError, HttpProcessingError) as error:
        raise Unreadable(400, "The body of the request is malformed.") from error


async def _copy(request: web.BaseRequest, spool: Spool, limit: int) -> None:
    loop = asyncio.get_running_loop()
    began, size, held = loop.time(), 0, bytearray()
    while True:
        async with asyncio.timeout(IDLE_SECONDS):
            chunk = await request.content.readany()
        size += len(chunk)
        if size > limit:
            raise _too_large(limit)
        if loop.time() - began > PATIENCE_SECONDS + size / SLOWEST:
            raise TimeoutError
        held += chunk
        ended = not chunk or request.content.at_eof()
        if ended or len(held) >= GATHERED:
            await _write(spool, bytes(held))
            held.clear()
        if ended:
            return


async def _write(spool: Spool, data: bytes) -> None:
    if spool.fits(len(data)):
        spool.write(data)
    else:
        await asyncio.to_thread(spool.write, data)


async def _go_on(request: web.BaseRequest) -> None:
    """Say that the body is wanted, to a sender that waits for it (RFC 9110, 10.1.1)."""
    expected = request.headers.get("Expect", "").lower()
    if expected == "100-continue":
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0
    elif expected:
        raise Unreadable(417, "The only Expect that is known here is 100-continue.")


def _too_large(limit: int) -> Unreadable:
    return Unreadable(413, f"The message is larger than the {limit} bytes allowed.")
