"""The API tokens of programs: list, make, revoke."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from aiohttp import web

from admin_web.pages.page import Page, Visit, see
from admin_web.pages.paging import Paging
from admin_web.pages.texts import N_
from admin_web.pages.users import role_of
from gateway.core.desk.actor import PersonRole
from gateway.core.desk.people import TokenQuery
from gateway.core.errors import Invalid

LIST = "/admin/tokens"
LIVES: Mapping[str, str] = {
    "30": N_("30 days"),
    "90": N_("90 days"),
    "365": N_("One year"),
    "1095": N_("Three years"),
    "": N_("Until it is revoked"),
}
LIFE_UNKNOWN = N_("Choose one of the times in the list.")


@dataclass(frozen=True, slots=True)
class NewToken:
    """The form of a new token as it was filled in; *errors* by the field's name."""

    name: str = ""
    role: str = PersonRole.OPERATOR.value
    days: str = "365"
    errors: Mapping[str, str] = field(default_factory=dict)


async def show_tokens(visit: Visit) -> web.StreamResponse:
    """Show one page of the list."""
    return await _list(visit, Paging.read(visit.request, LIST))


async def _list(
    visit: Visit, paging: Paging, new: NewToken | None = None
) -> web.StreamResponse:
    query = TokenQuery(text=paging.text, limit=paging.size, offset=paging.offset)
    total, tokens = await visit.desk.people.find_tokens(query)
    return visit.render(
        "tokens.html",
        422 if new else 200,
        paging=paging,
        total=total,
        tokens=tokens,
        lives=LIVES,
        new=new or NewToken(),
    )


async def make_token(visit: Visit) -> web.StreamResponse:
    """Make a token and show its text, this once."""
    form = visit.form
    name, role, days = form.text("name"), form.text("role"), form.text("days")
    try:
        if days not in LIVES:
            raise Invalid(LIFE_UNKNOWN, data={"days": LIFE_UNKNOWN})
        life = int(days) if days else None
        token, text = await visit.desk.people.create_token(
            visit.actor, name, role_of(role), life
        )
    except Invalid as refusal:
        new = NewToken(name, role, days, refusal.data)
        return await _list(visit, Paging(LIST), new)
    return visit.render("token_once.html", token=token, text=text)


async def revoke_token(visit: Visit) -> web.StreamResponse:
    """End the token at once."""
    await visit.desk.people.revoke_token(visit.actor, visit.path("uuid"))
    return see(LIST)


PAGES: Sequence[Page] = (
    Page(method="GET", path=LIST, handler=show_tokens, role=PersonRole.OWNER),
    Page(method="POST", path=LIST, handler=make_token, role=PersonRole.OWNER),
    Page(
        method="POST",
        path=f"{LIST}/{{uuid}}/revoke",
        handler=revoke_token,
        role=PersonRole.OWNER,
    ),
)
