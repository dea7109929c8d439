"""The certificates of one mailbox: its own with their roll-over, the partner's."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from aiohttp import web

from admin_web.pages.certificate_files import again, given
from admin_web.pages.filtered import start_of
from admin_web.pages.integrations import ONE
from admin_web.pages.page import Form, Handler, Page, Visit, see
from admin_web.pages.reader import reader_of
from admin_web.pages.texts import N_
from gateway.core.desk.actor import PersonRole
from gateway.core.desk.certificates import (
    CertificateView,
    PairState,
    PairView,
    RollOver,
)
from gateway.core.desk.integrations import IntegrationChange
from gateway.core.errors import Conflict, Invalid, Refusal

HERE = f"{ONE}/certificates"
DIGITS = 6


@dataclass(frozen=True, slots=True)
class Plan:
    """What the roll-over's form shows; *errors* by the names of its fields."""

    values: Mapping[str, str]
    errors: Mapping[str, str] = field(default_factory=dict)

    def error(self, name: str) -> str:
        """Return what is wrong with the field."""
        return self.errors.get(name, "")


async def show_identity(visit: Visit) -> web.StreamResponse:
    """Show the certificates of the mailbox."""
    return await _page(visit)


async def begin(visit: Visit) -> web.StreamResponse:
    """Make the next pair, which signs when the form says."""
    try:
        await visit.desk.as2_identities.roll_over(
            visit.actor, visit.mailbox, _roll_over(visit)
        )
    except (Invalid, Conflict) as refusal:
        return await _page(visit, plan=_refused(visit.form, refusal))
    return _done(visit)


async def activate(visit: Visit) -> web.StreamResponse:
    """Have the next pair sign from now on."""
    try:
        days = _number(visit.form, "overlapDays")
        await visit.desk.as2_identities.activate(visit.actor, visit.mailbox, days)
    except Invalid as refusal:
        return await _page(visit, plan=_refused(visit.form, refusal))
    return _done(visit)


async def cancel(visit: Visit) -> web.StreamResponse:
    """Delete the next pair."""
    await visit.desk.as2_identities.cancel(visit.actor, visit.mailbox)
    return _done(visit)


async def retire(visit: Visit) -> web.StreamResponse:
    """Delete an old pair before its overlap is over."""
    pair = visit.form.text("pair")
    await visit.desk.as2_identities.retire(visit.actor, visit.mailbox, pair)
    return _done(visit)


async def read_partner(visit: Visit) -> web.StreamResponse:
    """Show what the chosen file or pasted text holds; nothing is saved."""
    try:
        found = given(visit)
    except Invalid as refusal:
        return await _page(visit, wrong=refusal.message)
    if not found:
        return await _page(visit, wrong="Choose a file, or paste a certificate.")
    return await _page(visit, new=found)


async def add_partner(visit: Visit) -> web.StreamResponse:
    """Save the certificates that were shown beside those there are."""
    new = again(visit, visit.form.texts("certificate"))
    view = await visit.desk.integrations.get(visit.mailbox)
    pems = dict.fromkeys([each.pem for each in [*view.recipients, *new]])
    try:
        await _save(visit, list(pems))
    except Invalid as refusal:
        why = next(iter(refusal.data.values()), refusal.message)
        return await _page(
            visit, new=new, wrong=N_("Recipient certificates {why}.").format(why=why)
        )
    return _done(visit, "partner")


async def remove_partner(visit: Visit) -> web.StreamResponse:
    """Take one of the partner's certificates away."""
    gone = visit.form.text("fingerprint")
    view = await visit.desk.integrations.get(visit.mailbox)
    left = [each.pem for each in view.recipients if each.fingerprint != gone]
    if len(left) < len(view.recipients):
        await _save(visit, left)
    return _done(visit, "partner")


async def _save(visit: Visit, pems: Sequence[str]) -> None:
    change = IntegrationChange(as2={"recipientCertificates": list(pems)})
    await visit.desk.integrations.save(visit.actor, visit.mailbox, change)


async def _page(
    visit: Visit,
    *,
    plan: Plan | None = None,
    new: Sequence[CertificateView] = (),
    wrong: str = "",
) -> web.StreamResponse:
    view = await visit.desk.integrations.get(visit.mailbox)
    values = {
        "keyBits": str(view.as2["selfKeyBits"]),
        "validityDays": str(view.as2["selfValidityDays"]),
        "when": "later",
        "signFrom": "",
        "overlapDays": "30",
    }
    plan = plan or Plan(values)
    return visit.render(
        "identity.html",
        422 if wrong or plan.errors else 200,
        mailbox=await visit.desk.mailboxes.get(visit.mailbox),
        view=view,
        signing=_of(view.pairs, PairState.SIGNING),
        following=_of(view.pairs, PairState.NEXT),
        old=[pair for pair in view.pairs if pair.state is PairState.OLD],
        plan=Plan({**values, **plan.values}, plan.errors),
        new=new,
        wrong=wrong,
        may_edit=visit.actor.role.covers(PersonRole.INTEGRATOR),
    )


def _of(pairs: Sequence[PairView], state: PairState) -> PairView | None:
    return next((pair for pair in pairs if pair.state is state), None)


def _roll_over(visit: Visit) -> RollOver:
    form = visit.form
    when = form.text("when")
    sign_from = None
    if when == "day":
        zone = reader_of(visit.request).zone
        sign_from = start_of(form.text("signFrom"), zone)
        if sign_from is None:
            raise _wrong("signFrom", N_("must be a day"))
    return RollOver(
        sign_from=sign_from,
        now=when == "now",
        overlap_days=_number(form, "overlapDays"),
        bits=_number(form, "keyBits"),
        days=_number(form, "validityDays"),
    )


def _number(form: Form, name: str) -> int:
    text = form.text(name)
    if text.isascii() and text.isdecimal() and len(text) <= DIGITS:
        return int(text)
    raise _wrong(name, N_("must be a whole number"))


def _wrong(name: str, why: str) -> Invalid:
    return Invalid(f"{name} {why}.", data={name: why})


def _refused(form: Form, refusal: Refusal) -> Plan:
    names = ("keyBits", "validityDays", "when", "signFrom", "overlapDays")
    values = {name: form.text(name) for name in names if form.has(name)}
    return Plan(values, refusal.data or {"": refusal.message})


def _done(visit: Visit, card: str = "own") -> web.StreamResponse:
    return see(f"/admin/mailboxes/{visit.mailbox}/certificates#{card}")


def _order(path: str, handler: Handler) -> Page:
    return Page(
        method="POST",
        path=f"{HERE}/{path}",
        handler=handler,
        role=PersonRole.INTEGRATOR,
    )


PAGES: Sequence[Page] = (
    Page(method="GET", path=HERE, handler=show_identity, role=PersonRole.AUDITOR),
    _order("rollover", begin),
    _order("rollover/activate", activate),
    _order("rollover/cancel", cancel),
    _order("rollover/retire", retire),
    _order("partner/read", read_partner),
    _order("partner/add", add_partner),
    _order("partner/remove", remove_partner),
)
