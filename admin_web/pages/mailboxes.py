"""A mailbox itself, from the integrations page: make, rename, alias, delete."""

from collections.abc import Sequence
from dataclasses import replace

from aiohttp import web

from admin_web.pages.integrations import LIST, ONE, address_of, show, show_empty
from admin_web.pages.language import inside
from admin_web.pages.mailbox_form import MailboxForm, MailboxForms, shown
from admin_web.pages.page import Page, Visit, see
from admin_web.pages.paging import Paging
from admin_web.pages.place import FRONT, choose, without_mailbox
from gateway.core.desk.actor import PersonRole
from gateway.core.errors import Conflict, Invalid, Refusal
from gateway.core.model import MailboxId

ALL = "/admin/mailboxes"
SIZE = 50


async def make_mailbox(visit: Visit) -> web.StreamResponse:
    """Make a mailbox and show it."""
    form = _sent(visit)
    try:
        made = await visit.desk.mailboxes.create(
            visit.actor, form.name, form.alias_list
        )
    except (Invalid, Conflict) as refusal:
        forms = MailboxForms(new=_refused(form, refusal))
        back = visit.form.text("mailbox").lower()
        if back:
            return await show(visit, MailboxId(back), forms=forms)
        return await show_empty(visit, forms)
    response = see(address_of(made.id))
    choose(response, visit.request, made.id)
    return response


async def list_mailboxes(visit: Visit) -> web.StreamResponse:
    """Show those whose name, alias or uuid holds the text, to choose one."""
    paging = Paging.read(visit.request, ALL, SIZE)
    wanted = paging.text.casefold()
    found = [
        each
        for each in await visit.desk.mailboxes.all()
        if any(
            wanted in text.casefold() for text in (each.name, each.id, *each.aliases)
        )
    ]
    return visit.render(
        "mailboxes.html",
        paging=paging,
        total=len(found),
        mailboxes=found[paging.offset : paging.offset + paging.size],
        next=visit.request.query.get("next", FRONT),
        may_edit=visit.actor.role.covers(PersonRole.INTEGRATOR),
    )


async def choose_mailbox(visit: Visit) -> web.StreamResponse:
    """Let the pages follow a mailbox, or all of them; go back, now about that."""
    wanted = visit.form.text("mailbox").lower()
    if wanted:
        await visit.desk.mailboxes.get(MailboxId(wanted))
    response = see(without_mailbox(inside(visit.form.text("next"))))
    choose(response, visit.request, wanted)
    return response


async def change_mailbox(visit: Visit) -> web.StreamResponse:
    """Save name and aliases."""
    form, desk = _sent(visit), visit.desk.mailboxes
    try:
        await desk.change(visit.actor, visit.mailbox, form.name, form.alias_list)
    except (Invalid, Conflict) as refusal:
        forms = MailboxForms(change=_refused(form, refusal))
        return await show(visit, visit.mailbox, forms=forms)
    return see(address_of(visit.mailbox))


async def remove_mailbox(visit: Visit) -> web.StreamResponse:
    """Delete the mailbox; one that holds documents stays, and why is told."""
    try:
        await visit.desk.mailboxes.remove(visit.actor, visit.mailbox)
    except Conflict as refusal:
        kept = shown(await visit.desk.mailboxes.get(visit.mailbox))
        forms = MailboxForms(removal=replace(kept, errors={"": refusal.message}))
        return await show(visit, visit.mailbox, forms=forms)
    return see(LIST)


def _sent(visit: Visit) -> MailboxForm:
    return MailboxForm(visit.form.text("name"), visit.form.text("aliases"))


def _refused(form: MailboxForm, refusal: Refusal) -> MailboxForm:
    return replace(form, errors=refusal.data or {"name": refusal.message})


PAGES: Sequence[Page] = (
    Page(method="GET", path=ALL, handler=list_mailboxes, role=PersonRole.AUDITOR),
    Page(
        method="POST",
        path=f"{ALL}/choose",
        handler=choose_mailbox,
        role=PersonRole.AUDITOR,
    ),
    *(
        Page(method="POST", path=path, handler=handler, role=PersonRole.INTEGRATOR)
        for path, handler in (
            (ALL, make_mailbox),
            (f"{ONE}/change", change_mailbox),
            (f"{ONE}/delete", remove_mailbox),
        )
    ),
)
