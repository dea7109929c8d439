"""What went wrong, as a page, or as a note on the page that asked by htmx."""

from aiohttp import web

from admin_web.errors import Fault, as_json
from admin_web.pages.render import RENDERER

FOR_PROGRAMS = ("/api/", "/healthz", "/readyz", "/metrics")


def as_page(request: web.Request, fault: Fault) -> web.StreamResponse:
    """Return the fault to a browser; JSON to whoever asked the API."""
    if request.path.startswith(FOR_PROGRAMS):
        return as_json(request, fault)
    renderer = request.app[RENDERER]
    part = "HX-Request" in request.headers
    template = "fault_note.html" if part else "fault.html"
    response = renderer.page(request, template, None, fault.status, fault=fault)
    response.headers.update(fault.headers)
    response.headers.popall("WWW-Authenticate", None)
    if part:
        response.headers["HX-Retarget"] = "#note"
        response.headers["HX-Reswap"] = "outerHTML"
        response.headers["HX-Reselect"] = "#note"
    return response
