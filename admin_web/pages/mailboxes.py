"""A mailbox itself, from the integrations page: make, rename, alias, delete."""

from collections.abc import Sequence
from dataclasses import replace

from aiohttp import web

from admin_web.pages.integrations import LIST, ONE, address_of, show, show_empty
from admin_web.pages.mailbox_form import MailboxForm, MailboxForms, shown
from admin_web.pages.page import Page, Visit, see
from gateway.core.desk.actor import PersonRole
from gateway.core.errors import Conflict, Invalid, Refusal
from gateway.core.model import MailboxId


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
    return see(address_of(made.id))


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


PAGES: Sequence[Page] = tuple(
    Page(method="POST", path=path, handler=handler, role=PersonRole.INTEGRATOR)
    for path, handler in (
        ("/admin/mailboxes", make_mailbox),
        (f"{ONE}/change", change_mailbox),
        (f"{ONE}/delete", remove_mailbox),
    )
)
