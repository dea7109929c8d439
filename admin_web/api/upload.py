"""Bodies that are files: streamed, with the name that the caller gives them."""

import asyncio
from collections.abc import AsyncIterator

from aiohttp import web
from aiohttp.multipart import content_disposition_filename, parse_content_disposition

from admin_web.api.operation import READ_SECONDS

CHUNK = 64 * 1024


def sent_name(request: web.Request, otherwise: str) -> str:
    """Return the file's name in Content-Disposition (RFC 6266)."""
    header = request.headers.get("Content-Disposition")
    _, parameters = parse_content_disposition(header)
    return content_disposition_filename(parameters) or otherwise


async def chunks(request: web.Request) -> AsyncIterator[bytes]:
    """Yield the body; TimeoutError if the caller pauses too long."""
    while True:
        async with asyncio.timeout(READ_SECONDS):
            chunk = await request.content.read(CHUNK)
        if not chunk:
            return
        yield chunk
