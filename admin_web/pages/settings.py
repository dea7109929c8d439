"""The settings: switches, mail server, retention, limits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from admin_web.pages import limit_fields
from admin_web.pages.page import Form, Handler, Page, Visit, see
from admin_web.pages.settings_texts import KINDS, LIMITS
from admin_web.pages.texts import N_
from gateway.core.desk.actor import PersonRole
from gateway.core.desk.settings import MailAnswer, MailServerChange, MailServerView
from gateway.core.errors import Conflict, Invalid

PATH = "/admin/settings"
BIGGEST_PORT = 65_535


@dataclass(frozen=True, slots=True)
class Entered:
    """What a form shows; *errors* say what is wrong by the name of the field."""

    values: Mapping[str, object]
    errors: Mapping[str, str] = field(default_factory=dict)

    def error(self, name: str) -> str:
        """Return what is wrong with the field."""
        return self.errors.get(name, "")


async def show_settings(visit: Visit) -> web.StreamResponse:
    """Show everything as it is; `saved` in the query names the card just saved."""
    return await _page(visit)


async def save_switches(visit: Visit) -> web.StreamResponse:
    """Write the switches."""
    form = visit.form
    name = form.text("accountName") if form.has("accountName") else None
    try:
        await visit.desk.settings.change(
            visit.actor,
            form.has("integrationsEnabled"),
            form.has("showPasswordsOnce"),
            name,
        )
    except Invalid as refusal:
        return await _page(visit, account=Entered({"accountName": name}, refusal.data))
    return see(f"{PATH}?saved=switches#switches")


async def save_mail_server(visit: Visit) -> web.StreamResponse:
    """Write the mail server, or tell what is wrong beside each field."""
    try:
        await visit.desk.mail_server.save(visit.actor, _mail_server(visit.form))
    except (Invalid, Conflict) as refusal:
        mail = _refused(visit.form, refusal)
        return await _page(visit, mail=mail)
    return see(f"{PATH}?saved=mail-server#mail-server")


async def test_mail_server(visit: Visit) -> web.StreamResponse:
    """Send a mail by the server in the form, saved or not, and show its answer.

    Without script, or where the configuration sets it, only the address is sent.
    """
    whole = visit.form.has("host")
    values = _mail_values(visit.form)
    if not whole:
        shown = _shown(await visit.desk.mail_server.get())
        values = {**shown, "to": visit.form.text("to")}
    mail = Entered(values)
    answer = None
    try:
        change = _mail_server(visit.form) if whole else None
        answer = await visit.desk.mail_server.test(
            visit.actor, visit.form.text("to"), change
        )
    except Invalid as refusal:
        mail = Entered(values, refusal.data or {"host": refusal.message})
    return await _page(visit, mail=mail, answer=answer)


async def save_retention(visit: Visit) -> web.StreamResponse:
    """Write for how long things are kept."""
    try:
        await visit.desk.retention.save(visit.actor, _days(visit.form))
    except (Invalid, Conflict) as refusal:
        return await _page(visit, keep=_kept_refused(visit.form, refusal))
    return see(f"{PATH}?saved=retention#retention")


async def count_over(visit: Visit) -> web.StreamResponse:
    """Show what the days in the form would remove now; nothing is saved."""
    keep, over = Entered(_day_values(visit.form)), None
    try:
        over = await visit.desk.retention.over(_days(visit.form))
    except Invalid as refusal:
        keep = _kept_refused(visit.form, refusal)
    return await _page(visit, keep=keep, over=over)


async def save_limits(visit: Visit) -> web.StreamResponse:
    """Write the limits; an empty field gives one its default back."""
    desk = visit.desk.configuration
    every = await desk.limits()
    try:
        await desk.save(visit.actor, limit_fields.read(visit.form, every))
    except (Invalid, Conflict) as refusal:
        limits = Entered(limit_fields.entered(visit.form, every), refusal.data)
        return await _page(visit, limits=limits)
    return see(f"{PATH}?saved=limits#limits")


async def _page(
    visit: Visit,
    *,
    account: Entered | None = None,
    mail: Entered | None = None,
    answer: MailAnswer | None = None,
    keep: Entered | None = None,
    limits: Entered | None = None,
    over: Mapping[str, int] | None = None,
) -> web.StreamResponse:
    desk = visit.desk
    server = await desk.mail_server.get()
    kept = await desk.retention.get()
    switches = await desk.settings.get()
    account = account or Entered({"accountName": switches.account_name})
    mail = mail or Entered(_shown(server))
    every = await desk.configuration.limits()
    limits = limits or Entered(limit_fields.values_of(every))
    keep = keep or Entered({each.kind: str(each.days) for each in kept})
    return visit.render(
        "settings.html",
        422 if any(f.errors for f in (account, mail, keep, limits)) else 200,
        account=account,
        switches=switches,
        server=server,
        mail=mail,
        answer=answer,
        kept=kept,
        keep=keep,
        kinds=KINDS,
        over=over,
        limits=limits,
        every_limit=every,
        limit_texts=LIMITS,
        limit_shown=limit_fields.shown,
        saved=visit.request.query.get("saved", ""),
        may_edit=visit.actor.role.covers(PersonRole.OWNER),
    )


def _shown(server: MailServerView) -> Mapping[str, object]:
    return {
        "host": server.host,
        "port": str(server.port),
        "username": server.username,
        "starttls": server.starttls,
        "sender": server.sender,
        "to": "",
    }


def _mail_values(form: Form) -> Mapping[str, object]:
    names = ("host", "port", "username", "starttls", "sender", "to")
    return {name: form.text(name) for name in names}


def _mail_server(form: Form) -> MailServerChange:
    values: dict[str, Any] = {**_mail_values(form)}
    password = form.raw("password") or None
    if password is None and form.has("password.clear"):
        password = ""
    return MailServerChange(
        host=values["host"],
        port=_number(values["port"], "port", BIGGEST_PORT),
        username=values["username"],
        starttls=values["starttls"],
        sender=values["sender"],
        password=password,
    )


def _refused(form: Form, refusal: Invalid | Conflict) -> Entered:
    return Entered(_mail_values(form), refusal.data or {"host": refusal.message})


def _kept_refused(form: Form, refusal: Invalid | Conflict) -> Entered:
    return Entered(_day_values(form), refusal.data or {"": refusal.message})


def _day_values(form: Form) -> Mapping[str, object]:
    return {kind: form.text(kind) for kind in KINDS}


def _days(form: Form) -> Mapping[str, int]:
    """Return the days of the kinds that were sent: a disabled field is not."""
    return {
        kind: _number(form.text(kind), kind, 10**6) for kind in KINDS if form.has(kind)
    }


def _number(text: str, name: str, most: int) -> int:
    if text.isascii() and text.isdecimal() and len(text) <= len(str(most)):
        return int(text)
    why = N_("must be a whole number")
    raise Invalid(f"{name} {why}.", data={name: why})


def _order(path: str, handler: Handler) -> Page:
    return Page(
        method="POST", path=f"{PATH}/{path}", handler=handler, role=PersonRole.OWNER
    )


PAGES: Sequence[Page] = (
    Page(method="GET", path=PATH, handler=show_settings, role=PersonRole.AUDITOR),
    _order("switches", save_switches),
    _order("mail-server", save_mail_server),
    _order("mail-server/test", test_mail_server),
    _order("retention", save_retention),
    _order("limits", save_limits),
    _order("retention/over", count_over),
)
