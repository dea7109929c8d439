"""Sign in, by a password and perhaps a code; sign out."""

from collections.abc import Sequence

from aiohttp import web

from admin_web.api.operation import origin_of
from admin_web.pages.page import LOGIN, Page, Visit, see
from admin_web.pages.session import forget, remember
from admin_web.pages.texts import N_
from gateway.core.desk.accounts import CodeNeeded
from gateway.core.desk.actor import PersonRole
from gateway.core.errors import Refusal, TooManyAttempts, Unauthenticated

FRONT = "/admin/dashboard"
CODE = f"{LOGIN}/code"
LONGEST = 1024


async def show_login(visit: Visit) -> web.StreamResponse:
    """Show the sign-in; who is signed in already is sent on."""
    back = _inside(visit.request.query.get("next", ""))
    if visit.session is not None:
        return see(back)
    return visit.render("login.html", login="", next=back, error="")


async def log_in(visit: Visit) -> web.StreamResponse:
    """Sign in, or ask for the code of who has a second factor."""
    form = visit.form
    login, password = form.text("login"), form.raw("password")
    back = _inside(form.text("next"))
    try:
        if len(login) > LONGEST or len(password) > LONGEST:
            raise Unauthenticated(N_("Login and password do not belong together."))
        origin = origin_of(visit.request)
        token = await visit.desk.sign_in.login(login, password, origin)
    except CodeNeeded as needed:
        return _ask_code(visit, needed.ticket, back)
    except (Unauthenticated, TooManyAttempts) as refusal:
        return _refused(visit, "login.html", refusal, login=login[:LONGEST], next=back)
    return await _let_in(visit, token, back)


async def enter_code(visit: Visit) -> web.StreamResponse:
    """Sign in with the code; when the ticket is too old, begin anew."""
    form = visit.form
    ticket, code = form.raw("ticket"), form.text("code")
    back = _inside(form.text("next"))
    try:
        origin = origin_of(visit.request)
        token = await visit.desk.sign_in.enter_code(ticket, code, origin)
    except (Unauthenticated, TooManyAttempts) as refusal:
        if refusal.code == "ticket-expired":
            return _refused(visit, "login.html", refusal, login="", next=back)
        return _refused(visit, "login_code.html", refusal, ticket=ticket, next=back)
    return await _let_in(visit, token, back)


def _ask_code(visit: Visit, ticket: str, back: str) -> web.StreamResponse:
    return visit.render("login_code.html", ticket=ticket, next=back, error="")


def _refused(
    visit: Visit, template: str, refusal: Refusal, **more: object
) -> web.StreamResponse:
    status = 429 if isinstance(refusal, TooManyAttempts) else 401
    response = visit.render(template, status, error=refusal.message, **more)
    if isinstance(refusal, TooManyAttempts):
        response.headers["Retry-After"] = str(refusal.retry_after)
    return response


async def _let_in(visit: Visit, token: str, back: str) -> web.StreamResponse:
    """Give the browser its session; the one it had before ends."""
    if visit.session is not None:
        await visit.desk.sign_in.log_out(visit.actor)
    response = see(back)
    remember(response, visit.request, token)
    return response


async def log_out(visit: Visit) -> web.StreamResponse:
    """End the session, here and in the store."""
    await visit.desk.sign_in.log_out(visit.actor)
    response = see(LOGIN)
    forget(response, visit.request)
    return response


def _inside(target: str) -> str:
    """Return the target if it is a page of ours, else the first page."""
    plain = target.startswith("/admin/") and target.isprintable()
    return target if plain and "\\" not in target else FRONT


PAGES: Sequence[Page] = (
    Page(method="GET", path=LOGIN, handler=show_login, role=None),
    Page(method="POST", path=LOGIN, handler=log_in, role=None),
    Page(method="POST", path=CODE, handler=enter_code, role=None),
    Page(
        method="POST",
        path="/logout",
        handler=log_out,
        role=PersonRole.AUDITOR,
        before_password=True,
    ),
)
