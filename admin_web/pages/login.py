"""Sign in, sign out."""

from collections.abc import Sequence

from aiohttp import web

from admin_web.pages.page import LOGIN, Page, Visit, see
from admin_web.pages.session import forget, remember
from gateway.core.desk.actor import PersonRole
from gateway.core.errors import Refusal, TooManyAttempts, Unauthenticated

FRONT = "/admin/integrations/list"
LONGEST = 1024


async def show_login(visit: Visit) -> web.StreamResponse:
    """Show the sign-in; who is signed in already is sent on."""
    back = _inside(visit.request.query.get("next", ""))
    if visit.session is not None:
        return see(back)
    return visit.render("login.html", login="", next=back, error="")


async def log_in(visit: Visit) -> web.StreamResponse:
    """Sign in; the session the browser had before ends."""
    form, people = visit.form, visit.desk.people
    login, password = form.text("login"), form.raw("password")
    back = _inside(form.text("next"))
    try:
        if len(login) > LONGEST or len(password) > LONGEST:
            raise Unauthenticated("Login and password do not belong together.")
        token = await people.login(login, password, visit.request.remote or "")
    except (Unauthenticated, TooManyAttempts) as refusal:
        return _again(visit, login[:LONGEST], back, refusal)
    if visit.session is not None:
        await people.log_out(visit.actor)
    response = see(back)
    remember(response, visit.request, token)
    return response


def _again(visit: Visit, login: str, back: str, refusal: Refusal) -> web.StreamResponse:
    status = 429 if isinstance(refusal, TooManyAttempts) else 401
    response = visit.render(
        "login.html", status, login=login, next=back, error=refusal.message
    )
    if isinstance(refusal, TooManyAttempts):
        response.headers["Retry-After"] = str(refusal.retry_after)
    return response


async def log_out(visit: Visit) -> web.StreamResponse:
    """End the session, here and in the store."""
    await visit.desk.people.log_out(visit.actor)
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
    Page(method="POST", path="/logout", handler=log_out, role=PersonRole.AUDITOR),
)
