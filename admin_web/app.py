"""The admin listener's application: API and pages routed, every answer guarded."""

import asyncio
import json
from dataclasses import dataclass
from functools import cache

from aiohttp import web

from admin_web.api.areas import operations
from admin_web.api.openapi import document
from admin_web.api.operation import DESK, endpoint
from admin_web.errors import guarded
from admin_web.pages.faults import as_page
from admin_web.pages.shell import POLICY, add_pages
from gateway.core.desk.areas import Desk
from gateway.core.ports import NewId

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
HSTS = "max-age=31536000"
PROTECTION = web.AppKey("protection", dict[str, str])
OPENAPI_PATH = "/api/v1/openapi.json"


@cache
def _described(version: str) -> str:
    """Return the OpenAPI document; it takes a third of a second, and few ask for it."""
    return json.dumps(document(operations(), version))


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminOptions:
    """*max_body_bytes* bounds JSON bodies; *tls* says whether browsers come by TLS."""

    new_id: NewId
    version: str
    tls: bool = False
    max_body_bytes: int = 64 * 1024 * 1024


def build_app(desk: Desk, options: AdminOptions) -> web.Application:
    """Return the application, ready to be served."""
    app = web.Application(
        middlewares=[guarded(options.new_id, as_page)],
        client_max_size=options.max_body_bytes,
    )
    app[DESK] = desk
    app[PROTECTION] = {
        **HEADERS,
        **({"Strict-Transport-Security": HSTS} if options.tls else {}),
    }
    for operation in operations():
        app.router.add_route(operation.method, operation.path, endpoint(operation))

    async def openapi(_request: web.Request) -> web.Response:
        text = await asyncio.to_thread(_described, options.version)
        return web.json_response(text=text)

    app.router.add_route("GET", OPENAPI_PATH, openapi)
    add_pages(app)

    async def protect(_request: web.Request, response: web.StreamResponse) -> None:
        for name, value in app[PROTECTION].items():
            response.headers.setdefault(name, value)
        if response.content_type == "text/html":
            response.headers["Content-Security-Policy"] = POLICY
            response.headers["Referrer-Policy"] = "same-origin"
        response.headers.popall("Server", None)

    app.on_response_prepare.append(protect)
    return app
