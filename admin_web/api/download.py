"""Answers that are files: streamed, named, never shown by a browser as a page."""

import logging
from urllib.parse import quote

from aiohttp import web

from admin_web.api.operation import Call
from admin_web.harmless import file_name
from gateway.core.desk.content import Content
from gateway.core.errors import GatewayError

_logger = logging.getLogger(__name__)

OCTETS = "application/octet-stream"


async def download(call: Call, content: Content) -> web.StreamResponse:
    """Stream the file to the caller (RFC 6266 for its name)."""
    name = file_name(content.name)
    plain = "".join(c if c.isascii() and c not in '"%' else "_" for c in name)
    response = web.StreamResponse(
        headers={
            "Content-Type": content.content_type or OCTETS,
            "Content-Disposition": f'attachment; filename="{plain}"; '
            f"filename*=UTF-8''{quote(name, safe='')}",
        }
    )
    if content.size is not None:
        response.content_length = content.size
    # read before the status is sent: what cannot be read is an error, not half a file
    first = await anext(content.chunks, b"")
    await response.prepare(call.request)
    try:
        await response.write(first)
        async for chunk in content.chunks:
            await response.write(chunk)
    except ConnectionResetError:
        raise  # the caller went away
    except (GatewayError, OSError) as error:
        # an error's answer would pass for the rest of the file: break off instead
        _logger.exception("%s: the download broke off", call.request.path)
        if call.request.transport is not None:
            call.request.transport.abort()
        raise ConnectionResetError("the file could not be read to its end") from error
    await response.write_eof()
    return response
