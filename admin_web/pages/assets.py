"""The files that pages refer to: read once, named by their content, cached for long."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files

from aiohttp import web

from gateway.core.desk.printing import STYLE

PATH = "/static/{name:.+}"
TYPES = {
    "envelope.js": "text/javascript",
    "gateway.css": "text/css",
    "gateway.js": "text/javascript",
    "editor.js": "text/javascript",
    "rule.js": "text/javascript",
    "rehearsal.js": "text/javascript",
    "rule_order.js": "text/javascript",
    "vendor/codemirror.js": "text/javascript",
    "dictionary.js": "text/javascript",
    "live.js": "text/javascript",
    "ticks.js": "text/javascript",
    "icon.svg": "image/svg+xml",
    "vendor/htmx.min.js": "text/javascript",
}
PRINT = "print.css"
FOREVER = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class Asset:
    """A file; *url* changes whenever the file does."""

    body: bytes
    content_type: str
    url: str


def read_assets() -> Mapping[str, Asset]:
    """Return every file by its name; those that are not named here are not served."""
    folder = files("admin_web") / "static"
    found = {}
    for name, content_type in TYPES.items():
        body = folder.joinpath(name).read_bytes()
        version = sha256(body).hexdigest()[:16]
        found[name] = Asset(body, content_type, f"/static/{name}?v={version}")
    style = STYLE.encode()  # stands in a printable file, too
    version = sha256(style).hexdigest()[:16]
    found[PRINT] = Asset(style, "text/css", f"/static/{PRINT}?v={version}")
    return found


async def serve(request: web.Request, assets: Mapping[str, Asset]) -> web.Response:
    """Answer the file, compressed if the browser takes that; 404 for another name."""
    asset = assets.get(request.match_info["name"])
    if asset is None:
        raise web.HTTPNotFound
    response = web.Response(
        body=asset.body,
        content_type=asset.content_type,
        charset="utf-8",
        headers={"Cache-Control": FOREVER},
    )
    response.enable_compression()
    return response
