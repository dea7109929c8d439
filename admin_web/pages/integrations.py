"""The integrations page: blocks 1 to 5, and Save."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from aiohttp import web

from admin_web.pages import integration_form, mailbox_form
from admin_web.pages.integration_form import IntegrationForm
from admin_web.pages.mailbox_form import MailboxForms
from admin_web.pages.page import Page, Visit, see
from gateway.core.desk.actor import PersonRole
from gateway.core.desk.certificates import CertificateView
from gateway.core.desk.integrations import IntegrationView
from gateway.core.errors import Conflict, Invalid, NotFound, Refusal
from gateway.core.integration import Mailbox
from gateway.core.model import MailboxId
from gateway.core.rules import Rule

LIST = "/admin/integrations/list"
ONE = "/admin/mailboxes/{mailbox}"


@dataclass(frozen=True, slots=True)
class Pasted:
    """A certificate that stands in the form; *new* until it is saved."""

    facts: CertificateView
    new: bool


@dataclass(frozen=True, slots=True)
class RuleRow:
    """A rule as the list shows it."""

    rule: Rule
    template: str
    first: bool
    last: bool


async def show_integrations(visit: Visit) -> web.StreamResponse:
    """Show the chosen mailbox; else the first by name; without any the start."""
    wanted = visit.request.query.get("mailbox", "").lower()
    if wanted:
        return await show(visit, MailboxId(wanted))
    if visit.place.mailbox:
        return see(address_of(visit.place.mailbox.id))
    every = await visit.desk.mailboxes.all()
    return see(address_of(every[0].id)) if every else await show_empty(visit)


async def save_integration(visit: Visit) -> web.StreamResponse:
    """Save blocks 2 to 4 at once, or tell what is wrong beside each field."""
    desk = visit.desk.integrations
    before = integration_form.shown(await desk.get(visit.mailbox))
    form = integration_form.sent(visit.form, before)
    try:
        change = integration_form.change(visit.form, form.values)
        view = await desk.save(visit.actor, visit.mailbox, change)
    except (Invalid, Conflict) as refusal:
        return await show(visit, visit.mailbox, _refused(form, refusal))
    return await show(visit, visit.mailbox, saved=True, password=view.password or "")


async def show_empty(
    visit: Visit, forms: MailboxForms | None = None
) -> web.StreamResponse:
    """Return the page without any mailbox."""
    settings = await visit.desk.settings.get()
    return visit.render(
        "integrations_empty.html",
        422 if forms else 200,
        settings=settings,
        may_edit=visit.actor.role.covers(PersonRole.INTEGRATOR),
        may_own=visit.actor.role.covers(PersonRole.OWNER),
        mailbox=None,
        forms=forms or MailboxForms(),
    )


async def show(
    visit: Visit,
    mailbox: MailboxId,
    form: IntegrationForm | None = None,
    *,
    saved: bool = False,
    password: str = "",
    forms: MailboxForms | None = None,
) -> web.StreamResponse:
    """Return the page of one mailbox, with the form as given or else as saved."""
    desk = visit.desk
    owner = await desk.mailboxes.get(mailbox)
    view = await desk.integrations.get(mailbox)
    form = form or integration_form.shown(view)
    forms = forms or MailboxForms()
    wrong = form.errors or forms.refused
    return visit.render(
        "integrations.html",
        422 if wrong else 200,
        mailbox=owner,
        mailboxes=await _choices(visit, owner),
        view=view,
        form=form,
        certificates=certificates_of(visit, view, form.values["recipientCertificates"]),
        rules=await rule_rows(visit, mailbox),
        settings=await desk.settings.get(),
        saved=saved,
        password=password,
        may_edit=visit.actor.role.covers(PersonRole.INTEGRATOR),
        may_own=visit.actor.role.covers(PersonRole.OWNER),
        forms=forms,
        renamed=forms.change or mailbox_form.shown(owner),
    )


async def _choices(
    visit: Visit, chosen: Mailbox
) -> Sequence[tuple[MailboxId, str, bool]]:
    """Return every mailbox with its name and whether it is the chosen one."""
    every = await visit.desk.mailboxes.all()
    return [(each.id, each.name, each.id == chosen.id) for each in every]


def certificates_of(
    visit: Visit, view: IntegrationView, pems: object
) -> Sequence[Pasted]:
    """Return the partner's certificates of the form with their facts."""
    known = {each.pem.strip(): each for each in view.recipients}
    found = []
    for pem in pems if isinstance(pems, list | tuple) else ():
        text = str(pem).strip()
        if text in known:
            found.append(Pasted(known[text], new=False))
            continue
        try:
            read = visit.desk.certificates.parse(text.encode())
        except Invalid:
            continue  # only somebody who changed the page sends this
        found += [Pasted(each, new=True) for each in read]
    return found


async def rule_rows(visit: Visit, mailbox: MailboxId) -> Sequence[RuleRow]:
    """Return the rules in the order in which they are tried."""
    rules = await visit.desk.rules.listing(mailbox)
    names: dict[object, str] = {}
    for rule in rules:
        key = (rule.template, rule.template_version)
        if key not in names:
            names[key] = await _template_name(visit, rule)
    levels = [rule.level for rule in rules]
    return [
        RuleRow(
            rule,
            names[rule.template, rule.template_version],
            first=number == 0 or levels[number - 1] is not rule.level,
            last=number + 1 == len(rules) or levels[number + 1] is not rule.level,
        )
        for number, rule in enumerate(rules)
    ]


async def _template_name(visit: Visit, rule: Rule) -> str:
    try:
        found = await visit.desk.templates.get(rule.template, rule.template_version)
    except NotFound:
        return rule.template
    return f"{found.name}, v{found.number}" if rule.template_version else found.name


def _refused(form: IntegrationForm, refusal: Refusal) -> IntegrationForm:
    """Return the form with its errors under the names that its fields have."""
    errors = {
        place.removeprefix("as2.").removeprefix("sftp."): why
        for place, why in refusal.data.items()
    }
    return replace(form, errors=errors or {"": refusal.message})


def address_of(mailbox: MailboxId) -> str:
    """Return where the page of the mailbox is."""
    return f"{LIST}?{urlencode({'mailbox': mailbox})}"


PAGES: Sequence[Page] = (
    Page(method="GET", path=LIST, handler=show_integrations, role=PersonRole.AUDITOR),
    Page(
        method="POST",
        path=f"{ONE}/integration",
        handler=save_integration,
        role=PersonRole.INTEGRATOR,
    ),
)
