"""The buttons of block 3, the test mail, and the switch of the appliance."""

from collections.abc import Sequence

from aiohttp import web

from admin_web.api.download import download
from admin_web.pages.certificate_files import form_of, given
from admin_web.pages.integrations import LIST, ONE, address_of, certificates_of
from admin_web.pages.page import Page, Visit, see
from gateway.core.desk.actor import PersonRole
from gateway.core.errors import Invalid
from gateway.core.model import MailboxId


async def hide_password(visit: Visit) -> web.StreamResponse:
    """Show the row of the password without it."""
    view = await visit.desk.integrations.get(visit.mailbox)
    return await _row(visit, there=view.integration.has_password)


async def reveal_password(visit: Visit) -> web.StreamResponse:
    """Show the row with the password; it is audited."""
    password = await visit.desk.integrations.reveal_password(visit.actor, visit.mailbox)
    return await _row(visit, there=True, password=password)


async def reset_password(visit: Visit) -> web.StreamResponse:
    """Make a new password and show it."""
    desk = visit.desk.integrations
    password = await desk.reset_password(visit.actor, visit.mailbox)
    return await _row(visit, there=True, password=password)


async def _row(visit: Visit, *, there: bool, password: str = "") -> web.StreamResponse:
    return visit.render(
        "password.html",
        mailbox=await visit.desk.mailboxes.get(visit.mailbox),
        settings=await visit.desk.settings.get(),
        there=there,
        password=password,
        may_edit=visit.actor.role.covers(PersonRole.INTEGRATOR),
    )


async def send_test(visit: Visit) -> web.StreamResponse:
    """Send a test mail to the addresses in the field, saved or not."""
    to = await visit.desk.integrations.send_test(
        visit.actor, visit.mailbox, visit.form.text("notifyEmail")
    )
    return visit.render(
        "note.html", state="ok", text=f"A test message is on its way to {to}."
    )


async def read_certificate(visit: Visit) -> web.StreamResponse:
    """Show the partner's certificates with those of the chosen file or pasted text.

    Nothing is saved; what is no certificate is told in place.
    """
    desk, form = visit.desk, visit.form
    pems = list(form.texts("recipientCertificates"))
    pasted, error = form.text("newCertificates"), ""
    try:
        pems += [each.pem for each in given(visit)]
    except Invalid as refusal:
        error = refusal.message
    view = await desk.integrations.get(visit.mailbox)
    return visit.render(
        "certificates.html",
        mailbox=await desk.mailboxes.get(visit.mailbox),
        certificates=certificates_of(visit, view, list(dict.fromkeys(pems))),
        pasted=pasted if error else "",
        error=error,
        may_edit=True,
    )


async def get_certificate(visit: Visit) -> web.StreamResponse:
    """Download the self certificate; `form` in the query is pem, der or p7b."""
    form = form_of(visit)
    desk = visit.desk.as2_identities
    return await download(visit.call, await desk.download(visit.mailbox, form, None))


async def switch_all(visit: Visit) -> web.StreamResponse:
    """Switch every integration of the appliance."""
    on = visit.form.has("integrationsEnabled")
    await visit.desk.settings.change(visit.actor, on, None)
    back = visit.form.text("mailbox").lower()
    return see(address_of(MailboxId(back)) if back else LIST)


PAGES: Sequence[Page] = (
    Page(
        method="GET",
        path=f"{ONE}/password",
        handler=hide_password,
        role=PersonRole.AUDITOR,
    ),
    Page(
        method="POST",
        path=f"{ONE}/password",
        handler=reveal_password,
        role=PersonRole.INTEGRATOR,
    ),
    Page(
        method="POST",
        path=f"{ONE}/password/reset",
        handler=reset_password,
        role=PersonRole.INTEGRATOR,
    ),
    Page(
        method="POST",
        path=f"{ONE}/test-mail",
        handler=send_test,
        role=PersonRole.INTEGRATOR,
    ),
    Page(
        method="POST",
        path=f"{ONE}/certificates",
        handler=read_certificate,
        role=PersonRole.INTEGRATOR,
    ),
    Page(
        method="GET",
        path=f"{ONE}/certificate",
        handler=get_certificate,
        role=PersonRole.AUDITOR,
    ),
    Page(
        method="POST",
        path="/admin/integrations/switch",
        handler=switch_all,
        role=PersonRole.OWNER,
    ),
)
