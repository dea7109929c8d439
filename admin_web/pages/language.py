"""The choice of the language, for whoever sits before the browser."""

from collections.abc import Sequence

from aiohttp import web

from admin_web.pages.page import Page, Visit, see
from admin_web.pages.reader import LANGUAGE_COOKIE, LANGUAGES
from admin_web.pages.texts import N_
from gateway.core.errors import NotFound

YEAR = 365 * 24 * 3600


async def choose_language(visit: Visit) -> web.StreamResponse:
    """Keep the choice in a cookie and show the page anew."""
    chosen = visit.form.text("language")
    if chosen not in LANGUAGES:
        known = ", ".join(LANGUAGES)
        raise NotFound(
            N_("There is no language {chosen}; there are {known}.").format(
                chosen=repr(chosen[:20]), known=known
            )
        )
    response = see(inside(visit.form.text("next")))
    response.set_cookie(
        LANGUAGE_COOKIE,
        chosen,
        max_age=YEAR,
        path="/",
        secure=visit.request.secure,
        httponly=True,
        samesite="Lax",
    )
    return response


def inside(target: str) -> str:
    """Return the target if it is a page of ours, else the front door."""
    ours = target.startswith(("/admin/", "/login")) and target.isprintable()
    return target if ours and "\\" not in target else "/"


PAGES: Sequence[Page] = (
    Page(method="POST", path="/language", handler=choose_language, role=None),
)
