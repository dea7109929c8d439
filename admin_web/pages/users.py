"""People: the list, adding one, and what an owner does for one of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote

from aiohttp import web

from admin_web.pages.agents import browser_name
from admin_web.pages.page import Page, Visit, see
from admin_web.pages.paging import Paging
from admin_web.pages.texts import N_
from gateway.core.desk.actor import PersonRole
from gateway.core.desk.people import UserQuery
from gateway.core.errors import Conflict, Invalid

LIST = "/admin/users"
ONE = f"{LIST}/{{login}}"
ROLE_UNKNOWN = N_("Choose one of the four roles.")


@dataclass(frozen=True, slots=True)
class NewUser:
    """The form of a new person as it was filled in; *errors* by the field's name."""

    login: str = ""
    role: str = PersonRole.OPERATOR.value
    errors: Mapping[str, str] = field(default_factory=dict)


async def show_users(visit: Visit) -> web.StreamResponse:
    """Show one page of the list."""
    return await _list(visit, Paging.read(visit.request, LIST))


async def _list(
    visit: Visit, paging: Paging, new: NewUser | None = None
) -> web.StreamResponse:
    query = UserQuery(text=paging.text, limit=paging.size, offset=paging.offset)
    total, users = await visit.desk.people.find_users(query)
    return visit.render(
        "users.html",
        422 if new else 200,
        paging=paging,
        total=total,
        users=users,
        new=new or NewUser(),
    )


async def add_user(visit: Visit) -> web.StreamResponse:
    """Add a person and show the one-time password, this once."""
    login, role = visit.form.text("login"), visit.form.text("role")
    try:
        user, password = await visit.desk.people.invite(
            visit.actor, login, role_of(role)
        )
    except (Invalid, Conflict) as refusal:
        errors = refusal.data or {"login": refusal.message}
        return await _list(visit, Paging(LIST), NewUser(login, role, errors))
    return _once(visit, user.login, password, added=True)


async def show_user(visit: Visit) -> web.StreamResponse:
    """Show one person, with what can be done."""
    return await _user(visit)


async def _user(visit: Visit, error: str = "") -> web.StreamResponse:
    people, login = visit.desk.people, visit.path("login")
    return visit.render(
        "user.html",
        409 if error else 200,
        user=await people.get_user(login),
        browser_name=browser_name,
        sessions=await people.sessions_of(login),
        error=error,
    )


async def change_role(visit: Visit) -> web.StreamResponse:
    """Give the person another role; they have to sign in anew."""
    login, role = visit.path("login"), visit.form.text("role")
    try:
        await visit.desk.people.change_role(visit.actor, login, role_of(role))
    except (Conflict, Invalid) as refusal:
        return await _user(visit, refusal.message)
    return see(address_of(login))


async def reset_password(visit: Visit) -> web.StreamResponse:
    """Make a one-time password and show it, this once."""
    login = visit.path("login")
    try:
        password = await visit.desk.people.reset_password(visit.actor, login)
    except Conflict as refusal:
        return await _user(visit, refusal.message)
    return _once(visit, login, password, added=False)


async def reset_second_factor(visit: Visit) -> web.StreamResponse:
    """Let the person sign in by the password alone."""
    login = visit.path("login")
    try:
        await visit.desk.people.reset_second_factor(visit.actor, login)
    except Conflict as refusal:
        return await _user(visit, refusal.message)
    return see(address_of(login))


async def unlock(visit: Visit) -> web.StreamResponse:
    """Let the person try again at once."""
    login = visit.path("login")
    await visit.desk.people.unlock(visit.actor, login)
    return see(address_of(login))


async def end_sessions(visit: Visit) -> web.StreamResponse:
    """Sign the person out everywhere."""
    login = visit.path("login")
    await visit.desk.people.end_sessions(visit.actor, login)
    return see(address_of(login))


async def remove_user(visit: Visit) -> web.StreamResponse:
    """Delete the person."""
    try:
        await visit.desk.people.remove_user(visit.actor, visit.path("login"))
    except Conflict as refusal:
        return await _user(visit, refusal.message)
    return see(LIST)


def _once(
    visit: Visit, login: str, password: str, *, added: bool
) -> web.StreamResponse:
    return visit.render("user_once.html", login=login, password=password, added=added)


def role_of(text: str) -> PersonRole:
    """Return the role that the form names; Invalid."""
    try:
        return PersonRole(text)
    except ValueError as error:
        raise Invalid(ROLE_UNKNOWN, data={"role": ROLE_UNKNOWN}) from error


def address_of(login: str) -> str:
    """Return where the person's page is."""
    return f"{LIST}/{quote(login, safe='@')}"


PAGES: Sequence[Page] = (
    Page(method="GET", path=LIST, handler=show_users, role=PersonRole.OWNER),
    Page(method="POST", path=LIST, handler=add_user, role=PersonRole.OWNER),
    Page(method="GET", path=ONE, handler=show_user, role=PersonRole.OWNER),
    *(
        Page(
            method="POST",
            path=f"{ONE}/{name}",
            handler=handler,
            role=PersonRole.OWNER,
        )
        for name, handler in (
            ("role", change_role),
            ("password", reset_password),
            ("second-factor", reset_second_factor),
            ("unlock", unlock),
            ("end-sessions", end_sessions),
            ("delete", remove_user),
        )
    ),
)
