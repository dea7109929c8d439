"""Who sits before the browser: the cookie, and what proves that a form is ours.

The cookie holds a token as `POST /api/login` gives them: 186 random bits, stored as
a hash, valid for 12 hours, ended by signing out.
"""

import hmac
from dataclasses import dataclass
from urllib.parse import urlsplit

from aiohttp import web

from admin_web.pages.texts import N_
from gateway.core.desk.actor import Actor
from gateway.core.desk.areas import Desk
from gateway.core.errors import Forbidden

COOKIE = "gateway-session"
HOST_COOKIE = f"__Host-{COOKIE}"  # only over TLS, only by this very host
CSRF_FIELD = "csrf"
CSRF_HEADER = "X-CSRF-Token"
SECONDS = 12 * 3600
PROGRAM = "token:"  # what a token is called that belongs to no person


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody signed in; *csrf* goes into every form and request that changes."""

    actor: Actor
    csrf: str


async def session_of(request: web.Request, desk: Desk) -> Session | None:
    """Return whose browser this is; None if nobody is signed in."""
    token = _token(request)
    actor = await desk.sign_in.actor(token) if token else None
    if actor is None or actor.login.startswith(PROGRAM):
        return None
    return Session(actor, csrf_of(token))


def _token(request: web.Request) -> str:
    return request.cookies.get(HOST_COOKIE if request.secure else COOKIE, "")


def csrf_of(token: str) -> str:
    """Return what only a page of this session knows; it tells nothing of the token."""
    return hmac.digest(token.encode(), b"csrf", "sha256").hex()


def check_csrf(request: web.Request, session: Session, sent: str) -> None:
    """Forbidden unless the request comes from a page of this session."""
    shown = request.headers.get(CSRF_HEADER, sent)
    given = shown.encode(errors="surrogatepass")  # strangers send what is no text
    if not hmac.compare_digest(given, session.csrf.encode()):
        raise Forbidden(
            N_(
                "This page is older than your sign-in, so nothing was changed. Reload "
                "it and try again."
            ),
            "csrf",
        )


def check_origin(request: web.Request) -> None:
    """Forbidden if the browser says that another site sends this form."""
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin")
    if site is not None:
        ours = site in {"same-origin", "none"}
    else:
        ours = origin is None or _site_of(origin) == request.host
    if not ours:
        raise Forbidden(
            N_("Another site sent this form; open the page itself."), "csrf"
        )


def _site_of(origin: str) -> str:
    """Return host and port; "" for what is no address."""
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return ""


def remember(response: web.StreamResponse, request: web.Request, token: str) -> None:
    """Sign the browser in; whatever it held before is replaced."""
    response.set_cookie(
        HOST_COOKIE if request.secure else COOKIE,
        token,
        max_age=SECONDS,
        path="/",
        httponly=True,
        secure=request.secure,
        samesite="Lax",  # Strict would show the sign-in to who follows a link in a mail
    )


def forget(response: web.Response, request: web.Request) -> None:
    """Sign the browser out."""
    response.del_cookie(
        HOST_COOKIE if request.secure else COOKIE,
        path="/",
        httponly=True,
        secure=request.secure,
        samesite="Lax",
    )
