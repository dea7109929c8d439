"""One's own account: the password, where one is signed in."""

from collections.abc import Mapping, Sequence

from aiohttp import web

from admin_web.pages.agents import browser_name
from admin_web.pages.login import FRONT
from admin_web.pages.page import CHOOSE_FIRST, Page, Visit, see
from admin_web.pages.session import remember
from admin_web.pages.texts import N_
from gateway.core.desk.actor import PersonRole
from gateway.core.errors import Invalid, NotFound, Refusal, TooManyAttempts

ACCOUNT = "/admin/account"
SESSIONS = f"{ACCOUNT}/sessions"
DIFFER = N_("The two are not the same.")
SAVED: Mapping[str, str] = {
    "password": N_("Your password was changed. You were signed out everywhere else."),
    "ended": N_("The session was ended."),
    "others": N_("You were signed out everywhere else."),
    "removed": N_("The second factor is off. You were signed out everywhere else."),
}


async def show_account(visit: Visit) -> web.StreamResponse:
    """Show the account."""
    return await account_page(visit, said=SAVED.get(visit.request.query.get("did", "")))


async def account_page(
    visit: Visit,
    *,
    form: str = "",
    refusal: Refusal | None = None,
    said: str | None = None,
) -> web.StreamResponse:
    """Return the page; *refusal* stands in the form of that name."""
    accounts = visit.desk.accounts
    return visit.render(
        "account.html",
        status_of(refusal),
        user=await accounts.get(visit.actor),
        browser_name=browser_name,
        sessions=await accounts.sessions(visit.actor),
        said=said,
        form=form,
        errors=errors_of(refusal),
    )


async def show_first_password(visit: Visit) -> web.StreamResponse:
    """Ask for a password of one's own; who has one goes to the account."""
    if not visit.actor.must_change:
        return see(ACCOUNT)
    return visit.render("first_password.html", errors={})


async def change_password(visit: Visit) -> web.StreamResponse:
    """Change it; this session goes on under a new token, the others end."""
    sent = visit.form
    first = visit.actor.must_change
    try:
        if sent.raw("newPassword") != sent.raw("again"):
            raise Invalid(DIFFER, data={"again": DIFFER})
        token = await visit.desk.accounts.change_password(
            visit.actor,
            sent.raw("oldPassword"),
            sent.raw("newPassword"),
            visit.request.remote or "",
        )
    except (Invalid, TooManyAttempts) as refusal:
        if first:
            return visit.render(
                "first_password.html", status_of(refusal), errors=errors_of(refusal)
            )
        return await account_page(visit, form="password", refusal=refusal)
    response = see(FRONT if first else f"{ACCOUNT}?did=password")
    remember(response, visit.request, token)
    return response


async def end_session(visit: Visit) -> web.StreamResponse:
    """End one of the sessions; ending one's own is signing out."""
    try:
        await visit.desk.accounts.end_session(visit.actor, visit.path("uuid"))
    except NotFound:
        return see(ACCOUNT)
    return see(f"{ACCOUNT}?did=ended")


async def end_other_sessions(visit: Visit) -> web.StreamResponse:
    """Sign out everywhere but here."""
    await visit.desk.accounts.end_other_sessions(visit.actor)
    return see(f"{ACCOUNT}?did=others")


def status_of(refusal: Refusal | None) -> int:
    if refusal is None:
        return 200
    return 429 if isinstance(refusal, TooManyAttempts) else 422


def errors_of(refusal: Refusal | None) -> Mapping[str, str]:
    """Return what is wrong by the name of the field."""
    if refusal is None:
        return {}
    if isinstance(refusal, TooManyAttempts):
        return {"oldPassword": refusal.message}
    return refusal.data or {"oldPassword": refusal.message}


PAGES: Sequence[Page] = (
    Page(method="GET", path=ACCOUNT, handler=show_account, role=PersonRole.AUDITOR),
    Page(
        method="GET",
        path=CHOOSE_FIRST,
        handler=show_first_password,
        role=PersonRole.AUDITOR,
        before_password=True,
    ),
    Page(
        method="POST",
        path=CHOOSE_FIRST,
        handler=change_password,
        role=PersonRole.AUDITOR,
        before_password=True,
    ),
    Page(
        method="POST",
        path=f"{SESSIONS}/end-others",
        handler=end_other_sessions,
        role=PersonRole.AUDITOR,
    ),
    Page(
        method="POST",
        path=f"{SESSIONS}/{{uuid}}/end",
        handler=end_session,
        role=PersonRole.AUDITOR,
    ),
)
