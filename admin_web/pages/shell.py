"""Every page: routed, with its files."""

from collections.abc import Sequence

from aiohttp import web

from admin_web.pages import (
    account,
    audit,
    certificates,
    connection,
    conversions,
    dashboard,
    dictionaries,
    dictionary_files,
    dictionary_records,
    directories,
    envelope,
    envelope_send,
    envelopes,
    events,
    identity,
    integrations,
    language,
    login,
    mailboxes,
    rule_bench,
    rule_page,
    rule_rehearsal,
    rules,
    second_factor,
    settings,
    templates,
    tokens,
    transfers,
    users,
)
from admin_web.pages.assets import PATH, read_assets, serve
from admin_web.pages.page import Page, endpoint, see
from admin_web.pages.render import RENDERER, Renderer, environment

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


AREAS = (
    login,
    language,
    dashboard,
    transfers,
    events,
    integrations,
    mailboxes,
    connection,
    rules,
    rule_bench,
    rule_rehearsal,
    rule_page,
    conversions,
    certificates,
    identity,
    settings,
    audit,
    dictionaries,
    dictionary_records,
    dictionary_files,
    envelopes,
    envelope,
    envelope_send,
    users,
    tokens,
    account,
    second_factor,
    directories,
    templates,
)


def pages() -> Sequence[Page]:
    """Return every page and what pages may order."""
    return [page for area in AREAS for page in area.PAGES]


def add_pages(app: web.Application) -> None:
    """Route the pages, their files, and the front door."""
    assets = read_assets()
    roles = {page.path: page.role for page in pages() if page.method == "GET"}
    events.add_streams(app)
    app[RENDERER] = Renderer(environment(), assets, roles)

    async def asset(request: web.Request) -> web.StreamResponse:
        return await serve(request, assets)

    async def front(_request: web.Request) -> web.StreamResponse:
        return see(login.FRONT)

    for page in pages():
        app.router.add_route(page.method, page.path, endpoint(page))
    app.router.add_route("GET", PATH, asset)
    app.router.add_route("GET", "/", front)
